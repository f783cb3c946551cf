"""Records as intake and agencies send them, and what routing made of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_delivery.events import Body, Record
from mrk_delivery.pipeline import Pipeline
from mrk_routing.consumers.subscriptions import subscriptions
from mrk_routing.service import SERVICE
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.mirrors import Mirror, MirrorAnswered, MirrorHandedOver, MirrorStatus
from mrk_schemas.registry import MIRRORS, REPORTS, outbox_of
from mrk_schemas.reports import (
    Kind,
    Place,
    Report,
    ReporterActed,
    ReportErased,
    ReportReceived,
)

MEDAN = Path(__file__).parents[3] / "deploy/city/medan"
RECEIVED = datetime(2026, 3, 2, 3, 20, 11, tzinfo=UTC)
SECRET_WORDS = "Jalan berlubang di depan rumah Pak Sinaga"
WORDS: dict[type[Command], dict[str, str]] = {
    AcceptCase: {},
    ReturnCase: {"reason": "Ini jalan nasional"},
    ReportProgress: {"note": "Tim turun ke lapangan"},
    AskReporter: {"question": "Di sebelah mana rumahnya, Pak?"},
    ResolveCase: {"note": "Lubang ditambal"},
}


def complaint(number: int) -> str:
    return str(UUID(int=(0x01933A7E << 96) + number))


def report(number: int = 1, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "complaint_id": complaint(number),
        "tracking_number": f"7K3-{number:06}",
        "kind": Kind.COMPLAINT,
        "category": "roads",
        "text": SECRET_WORDS,
        "place": Place(lat=3.57, lon=98.63, address="Jl. Melati 5", subdistrict="12.71.02.1001"),
        "anonymous": False,
        "confidential": False,
        "reporter": "5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a77",
        "received_at": RECEIVED,
    }
    return Report(**(values | changes))


def received(number: int = 1, *, sequence: int = 1, **changes: Any) -> Record:
    found = report(number, **changes)
    return record(REPORTS, found.complaint_id, ReportReceived(report=found), sequence)


def erased(number: int = 1, *, sequence: int = 2, **changes: Any) -> Record:
    gone = report(number, erased=True, **changes).blanked()
    body = ReportErased(report=gone, erased_at=RECEIVED + timedelta(days=1))
    return record(REPORTS, gone.complaint_id, body, sequence)


def acted(
    act: type[ReporterActed],
    number: int = 1,
    *,
    sequence: int = 2,
    note: str | None = "Masih berlubang, kata Bu Tarigan",
    rating: int | None = None,
    question: int | None = None,
    **changes: Any,
) -> Record:
    """What the reporter did, with the whole report."""
    found = report(number, **changes)
    more = {name: n for name, n in (("rating", rating), ("question", question)) if n is not None}
    body = act.model_validate({"report": found, "note": note, **more})
    return record(REPORTS, found.complaint_id, body, sequence)


def mirrored(
    kind: type[MirrorHandedOver | MirrorAnswered],
    agency: str | None,
    number: int = 1,
    *,
    sequence: int = 3,
    **changes: Any,
) -> Record:
    """What was done at the national system."""
    state = Mirror(
        complaint_id=report(number).complaint_id, status=MirrorStatus.FILED, changed_at=RECEIVED
    )
    values = {"mirror": state, "institution": "Sebuah instansi", "agency": agency}
    body = kind.model_validate(values | changes)
    return record(MIRRORS, complaint(number), body, sequence)


def command(
    kind: type[Command],
    agency: str = "sdabmbk",
    number: int = 1,
    *,
    version: int = 2,
    id_: str | None = None,
    key: str | None = None,
    **changes: Any,
) -> Record:
    values = {"complaint_id": complaint(number), "case_version": version, **WORDS[kind]}
    body = kind.model_validate(values | changes)
    return record(outbox_of(agency), key or complaint(number), body, None, id_)


_offset = 0


def record(
    topic: str, key: str, body: Body | bytes, sequence: int | None, id_: str | None = None
) -> Record:
    global _offset  # noqa: PLW0603  # each record of the run has its own place
    _offset += 1
    value = body if isinstance(body, bytes) else body.to_json()
    type_ = ReportReceived.TYPE if isinstance(body, bytes) else body.TYPE
    headers: list[tuple[str, bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", (id_ or str(uuid4())).encode()),
        ("ce_type", type_.encode()),
        ("ce_source", b"/medan/test"),
        ("ce_time", b"2026-03-02T03:20:11Z"),
        ("content-type", b"application/json"),
    ]
    if sequence is not None:
        headers.append(("ce_sequence", str(sequence).encode()))
    return Record(topic, "life-1", 0, _offset, key.encode(), value, headers, RECEIVED)


@dataclass(frozen=True)
class Sent:
    """One stored event."""

    topic: str
    key: str
    version: int
    type: str
    body: dict[str, Any] = field(hash=False)


class Routing:
    """Routing's consumers on a database, fed by hand."""

    def __init__(self, pool: asyncpg.Pool, pack: CityPack, clock: Clock) -> None:
        self.pool = pool
        reports, mirrors, commands = subscriptions(pack, clock)
        self._reports = Pipeline(pool, SERVICE, reports)
        self._mirrors = Pipeline(pool, SERVICE, mirrors)
        self._commands = Pipeline(pool, SERVICE, commands)

    async def reports(self, *records: Record) -> None:
        await self._reports.process(records)

    async def mirrors(self, *records: Record) -> None:
        await self._mirrors.process(records)

    async def commands(self, *records: Record) -> None:
        await self._commands.process(records)

    async def sent(self, topic: str | None = None) -> list[Sent]:
        """Every event, in the order in which it leaves."""
        rows = await self.pool.fetch(
            "select topic, key, version, type, body from case_event"
            " where $1::text is null or topic = $1 order by seq",
            topic,
        )
        return [
            Sent(r["topic"], r["key"], r["version"], short(r["type"]), json.loads(r["body"]))
            for r in rows
        ]

    async def types(self) -> list[str]:
        return [event.type for event in await self.sent()]

    async def cases(self) -> list[asyncpg.Record]:
        return list(await self.pool.fetch("select * from case_file order by complaint_id"))

    async def case(self, number: int = 1) -> dict[str, Any]:
        found = await self.pool.fetchval(
            "select body from case_file where complaint_id = $1", complaint(number)
        )
        body: dict[str, Any] = json.loads(found)
        return body

    async def letters(self) -> Sequence[asyncpg.Record]:
        return await self.pool.fetch("select * from dead_letter order by id")

    async def everything(self) -> str:
        """All that the database holds of cases, as text: to search it for words."""
        tables = ("case_file", "case_event", "dead_letter", "outbox", "early_mirror", "case_trait")
        found = [
            str([dict(row) for row in await self.pool.fetch(f"select * from {table}")])  # noqa: S608  # the names above
            for table in tables
        ]
        return "\n".join(found)


def short(type_: str) -> str:
    return type_.removeprefix("id.go.medan.").removesuffix(".v1")
