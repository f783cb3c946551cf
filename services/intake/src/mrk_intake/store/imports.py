"""Storing imports: report, vault and event in the consumer's transaction."""

from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.report import Received
from mrk_intake.store.accept import spot_of
from mrk_intake.store.vault import Sealed
from mrk_schemas.ids import LaporTicket, TrackingNumber

_TAKEN: Final = "select exists (select from report where tracking_number = $1)"
_KNOWN: Final = """
select exists (select from report where id = $1 or national_id = $2)
"""
_VAULT: Final = """
insert into vault (reporter, complaint, master_id, wrapped_key, identity, original)
values ($1, $2, $3, $4, $5, $6)
"""
_REPORT: Final = """
insert into report (id, reporter, request, tracking_number, kind, anonymous, confidential, locale,
    emergency, subdistrict, district, received_at, national_id, spot)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""


async def is_taken(conn: Any, number: TrackingNumber) -> bool:
    """Whether another report has this tracking number."""
    return bool(await conn.fetchval(_TAKEN, number))


async def is_known(conn: Any, complaint: UUID, national_id: LaporTicket) -> bool:
    """Whether there is a report of this id or of this national number."""
    return bool(await conn.fetchval(_KNOWN, complaint, national_id))


async def add(conn: Any, received: Received, sealed: Sealed, request: bytes) -> None:
    """Store an import's rows.

    Args:
        request: names it as an Idempotency-Key names a report that was sent.
    """
    ids, report = received.ids, received.report
    boxes = (sealed.master_id, sealed.wrapped_key, sealed.identity, sealed.original)
    await conn.execute(_VAULT, ids.reporter, ids.complaint, *boxes)
    place = report.place
    await conn.execute(
        _REPORT,
        ids.complaint,
        ids.reporter,
        request,
        ids.number,
        report.kind,
        report.anonymous,
        report.confidential,
        report.locale,
        report.emergency,
        place.subdistrict if place is not None else None,
        place.district if place is not None else None,
        report.received_at,
        report.national_id,
        spot_of(place),
    )
