"""Reading public reports: neither confidential nor whistle-blowing nor erased nor restricted.

Lists come newest first by the index `report_public`; a step is looked up for the rows of the page
alone. Only the filter by state looks each candidate's newest step up (`timeline_state`) until the
page is full. A state is what routing says: what a reporter did reaches it within seconds.
`tests/integration/intake/test_public_speed.py` makes 50,000 reports, reads the plans and prints the
times; docs/architecture/README.md has those of one run.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from mrk_intake.domain.held import without_words
from mrk_intake.domain.public import RECEIVED, Change, PublicReport, Wanted
from mrk_intake.domain.steps import StepType
from mrk_intake.domain.timeline import Placed, Step
from mrk_schemas.base import Contract
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Report

T = TypeVar("T")

_MANY: Final = 100

IS_PUBLIC: Final = (
    "not r.confidential and r.kind <> 'whistleblowing' and r.erased_at is null"
    " and r.restricted_at is null"
)
"""Which rows of `report`, as `r`, the public may read anything of."""
_IN_RANGE: Final = f"""
    select r.id, r.tracking_number, r.received_at, r.held
    from report r
    left join lateral (
        select t.state from timeline t
        where t.complaint = r.id and t.state is not null and t.topic = 'complaint.cases.v1'
        order by t.sequence desc limit 1
    ) standing on $6::text[] is not null
    where {IS_PUBLIC}
        and r.received_at >= $2 and r.received_at < $3
        and ($4::text[] is null or r.category = any($4))
        and ($5::text[] is null or r.district = any($5))
        and ($6::text[] is null or coalesce(standing.state, 'received') = any($6))
        and ($7::box is null or r.spot <@ $7)
    order by r.received_at desc, r.id desc
    limit $8 offset $9
"""  # noqa: S608  # our own words
_OF_NUMBERS: Final = f"""
    select r.id, r.tracking_number, r.received_at, r.held
    from report r
    where {IS_PUBLIC}
        and r.tracking_number = any($2)
"""  # noqa: S608  # our own words
TOLD: Final = """
with found as materialized ({found})
select found.id, found.tracking_number, found.received_at, found.held, event.body,
    changed.at as changed_at,
    latest.topic, latest.sequence, latest.type, latest.at, latest.state, latest.detail,
    assigned.topic, assigned.sequence, assigned.type, assigned.at, assigned.state, assigned.detail
from found
cross join lateral (
    select e.body from report_event e
    where e.key = found.id::text and e.topic = $1 order by e.version desc limit 1
) event
left join lateral (
    select max(t.at) as at from timeline t where t.complaint = found.id
) changed on true
left join lateral (
    select t.topic, t.sequence, t.type, t.at, t.state, t.detail from timeline t
    where t.complaint = found.id and t.state is not null and t.topic = 'complaint.cases.v1'
    order by t.sequence desc limit 1
) latest on true
left join lateral (
    select t.topic, t.sequence, t.type, t.at, t.state, t.detail from timeline t
    where t.complaint = found.id and t.type = 'assigned' order by t.sequence desc limit 1
) assigned on true
order by found.received_at desc, found.id desc
"""
"""Public reports with all that is told of them; `found` says which."""
PAGE: Final = TOLD.format(found=_IN_RANGE)
"""What `page` asks; its plan is a test's business."""
_BY_NUMBERS: Final = TOLD.format(found=_OF_NUMBERS)
_STEPS: Final = """
select complaint, topic, sequence, type, at, state, detail from timeline
where complaint = any($1::uuid[])
"""
_CHANGES: Final = f"""
select r.tracking_number, t.topic, t.sequence, t.type, t.at, t.state, t.detail
from timeline t join report r on r.id = t.complaint
where {IS_PUBLIC}
    and t.state is not null and t.at >= $1 and t.at < $2
order by t.at, t.complaint, t.sequence
limit $3 offset $4
"""  # noqa: S608  # our own words
_CHANGES_OF: Final = f"""
select r.tracking_number, t.topic, t.sequence, t.type, t.at, t.state, t.detail
from report r join timeline t on t.complaint = r.id
where {IS_PUBLIC}
    and r.tracking_number = any($5) and t.state is not null and t.at >= $1 and t.at < $2
order by t.at, t.complaint, t.sequence
limit $3 offset $4
"""  # noqa: S608  # our own words


