"""Reading a report: what its row says, and its timeline."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from mrk_delivery.service import Service
from mrk_intake.domain import private
from mrk_intake.domain.steps import StepType
from mrk_intake.domain.timeline import Placed, Step
from mrk_schemas.ids import CategoryCode, DistrictCode, SubdistrictCode, TrackingNumber
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Kind, Locale, Report, ReportFollowed, ReportUnfollowed

_COLUMNS: Final = """
select id, tracking_number, kind, category, anonymous, confidential, reporter, locale, emergency,
    subdistrict, district, occurred_at, received_at, erased_at, restricted_at, held from report
"""
_BY_NUMBER: Final = _COLUMNS + "where tracking_number = $1"
_BY_ID: Final = _COLUMNS + "where id = $1"
_ANSWER: Final = """
select i.answer from idempotency i join report r on r.request = i.request where r.id = $1
"""
_STEPS: Final = """
select topic, sequence, type, at, state, detail from timeline where complaint = $1
"""
_PUBLISHED: Final = """
select body from report_event where key = $1 and topic = $2 and type <> all($3) order by version
"""
_NEWEST: Final = """
select type, body from report_event where key = $1 and topic = $2 order by version desc limit 1
"""
_OF_OTHERS: Final = (ReportFollowed.TYPE, ReportUnfollowed.TYPE)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report's row. It holds no person's words.

    Attributes:
        held: `waiting` or `hidden` while the public does not read its words.
    """

    id: UUID
    number: TrackingNumber
    kind: Kind
    category: CategoryCode | None
    anonymous: bool
    confidential: bool
    reporter: UUID | None
    locale: Locale
    emergency: bool
    subdistrict: SubdistrictCode | None
    district: DistrictCode | None
    occurred_at: datetime | None
    received_at: datetime
    erased_at: datetime | None
    restricted_at: datetime | None = None
    held: str | None = None

    @property
    def public(self) -> bool:
        """Whether everybody may see it."""
        shown = private.public(self.kind, confidential=self.confidential)
        return shown and self.restricted_at is None


async def by_number(conn: Any, number: TrackingNumber) -> StoredReport | None:
    """The report of a tracking number."""
    return _report(await conn.fetchrow(_BY_NUMBER, number))


async def by_id(conn: Any, complaint: UUID) -> StoredReport | None:
    """The report of an id."""
    return _report(await conn.fetchrow(_BY_ID, complaint))


async def answer(conn: Any, complaint: UUID) -> bytes | None:
    """What its reporter was answered, without the tracking secret (`receipt.without_secret`)."""
    found: bytes | None = await conn.fetchval(_ANSWER, complaint)
    return found


async def steps(conn: Any, complaint: UUID) -> list[Placed]:
    """The stored steps of a report, in no order."""
    rows = await conn.fetch(_STEPS, complaint)
    return [
        Placed(
            row["topic"],
            row["sequence"],
            Step(cast("StepType", row["type"]), row["at"], row["state"], json.loads(row["detail"])),
        )
        for row in rows
    ]


async def newest(conn: Any, service: Service, complaint: UUID) -> Report:
    """The report's whole state, as its newest event tells it; the report is there."""
    row = await conn.fetchrow(_NEWEST, str(complaint), REPORTS)
    report: Report = service.models[row["type"]].model_validate_json(row["body"]).report
    return report


async def published(conn: Any, complaint: UUID) -> list[Any]:
    """What was published of a report, in its order: the bodies of its events.

    Who follows it is other people's.
    """
    rows = await conn.fetch(_PUBLISHED, str(complaint), REPORTS, _OF_OTHERS)
    return [json.loads(row["body"]) for row in rows]


def _report(row: Any) -> StoredReport | None:
    if row is None:
        return None
    id_, number, kind, category, *rest = row
    anonymous, confidential, reporter, locale, *others = rest
    return StoredReport(
        id_, number, Kind(kind), category, anonymous, confidential, reporter, Locale(locale),
        *others,
    )  # fmt: skip
