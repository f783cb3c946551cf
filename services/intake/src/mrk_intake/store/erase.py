"""Erasing a report: tombstone, vault, copies and the event that tells everybody, at once."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import unit
from mrk_intake.domain.erasure import Acknowledgement
from mrk_intake.store import followers, listing, uploads
from mrk_intake.store.reports import StoredReport, by_id
from mrk_schemas.ids import ComplaintId
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Place, Report, ReportErased

_DESTROY: Final = """
update vault set wrapped_key = null, identity = null, original = null, erased_at = $2
where complaint = $1 and reporter = $3 and erased_at is null
"""
_BLANK: Final = """
update report set reporter = null, occurred_at = null, spot = null, phone = null,
    held = null, erased_at = $2 where id = $1
"""
_FORGET_BODY: Final = """
update idempotency i set fingerprint = null from report r
where r.id = $1 and i.request = r.request
"""
_FORGET_ACTIONS: Final = """
update reporter_action set words = null, fingerprint = null where complaint = $1
"""
_FORGET_STAFF: Final = (
    """
    update taken_on_behalf b set reference = null from report r
    where r.id = $1 and b.request = r.request
    """,
    "update inspection_note set words = null where complaint = $1",
)
_BLANK_NOTES: Final = """
update timeline set detail = detail - 'note' where complaint = $1 and detail ? 'note'
"""
_WITH_WORDS: Final = (
    "vault", "report", "report_event", "idempotency", "timeline", "reporter_action", "attachment",
    "follower", "taken_on_behalf", "inspection_note", "listing_words",
)  # fmt: skip
_ACKNOWLEDGED: Final = """
select service, at, received_by from erasure_acknowledged where complaint = $1
"""


async def erase(pool: asyncpg.Pool, service: Service, complaint: UUID, now: datetime) -> bool:
    """Erase a report in one transaction.

    Returns:
        Whether it was erased now; False when it was before: nothing is done twice.

    Raises:
        KeyError: there is no such report.
    """
    key = str(complaint)
    async with unit(pool, service) as tx:
        await tx.lock([key])
        report = await by_id(tx.conn, complaint)
        if report is None:
            raise KeyError(key)
        if report.erased_at is not None:
            return False
        await tx.erase(key)
        await tx.conn.execute(_DESTROY, complaint, now, report.reporter)
        await tx.conn.execute(_FORGET_BODY, complaint)
        await tx.conn.execute(_FORGET_ACTIONS, complaint)
        for statement in _FORGET_STAFF:
            await tx.conn.execute(statement, complaint)
        await tx.conn.execute(_BLANK, complaint, now)
        await listing.remove(tx.conn, complaint)
        await tx.conn.execute(_BLANK_NOTES, complaint)
        await followers.end(tx.conn, complaint, now, "erased")
        await uploads.erase(tx.conn, complaint)
        body = ReportErased(report=_blank(report), erased_at=now)
        tx.emit(Event(REPORTS, key, body, now, passes=True))
    return True


async def acknowledgements(conn: Any, complaint: UUID) -> dict[str, Acknowledgement]:
    """Which services have blanked their copies, by name."""
    return {
        row["service"]: Acknowledgement(row["service"], row["at"], tuple(row["received_by"]))
        for row in await conn.fetch(_ACKNOWLEDGED, complaint)
    }


async def rid_of_old_rows(pool: asyncpg.Pool) -> None:
    """Remove what updates left behind on the pages: ciphertexts and wrapped keys too."""
    for table in _WITH_WORDS:
        await pool.execute(f"vacuum {table}")


def _blank(report: StoredReport) -> Report:
    place = None
    if report.district is not None:
        place = Place(subdistrict=report.subdistrict, district=report.district)
    return Report(
        complaint_id=ComplaintId(str(report.id)),
        tracking_number=report.number,
        kind=report.kind,
        category=report.category,
        place=place,
        anonymous=report.anonymous,
        confidential=report.confidential,
        locale=report.locale,
        received_at=report.received_at,
        erased=True,
    )
