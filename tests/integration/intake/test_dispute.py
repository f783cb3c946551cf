"""A dispute, from the reporter's request through routing and back to the timeline.

Both services run on databases of their own; their stored events are carried between them as the
relays would send them.
"""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_delivery.database import closing, open_pool
from mrk_delivery.events import Record, headers_of
from mrk_delivery.migrate import migrate
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.service import Service
from mrk_intake.consumers.timeline import subscription
from mrk_intake.service import SERVICE
from mrk_local.testing import Databases
from mrk_routing.consumers.subscriptions import subscriptions
from mrk_routing.service import SERVICE as ROUTING
from mrk_schemas.agencies import AcceptCase, Command, ResolveCase
from mrk_schemas.registry import CASES, REPORTS, inbox_of, outbox_of

WORDS = "Belum selesai: separuh jalan masih berlubang."
_STORED = """
select key, version, id, type, time, body from {table} where topic = $1 order by seq
"""


class Between:
    """Carries what one service stored to the other, all of it each time: repeats have no effect."""

    def __init__(self, intake: Any, routing: asyncpg.Pool, pack: CityPack) -> None:
        self._intake = intake
        self.routing = routing
        reports, _, commands = subscriptions(pack, FixedClock(intake.clock.now()))
        self._reports = Pipeline(routing, ROUTING, reports)
        self._commands = Pipeline(routing, ROUTING, commands)
        self._timeline = Pipeline(intake.pool, SERVICE, subscription())
        self._offset = 0

    async def carry(self) -> None:
        """Reports to routing, and cases back."""
        await self._reports.process(await self._stored(self._intake.pool, SERVICE, REPORTS))
        await self._timeline.process(await self._stored(self.routing, ROUTING, CASES))

    async def command(self, complaint: str, kind: type[Command], **words: str) -> None:
        """What the agency does, by the newest message on its inbox."""
        inbox = await self._stored(self.routing, ROUTING, inbox_of("sdabmbk"))
        version = max(int(dict(record.headers)["ce_sequence"] or b"0") for record in inbox)
        quoted = {"complaint_id": complaint, "case_version": version}
        body = kind.model_validate({**quoted, **words})
        topic = outbox_of("sdabmbk")
        headers = [
            ("ce_specversion", b"1.0"), ("ce_id", secrets.token_hex(8).encode()),
            ("ce_type", body.TYPE.encode()), ("ce_source", b"/test"),
            ("ce_time", b"2026-03-02T03:20:11Z"), ("content-type", b"application/json"),
        ]  # fmt: skip
        await self._commands.process(
            [self._record(topic, complaint.encode(), body.to_json(), headers)]
        )
        await self.carry()

    async def _stored(self, pool: asyncpg.Pool, service: Service, topic: str) -> list[Record]:
        rows = await pool.fetch(_STORED.format(table=service.event_table), topic)
        found = []
        for key, version, id_, type_, time, body in rows:
            headers = headers_of(
                service, id_=id_, type_=type_, time=time, subject=key, sequence=version,
                traceparent=None, correlation_id=None,
            )  # fmt: skip
            found.append(self._record(topic, key.encode(), body, list(headers)))
        return found

    def _record(self, topic: str, key: bytes, value: bytes, headers: list[Any]) -> Record:
        self._offset += 1
        return Record(topic, "life", 0, self._offset, key, value, headers, datetime.now(UTC))


@pytest.fixture
async def between(intake: Any, databases: Databases, pack: CityPack) -> AsyncIterator[Between]:
    async def prepare(dsn: str) -> None:
        await migrate("mrk_routing", dsn)

    pool = await open_pool(await databases.fresh("routing", prepare))
    async with closing(pool):
        yield Between(intake, pool, pack)


async def _act(intake: Any, sent: dict[str, Any], action: str, **body: Any) -> Any:
    return await intake.public.post(
        f"/api/v1/reports/{sent['tracking_number']}/{action}",
        json=body,
        headers={
            "X-Tracking-Secret": sent["tracking_secret"],
            "Idempotency-Key": secrets.token_hex(16),
        },
    )


async def test_a_dispute_after_resolve_reopens_the_case_and_the_clock_goes_on(
    intake: Any, between: Between
) -> None:
    sent = await intake.accepted()
    complaint = str(sent["id"])

    async def timeline() -> dict[str, Any]:
        answer = await intake.public.get(f"/api/v1/reports/{sent['tracking_number']}")
        found: dict[str, Any] = answer.json()
        return found

    await between.carry()
    assigned = (await timeline())["events"][1]
    assert (assigned["type"], assigned["agency"]) == ("assigned", "sdabmbk")
    await between.command(complaint, AcceptCase)
    await between.command(complaint, ResolveCase, note="Lubang ditambal")
    assert (await timeline())["state"] == "resolved"

    disputed = await _act(intake, sent, "dispute", text=WORDS)
    assert (disputed.status_code, disputed.json()["state"]) == (201, "disputed")
    await between.carry()

    shown = await timeline()
    types = [event["type"] for event in shown["events"]]
    assert shown["state"] == "in_progress"
    assert {"disputed", "reopened"} <= set(types)
    (words,) = [event["note"] for event in shown["events"] if event["type"] == "disputed"]
    assert words == WORDS
    # the case is at work for the same agency, and due when it always was
    (reopened,) = [event for event in shown["events"] if event["type"] == "reopened"]
    assert reopened["agency"] == "sdabmbk"
    body = await between.routing.fetchrow("select body, resolved_at from case_file")
    assert assigned["due_at"][:19] in body["body"]
    assert body["resolved_at"] is None

    await between.command(complaint, ResolveCase, note="Semua lubang ditambal")
    assert (await timeline())["state"] == "resolved"
    assert (await _act(intake, sent, "confirmation")).json()["state"] == "confirmed"
    assert (await _act(intake, sent, "rating", rating=4)).status_code == 201
    await between.carry()
    shown = await timeline()
    assert shown["state"] == "confirmed"
    assert {"confirmed", "rated", "closed"} <= {event["type"] for event in shown["events"]}
    body = await between.routing.fetchval("select body from case_file")
    assert '"disputes": 1' in body
    assert '"rating": 4' in body
    assert assigned["due_at"][:19] in body


async def test_a_withdrawal_ends_the_case_for_its_agency(intake: Any, between: Between) -> None:
    sent = await intake.accepted()
    await between.carry()
    assert (await _act(intake, sent, "withdrawal")).json()["state"] == "withdrawn"
    await between.carry()
    await between.command(str(sent["id"]), AcceptCase)
    answer = await intake.public.get(f"/api/v1/reports/{sent['tracking_number']}")
    shown = answer.json()
    assert shown["state"] == "withdrawn"
    assert {"withdrawn", "closed"} <= {event["type"] for event in shown["events"]}
    late = await _act(intake, sent, "dispute", text=WORDS)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/already-withdrawn")
