"""Accepting reports: guard, vault, report, event and outbox in one statement a batch."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from mrk_delivery import beginnings, hooks
from mrk_delivery.database import Acquiring
from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import sized
from mrk_intake.domain import tracking
from mrk_intake.domain.held import WAITING
from mrk_intake.domain.keys import MOST_COUNTED
from mrk_intake.domain.report import Received
from mrk_intake.store.vault import Sealed
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Place, ReportReceived
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

WRITE_S: Final = 10.0
"""A transaction that takes longer has lost its database: the connection is cut."""

_MINTS: Final = 8  # 40 bits: two collisions in a row are a miracle, eight are a fault
_NUMBER_TAKEN: Final = "report_tracking_number"

_STORE: Final = """
with given as materialized (
    select * from unnest($3::new_report[])
), claimed as (
    insert into idempotency (request, fingerprint, complaint, answer)
    select request, fingerprint, complaint, answer from given
    on conflict do nothing returning request
), fresh as materialized (
    select given.*, complaint::text as key, $1::text as topic, $2::text as type,
        received_at as time
    from given join claimed using (request)
), kept as (
    insert into vault (reporter, complaint, master_id, wrapped_key, identity, original)
    select reporter, complaint, master_id, wrapped_key, identity, original from fresh
), stored as (
    insert into report (id, reporter, request, tracking_number, kind, category, anonymous,
        confidential, locale, emergency, subdistrict, district, occurred_at, received_at, spot,
        phone, held)
    select complaint, reporter, request, tracking_number, kind, category, anonymous, confidential,
        locale, emergency, subdistrict, district, occurred_at, received_at, spot, phone,
        held
    from fresh
), {beginning}
select request, (
    select count(*) from (select from report r where r.phone = fresh.phone limit {counted}) as s
) as used
from fresh
"""
# Only a batch in which a report names uploads takes this one. An upload that another report has
# taken, or that is gone, breaks a constraint: the batch is divided until its report stands alone.
_TAKING: Final = """
), named as materialized (
    select complaint, attachment, place
    from unnest($4::uuid[], $5::uuid[], $6::smallint[]) as n (complaint, attachment, place)
        join fresh using (complaint)
), taken as (
    insert into report_attachment (attachment, complaint, place)
    select attachment, complaint, place from named
), unoffered as (
    update attachment a set token = null, offer = null, expires_at = null
    from named where a.id = named.attachment
), {beginning}
"""
_TAKEN: Final = frozenset({"report_attachment_taken", "report_attachment_known"})
_CLAIMED_BEFORE: Final = """
select request, fingerprint, complaint, answer from idempotency where request = any($1::bytea[])
"""


@dataclass(frozen=True, slots=True)
class Attached:
    """An upload that a report names.

    Attributes:
        sha256: of its bytes as they are kept, in hexadecimal.
    """

    id: UUID
    sha256: str


class Draft(NamedTuple):
    """A report ready to be stored.

    Attributes:
        request: names the request (`Keys.request`).
        fingerprint: of its body (`Keys.fingerprint`).
        render: makes the stored answer.
        attachments: uploads that become its own.
        phone: names its phone number for a day (`Keys.phone`); None where it has none.
        attempt: how many tracking numbers were tried before this one.
    """

    request: bytes
    fingerprint: bytes
    received: Received
    sealed: Sealed
    event: Event
    render: Callable[[Received], bytes]
    attachments: tuple[Attached, ...] = ()
    phone: bytes | None = None
    attempt: int = 0

    def renumbered(self, key: bytes) -> "Draft":
        """The same report under its next tracking number."""
        attempt = self.attempt + 1
        number = tracking.mint(key, self.received.ids.complaint, attempt)
        report = self.received.report.model_copy(update={"tracking_number": number})
        ids = self.received.ids._replace(number=number)
        return self._replace(
            received=self.received._replace(ids=ids, report=report),
            event=replace(self.event, body=ReportReceived(report=report)),
            attempt=attempt,
        )


def event_of(received: Received, traceparent: str | None = None) -> Event:
    """The event of a new report; it continues the trace of the request."""
    report = received.report
    return Event(
        REPORTS,
        report.complaint_id,
        ReportReceived(report=report),
        report.received_at,
        id=received.ids.event,
        traceparent=traceparent,
    )


class Accepted(NamedTuple):
    """The report is durable.

    Attributes:
        answer: as stored, without the tracking secret.
        replayed: an earlier request with the same key stored it.
        used: how many reports named its phone on its day before it, here or in another process.
    """

    complaint: UUID
    answer: bytes
    replayed: bool
    used: int = 0


@dataclass(frozen=True, slots=True)
class OtherBody:
    """The key belongs to a request with another body."""


@dataclass(frozen=True, slots=True)
class AttachmentGone:
    """An upload that it names became another report's, or is gone: nothing is stored."""


Outcome = Accepted | OtherBody | AttachmentGone


