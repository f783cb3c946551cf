"""A dispute and a question over the real broker: both services' relays and consumers at work."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from mrk_city import CityPack
from mrk_delivery import topics
from mrk_delivery.clock import FixedClock
from mrk_delivery.consumer import run_consumer
from mrk_delivery.database import closing, open_pool
from mrk_delivery.migrate import migrate
from mrk_delivery.relay import run_relay
from mrk_delivery.settings import KafkaSettings
from mrk_intake.consumers.timeline import subscription
from mrk_intake.service import SERVICE, WRITES
from mrk_intake.settings import RelaySettings
from mrk_local.testing import Databases, Kafka
from mrk_routing.consumers.commands import Commands
from mrk_routing.consumers.reports import Reports
from mrk_routing.domain.assign import Rules
from mrk_routing.service import SERVICE as ROUTING
from mrk_routing.service import writes
from mrk_routing.settings import EventSettings
from mrk_schemas.agencies import AcceptCase, AskReporter, Command, ResolveCase
from mrk_schemas.cases import CaseAnswered
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import inbox_of, outbox_of
from mrk_schemas.topics import expand
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

# one after the other: the routing of a test that runs beside it would assign this one's report too
pytestmark = pytest.mark.xdist_group("dispute over the broker")

PACK = Path(__file__).parents[3] / "deploy" / "city" / "medan"
AGENCY = AgencyCode("sdabmbk")
_CASE = "select body from case_file where complaint_id = $1"
_NEWEST = "select max(version) from case_event where key = $1"


@dataclass
class Running:
    """Both services at work, and the agency's hand."""

    intake: Any
    routing: asyncpg.Pool
    agency: AIOKafkaProducer

    async def command(self, complaint: str, kind: type[Command], **words: str) -> None:
        """What the agency does, by the newest version that the case has."""
        version = await self.routing.fetchval(_NEWEST, complaint)
        quoted = {"complaint_id": complaint, "case_version": version}
        headers = [
            ("ce_specversion", b"1.0"), ("ce_id", secrets.token_hex(8).encode()),
            ("ce_type", kind.TYPE.encode()), ("ce_source", b"/test"),
            ("ce_time", b"2026-03-02T03:20:11Z"), ("content-type", b"application/json"),
        ]  # fmt: skip
        body = kind.model_validate({**quoted, **words}).to_json()
        await self.agency.send_and_wait(
            outbox_of(AGENCY), body, key=complaint.encode(), headers=headers
        )

    async def case(self, complaint: str) -> dict[str, Any]:
        """The case's state at routing."""
        case: dict[str, Any] = json.loads(await self.routing.fetchval(_CASE, complaint))
        return case

    async def act(self, sent: dict[str, Any], action: str, **body: Any) -> Any:
        """What the reporter does."""
        return await self.intake.public.post(
            f"/api/v1/reports/{sent['tracking_number']}/{action}",
            json=body,
            headers={
                "X-Tracking-Secret": sent["tracking_secret"],
                "Idempotency-Key": secrets.token_hex(16),
            },
        )

    async def until(self, sent: dict[str, Any], *types: str) -> dict[str, Any]:
        """The timeline, once all these steps are on it."""
        async with asyncio.timeout(60):
            while True:
                path = f"/api/v1/reports/{sent['tracking_number']}"
                shown: dict[str, Any] = (await self.intake.public.get(path)).json()
                left = [event["type"] for event in shown["events"]]
                if all(left.count(type_) >= types.count(type_) for type_ in types):
                    return shown
                await asyncio.sleep(0.05)


