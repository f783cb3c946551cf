"""Accepting reports: guard, vault, report, event and outbox in one transaction a batch."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, cast
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import Tx, unit
from mrk_intake.domain import tracking
from mrk_intake.domain.report import Received
from mrk_intake.store.vault import Sealed
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import ReportReceived
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

WRITE_S: Final = 10.0
"""A transaction that takes longer has lost its database: the connection is cut."""

_MINTS: Final = 8  # 40 bits: two collisions in a row are a miracle, eight are a fault
_NUMBER_TAKEN: Final = "report_tracking_number"

_CLAIM: Final = """
insert into idempotency (request, fingerprint, complaint, answer)
select * from unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::bytea[])
on conflict do nothing returning request
"""
_CLAIMED_BEFORE: Final = """
select request, fingerprint, complaint, answer from idempotency where request = any($1::bytea[])
"""
_STORE: Final = """
with kept as (
    insert into vault (reporter, complaint, master_id, wrapped_key, identity, original)
    select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::bytea[],
        $6::bytea[])
)
insert into report (id, reporter, request, tracking_number, kind, category, anonymous,
    confidential, locale, emergency, subdistrict, district, occurred_at, received_at)
select * from unnest($2::uuid[], $1::uuid[], $7::bytea[], $8::text[], $9::text[], $10::text[],
    $11::boolean[], $12::boolean[], $13::text[], $14::boolean[], $15::text[], $16::text[],
    $17::timestamptz[], $18::timestamptz[])
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A report ready to be stored.

    Attributes:
        request: names the request (`Keys.request`).
        fingerprint: of its body (`Keys.fingerprint`).
        render: makes the stored answer.
        attempt: how many tracking numbers were tried before this one.
    """

    request: bytes
    fingerprint: bytes
    received: Received
    sealed: Sealed
    event: Event
    render: Callable[[Received], bytes]
    attempt: int = 0

    def renumbered(self, key: bytes) -> "Draft":
        """The same report under its next tracking number."""
        attempt = self.attempt + 1
        number = tracking.mint(key, self.received.ids.complaint, attempt)
        report = self.received.report.model_copy(update={"tracking_number": number})
        ids = replace(self.received.ids, number=number)
        return replace(
            self,
            received=replace(self.received, ids=ids, report=report),
            event=replace(self.event, body=ReportReceived(report=report)),
            attempt=attempt,
        )


def event_of(received: Received) -> Event:
    """The event of a new report; it continues the trace that is current now."""
    report = received.report
    return Event(REPORTS, report.complaint_id, ReportReceived(report=report), report.received_at)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The report is durable.

    Attributes:
        answer: as stored, without the tracking secret.
        replayed: an earlier request with the same key stored it.
    """

    complaint: UUID
    answer: bytes
    replayed: bool


@dataclass(frozen=True, slots=True)
class OtherBody:
    """The key belongs to a request with another body."""


Outcome = Accepted | OtherBody


class _Impatient:
    """A pool whose connections are cut when they are held for too long.

    A cancelled query would first ask the server to cancel it, and a server that hangs never
    answers; a cut connection fails at once, and the batch is tried again on another.
    """

    def __init__(self, pool: asyncpg.Pool, longest_s: float) -> None:
        self._pool = pool
        self._longest_s = longest_s

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[PoolConnectionProxy]:
        async with self._pool.acquire() as conn:
            watch = asyncio.get_running_loop().call_later(self._longest_s, conn.terminate)
            try:
                yield conn
            finally:
                watch.cancel()


class Acceptance:
    """Writes batches of drafts. Writing a draft again finds what it wrote before.

    Args:
        pool: of intake's database.
        service: whose events these are.
        number_key: `Keys.numbers`.
        longest_s: seconds that one transaction may take.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        service: Service,
        number_key: bytes,
        *,
        longest_s: float = WRITE_S,
    ) -> None:
        # unit() asks a pool for nothing but a connection
        self._pool = cast("asyncpg.Pool", _Impatient(pool, longest_s))
        self._service = service
        self._number_key = number_key

    async def write(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Store a batch in one transaction; each draft's outcome in order.

        Raises:
            asyncpg.PostgresError: nothing of the batch is stored; unless the connection was lost
                at the commit: then all of it may be.
        """
        try:
            return await self._write(drafts)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != _NUMBER_TAKEN or len(drafts) > 1:
                raise
            if drafts[0].attempt >= _MINTS:
                raise
        get_logger().info("accept.number-taken", attempt=drafts[0].attempt)
        return await self.write([drafts[0].renumbered(self._number_key)])

    async def _write(self, drafts: Sequence[Draft]) -> list[Outcome]:
        async with unit(self._pool, self._service, points="http") as tx:
            outcomes, owners = await self._claim(tx, drafts)
            if owners:
                await tx.conn.execute(_STORE, *_columns(owners))
            for draft in owners:
                tx.create(draft.event.key)
                tx.emit(draft.event)
        if owners:
            metrics.batch("accept", len(owners))
            get_logger().info(
                "reports.accepted",
                complaints=[d.event.key for d in owners],
                traces=[d.event.traceparent for d in owners if d.event.traceparent],
            )
        return outcomes

    async def _claim(self, tx: Tx, drafts: Sequence[Draft]) -> tuple[list[Outcome], list[Draft]]:
        """Take the requests that are new; a twin in another process is waited for.

        Every batch takes its keys in sorted order: two batches cannot wait for each other.
        """
        ordered = sorted(drafts, key=lambda d: d.request)
        answers = [d.render(d.received) for d in ordered]
        rows = await tx.conn.fetch(
            _CLAIM,
            [d.request for d in ordered],
            [d.fingerprint for d in ordered],
            [d.received.ids.complaint for d in ordered],
            answers,
        )
        new = {row[0] for row in rows}
        known: dict[bytes, tuple[bytes | None, UUID, bytes]] = {}
        owners: list[Draft] = []
        for draft, answer in zip(ordered, answers, strict=True):
            if draft.request in new and draft.request not in known:
                # of twins within a batch, the first of the statement's rows was inserted
                owners.append(draft)
                known[draft.request] = (draft.fingerprint, draft.received.ids.complaint, answer)
        if len(known) < len({d.request for d in ordered}):
            wanted = [d.request for d in ordered if d.request not in known]
            for request, *rest in await tx.conn.fetch(_CLAIMED_BEFORE, wanted):
                known[request] = (rest[0], rest[1], rest[2])
        return [_outcome(d, *known[d.request]) for d in drafts], owners


def _outcome(draft: Draft, fingerprint: bytes | None, complaint: UUID, answer: bytes) -> Outcome:
    # an erased report keeps no fingerprint: its key then answers whatever is asked with it
    if fingerprint is not None and fingerprint != draft.fingerprint:
        return OtherBody()
    return Accepted(complaint, answer, replayed=complaint != draft.received.ids.complaint)


def _columns(owners: Sequence[Draft]) -> list[list[object]]:
    rows = []
    for draft in owners:
        report, ids, sealed = draft.received.report, draft.received.ids, draft.sealed
        place = report.place
        rows.append(
            (
                ids.reporter,
                ids.complaint,
                sealed.master_id,
                sealed.wrapped_key,
                sealed.identity,
                sealed.original,
                draft.request,
                ids.number,
                report.kind,
                report.category,
                report.anonymous,
                report.confidential,
                report.locale,
                report.emergency,
                place.subdistrict if place is not None else None,
                place.district if place is not None else None,
                report.occurred_at,
                report.received_at,
            )
        )
    return [list(column) for column in zip(*rows, strict=True)]