class Acceptance:
    """Writes batches of drafts. Writing a draft again finds what it wrote before.

    Args:
        connections: to intake's database.
        service: whose events these are.
        number_key: `Keys.numbers`.
        longest_s: seconds that one transaction may take.
    """

    def __init__(
        self,
        connections: Acquiring,
        service: Service,
        number_key: bytes,
        *,
        longest_s: float = WRITE_S,
    ) -> None:
        self._connections = connections
        self._longest_s = longest_s
        self._service = service
        beginning = beginnings.beginning(service, "fresh")
        taking = _STORE.replace("), {beginning}\n", _TAKING)
        self._store, self._store_taking = [
            each.format(beginning=beginning, counted=MOST_COUNTED) for each in (_STORE, taking)
        ]
        self._number_key = number_key

    async def write(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Store a batch in one transaction; each draft's outcome in order.

        Raises:
            asyncpg.PostgresError: nothing of the batch is stored; unless the connection was lost
                at the commit: then all of it may be.
        """
        try:
            return await self._write(drafts)
        except asyncpg.IntegrityConstraintViolationError as error:
            if error.constraint_name in _TAKEN and len(drafts) == 1:
                return [AttachmentGone()]
            if error.constraint_name != _NUMBER_TAKEN or len(drafts) > 1:
                raise
            if drafts[0].attempt >= _MINTS:
                raise
        get_logger().info("accept.number-taken", attempt=drafts[0].attempt)
        return await self.write([drafts[0].renumbered(self._number_key)])

    async def _write(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Take the requests that are new, and store them; a twin elsewhere is waited for.

        Every batch takes its keys in sorted order: two batches cannot wait for each other. Of
        twins within a batch the first is stored.
        """
        first: dict[bytes, Draft] = {}
        for draft in drafts:
            first.setdefault(draft.request, draft)
        offered = [first[request] for request in sorted(first)]
        answers = [draft.render(draft.received) for draft in offered]
        values: list[object] = [REPORTS, ReportReceived.TYPE, _rows(offered, answers)]
        statement = self._store
        if any(draft.attachments for draft in offered):
            statement = self._store_taking
            values += _attachments(offered)
        known: dict[bytes, tuple[bytes | None, UUID, bytes]] = {}
        async with self._connections.acquire() as conn:
            # A cancelled query would first ask the server to cancel it, and a server that hangs
            # never answers; a cut connection fails at once, and the batch is tried on another.
            watch = asyncio.get_running_loop().call_later(self._longest_s, conn.terminate)
            try:
                hooks.reach("http.before_commit")
                new = {row[0]: row[1] for row in await conn.fetch(statement, *values)}
                hooks.reach("http.after_commit")
                if len(new) < len(first):
                    wanted = [request for request in first if request not in new]
                    for request, *rest in await conn.fetch(_CLAIMED_BEFORE, wanted):
                        known[request] = (rest[0], rest[1], rest[2])
            finally:
                watch.cancel()
        owners = [draft for draft in offered if draft.request in new]
        for draft, answer in zip(offered, answers, strict=True):
            if draft.request in new:
                known[draft.request] = (draft.fingerprint, draft.received.ids.complaint, answer)
        if owners:
            _tell(owners)
        return [_outcome(d, *known[d.request], new.get(d.request, 0)) for d in drafts]


def _tell(owners: Sequence[Draft]) -> None:
    metrics.batch("accept", len(owners))
    get_logger().info(
        "reports.accepted",
        complaints=[d.event.key for d in owners],
        traces=[d.event.traceparent for d in owners if d.event.traceparent],
    )


def _outcome(
    draft: Draft, fingerprint: bytes | None, complaint: UUID, answer: bytes, used: int
) -> Outcome:
    # an erased report keeps no fingerprint: its key then answers whatever is asked with it
    if fingerprint is not None and fingerprint != draft.fingerprint:
        return OtherBody()
    replayed = complaint != draft.received.ids.complaint
    return Accepted(complaint, answer, replayed, used)


def _attachments(offered: Sequence[Draft]) -> list[list[object]]:
    rows = [
        (draft.received.ids.complaint, attached.id, place)
        for draft in offered
        for place, attached in enumerate(draft.attachments, start=1)
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _rows(offered: Sequence[Draft], answers: Sequence[bytes]) -> list[tuple[object, ...]]:
    """Of the database's type `new_report`, in its order."""
    rows: list[tuple[object, ...]] = []
    for draft, answer in zip(offered, answers, strict=True):
        report, ids, sealed = draft.received.report, draft.received.ids, draft.sealed
        place = report.place
        rows.append(
            (
                draft.request,
                draft.fingerprint,
                answer,
                ids.complaint,
                ids.reporter,
                sealed.master_id,
                sealed.wrapped_key,
                sealed.identity,
                sealed.original,
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
                draft.event.id,
                draft.event.traceparent,
                sized(draft.event.body),
                spot_of(place),
                draft.phone,
                WAITING if draft.received.held else None,
            )
        )
    return rows


def spot_of(place: Place | None) -> tuple[float, float] | None:
    """The published point as the database has it: the longitude first."""
    if place is None or place.lat is None or place.lon is None:
        return None
    return place.lon, place.lat