@pytest.fixture
async def running(
    intake: Any, databases: Databases, pack: CityPack, kafka: Kafka, topic_prefix: str
) -> AsyncIterator[Running]:
    async def prepare(dsn: str) -> None:
        await migrate("mrk_routing", dsn)

    await topics.apply({"bootstrap_servers": kafka.bootstrap}, list(expand([AGENCY])))
    dsn = await databases.fresh("routing", prepare)
    clock, stop = FixedClock(intake.clock.now()), Stop()
    common: dict[str, Any] = {
        "environment": "test",
        "listen": "127.0.0.1:0",
        "kafka_bootstrap": kafka.bootstrap,
    }
    own = EventSettings(database_url=dsn, city_pack=PACK, **common)
    # groups of this test's own: other tests read the same topics into other databases
    cases = [
        replace(each, group=f"{topic_prefix}{each.group}")
        for each in (
            Reports(Rules(pack), clock).subscription(),
            Commands([AGENCY], Rules(pack).dues, clock).subscription(),
        )
    ]
    steps = replace(subscription(), group=f"{topic_prefix}timeline")
    consuming = KafkaSettings(database_url=intake.dsn, **common)
    relaying = RelaySettings(database_url=intake.dsn, **common)
    async with AsyncExitStack() as kept:
        routing = await kept.enter_async_context(closing(await open_pool(dsn)))
        agency = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await agency.start()
        kept.push_async_callback(agency.stop)
        parts: list[Callable[[], Coroutine[Any, Any, None]]] = [
            lambda: run_relay(relaying, SERVICE, stop, Health(), WRITES),
            lambda: run_consumer(consuming, SERVICE, [steps], stop, Health(), intake.pool),
            lambda: run_relay(own, ROUTING, stop, Health(), writes([AGENCY])),
            lambda: run_consumer(own, ROUTING, cases, stop, Health(), routing),
        ]
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part())
            yield Running(intake, routing, agency)
            stop.set()


async def test_a_dispute_goes_round_and_the_deadline_is_unchanged(
    intake: Any, running: Running
) -> None:
    sent = await intake.accepted()
    complaint = str(sent["id"])
    assigned = (await running.until(sent, "assigned"))["events"][1]
    await running.command(complaint, AcceptCase)
    await running.until(sent, "accepted")
    await running.command(complaint, ResolveCase, note="Lubang ditambal")
    assert (await running.until(sent, "resolved"))["state"] == "resolved"
    before = await running.case(complaint)

    assert (await running.act(sent, "dispute", text="Belum selesai")).status_code == 201
    shown = await running.until(sent, "disputed", "reopened")

    assert shown["state"] == "in_progress"
    after = await running.case(complaint)
    window = [each for each in before["deadlines"] if each["clock"] == "confirmation"]
    assert len(window) == 1, "a solution opens the window to dispute it"
    assert [*after["deadlines"], *window] == before["deadlines"]
    due = {deadline["clock"]: deadline["due_at"] for deadline in after["deadlines"]}
    assert due["resolution"][:19] == assigned["due_at"][:19]
    assert (after["disputes"], after["owner"]) == (1, AGENCY)

    await running.command(complaint, ResolveCase, note="Semua lubang ditambal")
    await running.until(sent, "resolved", "resolved")
    assert (await running.act(sent, "rating", rating=5)).status_code == 201
    assert (await running.act(sent, "confirmation")).status_code == 201
    assert (await running.until(sent, "closed"))["state"] == "confirmed"


async def test_a_question_goes_round_and_the_answer_reaches_the_agency(
    intake: Any, running: Running
) -> None:
    sent = await intake.accepted()
    complaint = str(sent["id"])
    await running.until(sent, "assigned")
    await running.command(complaint, AcceptCase)
    await running.until(sent, "accepted")
    await running.command(complaint, AskReporter, question="Di sebelah mana sekolah?")
    assert (await running.until(sent, "asked"))["state"] == "waiting"
    before = await running.case(complaint)
    answered = await running.act(sent, "answer", text="Di depan gerbang timur")
    assert (answered.status_code, answered.json()["state"]) == (201, "in_progress")
    shown = await running.until(sent, "continued")
    assert shown["state"] == "in_progress"
    assert "gerbang" not in str(shown)
    inbox = await running.routing.fetchrow(
        # the topics hold other tests' records too
        "select type, body from case_event where topic = $1 and key = $2 order by seq desc limit 1",
        inbox_of(AGENCY),
        complaint,
    )
    assert inbox["type"] == CaseAnswered.TYPE
    assert json.loads(inbox["body"])["note"] == "Di depan gerbang timur"
    after = await running.case(complaint)
    assert "waiting" in before
    assert "waiting" not in after
    assert after["deadlines"] == before["deadlines"]  # answered on the same day