class _Body(Contract):
    """What every event about a report carries."""

    report: Report


async def page(conn: Any, wanted: Wanted) -> list[PublicReport]:
    """Public reports, newest first."""
    box = wanted.box
    rows = await conn.fetch(
        PAGE,
        REPORTS,
        wanted.since,
        wanted.until,
        wanted.categories,
        wanted.districts,
        None if wanted.states is None else list(wanted.states),
        None if box is None else ((box.west, box.south), (box.east, box.north)),
        wanted.most,
        wanted.skip,
    )
    return await reports_of(rows)


async def by_numbers(conn: Any, numbers: Sequence[TrackingNumber]) -> list[PublicReport]:
    """The public ones among the reports of these numbers, newest first."""
    return await reports_of(await conn.fetch(_BY_NUMBERS, REPORTS, numbers))


async def steps(conn: Any, complaints: Sequence[UUID]) -> dict[UUID, list[Placed]]:
    """All steps of these reports, in no order; of public ones alone, as `page` finds them."""
    rows = await conn.fetch(_STEPS, complaints)

    def read() -> dict[UUID, list[Placed]]:
        found: dict[UUID, list[Placed]] = {complaint: [] for complaint in complaints}
        for complaint, *placed in rows:
            found[complaint].append(_placed(*placed))
        return found

    return await _beside(read, len(rows))


async def changes(  # noqa: PLR0913  # a range and a page
    conn: Any,
    since: datetime,
    until: datetime,
    *,
    numbers: Sequence[TrackingNumber] | None = None,
    most: int,
    skip: int = 0,
) -> list[Change]:
    """Steps that changed where public reports stand, oldest first.

    Args:
        since: happened then or later (UTC).
        until: happened before then.
        numbers: of these reports alone.
        most: how many to tell.
        skip: how many of the oldest to leave out.
    """
    if numbers is None:
        rows = await conn.fetch(_CHANGES, since, until, most, skip)
    else:
        rows = await conn.fetch(_CHANGES_OF, since, until, most, skip, numbers)
    return await _beside(
        lambda: [Change(number, _placed(*placed)) for number, *placed in rows], len(rows)
    )


async def reports_of(rows: Sequence[Any]) -> list[PublicReport]:
    """The reports that a statement made of `TOLD` found."""
    return await _beside(lambda: [_report(row) for row in rows], len(rows))


async def _beside(read: Callable[[], T], rows: int) -> T:
    """Many rows are read beside the loop, which accepts reports meanwhile."""
    return await asyncio.to_thread(read) if rows > _MANY else read()


def _report(row: Any) -> PublicReport:
    id_, number, received_at, held, body, changed_at, *told = row
    latest, assigned = told[:6], told[6:]
    report = _Body.model_validate_json(body).report
    newest = None if latest[0] is None else _placed(*latest)
    state = newest.step.state if newest is not None else None
    return PublicReport(
        id=id_,
        number=number,
        report=report if held is None else without_words(report),
        held=held is not None,
        state=state or RECEIVED,
        received_at=received_at,
        updated_at=max(received_at, changed_at or received_at),
        latest=newest,
        assigned=None if assigned[0] is None else _placed(*assigned),
    )


def _placed(  # noqa: PLR0913, PLR0917  # a row's columns
    topic: str, sequence: int, type_: str, at: datetime, state: str | None, detail: str
) -> Placed:
    step = Step(cast("StepType", type_), at, state, json.loads(detail))
    return Placed(topic, sequence, step)
