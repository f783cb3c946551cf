"""The other three services as a report's facts reach them, and what they keep and send of it."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import prometheus_client
from matrix_readers import ANSWER, QUESTION, Sent

from mrk_city import CityPack
from mrk_delivery.events import Record, headers_of
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.subscription import Subscription
from mrk_intake.consumers.timeline import subscription as timeline
from mrk_intake.service import SERVICE as INTAKE
from mrk_notify.consumers.complaints import subscriptions as notify_subscriptions
from mrk_notify.domain.letter import Letters
from mrk_notify.domain.messages import Notice
from mrk_notify.service import SERVICE as NOTIFY
from mrk_routing.consumers.subscriptions import subscriptions as routing_subscriptions
from mrk_routing.service import SERVICE as ROUTING
from mrk_schemas.agencies import AcceptCase, AskReporter, Command
from mrk_schemas.registry import CASES, INBOX, MIRRORS, REPORTS, agency_of, outbox_of
from mrk_spanlapor_bridge.consumers.complaints import subscriptions as bridge_subscriptions
from mrk_spanlapor_bridge.domain.filing import Reporter, reporter_or_account
from mrk_spanlapor_bridge.domain.task import of_payload
from mrk_spanlapor_bridge.gateways.splp import Codes, complaint_fields
from mrk_spanlapor_bridge.roles import names_of
from mrk_spanlapor_bridge.service import FILE
from mrk_spanlapor_bridge.service import SERVICE as BRIDGE


class Services:
    """The other three services' consumers, each on its own database."""

    def __init__(
        self,
        intake: Any,
        pack: CityPack,
        routing: asyncpg.Pool,
        bridge: asyncpg.Pool,
        notify: asyncpg.Pool,
    ) -> None:
        self._intake = intake
        self._pack = pack
        self._pools = {"routing": routing, "bridge": bridge, "notify": notify}
        clock = intake.clock
        reports, _, commands = routing_subscriptions(pack, clock)
        (bridged,) = bridge_subscriptions(names_of(pack), clock)
        (told,) = notify_subscriptions(clock)
        self._routing = Pipeline(routing, ROUTING, reports)
        self._commands = Pipeline(routing, ROUTING, commands)
        self._timeline = Pipeline(intake.pool, INTAKE, timeline())
        self._rest = (Pipeline(bridge, BRIDGE, bridged), Pipeline(notify, NOTIFY, told))
        self._subscriptions: tuple[Subscription, ...] = (bridged, told)

    async def heard(self, sent: Sent) -> dict[str, str]:
        """Hand everything on as the broker does; what stands on the topics, and in the rows.

        The agency asks the reporter something, and gets its answer.
        """
        first = await _records(self._intake.pool, INTAKE, "report_event")
        await self._routing.process(first)
        await self._ask(sent)
        own = await _records(self._intake.pool, INTAKE, "report_event")
        await self._routing.process(own[len(first) :])
        cases = await _records(self._pools["routing"], ROUTING, "case_event")
        for pipeline in self._rest:
            await pipeline.process(own)
            await pipeline.process([each for each in cases if each.topic == CASES])
        mirrors = await _records(self._pools["bridge"], BRIDGE, "mirror_event")
        records = (*own, *cases, *mirrors)
        topics = {"reports": REPORTS, "cases": CASES, "mirrors": MIRRORS, "inboxes": INBOX}
        work = "".join([await everything(pool) for pool in self._pools.values()])
        assert '"dead_letter"' not in work
        return {
            "work": work,
            "rows": await everything(self._intake.pool),
            "national": await self._filed(),
            "letters": await self._letters(),
            "metrics": prometheus_client.generate_latest().decode(),
            **{
                reader: "".join(
                    f"{each.headers} {each.key!r} {(each.value or b'').decode()}"
                    for each in records
                    if (INBOX if agency_of(each.topic) else each.topic) == topic
                )
                for reader, topic in topics.items()
            },
        }

    async def _ask(self, sent: Sent) -> None:
        """An agency's question, and the reporter's answer to it; where there is a case."""
        owner = await self._pools["routing"].fetchval("select body::jsonb->>'owner' from case_file")
        if owner is None:
            return
        version = await self._pools["routing"].fetchval(
            "select max(version) from case_event where topic = $1", CASES
        )
        about = {"complaint_id": str(sent.id), "case_version": version}
        await self._commands.process(
            [
                _command(owner, sent, AcceptCase.model_validate(about)),
                _command(owner, sent, AskReporter.model_validate({**about, "question": QUESTION})),
            ]
        )
        cases = await _records(self._pools["routing"], ROUTING, "case_event")
        await self._timeline.process([each for each in cases if each.topic == CASES])
        answered = await self._intake.public.post(
            f"/api/v1/reports/{sent.number}/answer",
            json={"text": ANSWER},
            headers={**sent.proof, "Idempotency-Key": secrets.token_hex(16)},
        )
        assert answered.status_code == 201, answered.text

    async def _contact(self, caller: str, reporter: str) -> dict[str, Any] | None:
        answer = await self._intake.contact(caller, reporter)
        return answer.json() if answer.status_code == 200 else None

    async def _filed(self) -> str:
        """What the bridge would file, with whom intake lets it name."""
        numbers = self._pack.lapor
        codes = Codes(
            institutions={str(c): n for c, n in numbers.institutions.items()},
            categories={str(c): n for c, n in numbers.categories.items()},
            classifications=numbers.classifications,
            desk="diskominfo",
            user_id=1,
            channel=1,
        )
        account, told = Reporter("Pemerintah Kota Medan", "kota@medan.example", None), ""
        for row in await self._pools["bridge"].fetch("select kind, payload from work"):
            payload = json.loads(row["payload"])
            if row["kind"] != FILE:
                told += row["payload"]
                continue
            task, reporter = of_payload(payload), account
            if task.reporter is not None:
                found = await self._contact("spanlapor-bridge", task.reporter)
                assert found is not None, "nothing would be filed"
                asked = [found.get(each) for each in ("name", "email", "phone")]
                reporter = reporter_or_account(asked[0], asked[1], asked[2], account)
            told += json.dumps(complaint_fields(task.filing, reporter, codes))
        return told

    async def _letters(self) -> str:
        told, letters = "", Letters("https://lapor.example")
        for row in await self._pools["notify"].fetch("select payload from work"):
            notice = Notice.of_payload(json.loads(row["payload"]))
            contact = await self._contact("notify", notice.reporter)
            assert contact is not None
            letter = letters.write(notice, contact.get("name"), contact.get("follow_secret"))
            told += f"{contact['email']} {letter.subject} {letter.text}"
        return told


async def everything(pool: asyncpg.Pool) -> str:
    """Every row of every table, as text; bytes that are text are read as such."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    told = ""
    for (table,) in tables:
        for row in await pool.fetch(f'select * from "{table}"'):  # noqa: S608  # the catalogue's name
            told += f'"{table}" ' + " ".join(_text(value) for value in row.values()) + "\n"
    return told


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


async def _records(pool: asyncpg.Pool, service: Any, table: str) -> list[Record]:
    """A service's events as the relay sends them."""
    rows = await pool.fetch(f"select * from {table} order by seq")  # noqa: S608  # one of ours
    return [
        Record(
            row["topic"], "life", 0, offset, row["key"].encode(), row["body"],
            headers_of(
                service, id_=row["id"] or uuid4(), type_=row["type"], time=row["time"],
                subject=row["key"], sequence=row["version"], traceparent=row["traceparent"],
                correlation_id=row["correlation_id"],
            ),
            datetime.now(UTC),
        )
        for offset, row in enumerate(rows)
    ]  # fmt: skip


def _command(agency: str, sent: Sent, body: Command) -> Record:
    headers = headers_of(
        ROUTING, id_=uuid4(), type_=body.TYPE, time=datetime(2026, 3, 2, 3, 20, tzinfo=UTC),
        subject=str(sent.id), sequence=1, traceparent=None, correlation_id=None,
    )  # fmt: skip
    place = secrets.randbelow(2**30)
    return Record(
        outbox_of(agency), "life", 0, place, str(sent.id).encode(), body.to_json(), headers,
        datetime.now(UTC),
    )  # fmt: skip
