"""Public complaints that are open within a box: by the index of cells, never by a scan."""

from collections.abc import Collection
from math import floor
from typing import Any, Final

from mrk_intake.domain.nearby import CANDIDATES
from mrk_intake.domain.public import OPEN, Box, PublicReport
from mrk_intake.store import public
from mrk_schemas.registry import REPORTS

_CELLS_A_DEGREE: Final = 500
_A_COLUMN: Final = 1_000_000
# what the reporter ended is ended before routing hears of it
_FOUND: Final = f"""
    select r.id, r.tracking_number, r.received_at, r.held
    from report r
    left join lateral (
        select t.state from timeline t
        where t.complaint = r.id and t.state is not null and t.topic = 'complaint.cases.v1'
        order by t.sequence desc limit 1
    ) standing on true
    where floor(r.spot[0] * 500)::bigint * 1000000 + floor(r.spot[1] * 500)::bigint
            = any($6::bigint[])
        and r.spot <@ $2::box
        and {public.IS_PUBLIC} and r.kind = 'complaint' and r.spot is not null
        and (r.category is null or r.category = any($3::text[]))
        and coalesce(standing.state, 'received') = any($4::text[])
        and not exists (
            select from timeline t where t.complaint = r.id and t.topic = $1
                and t.state in ('withdrawn', 'confirmed')
        )
    order by r.received_at desc, r.id desc
    limit $5
"""  # noqa: S608  # our own words
NEARBY: Final = public.TOLD.format(found=_FOUND)
"""What `within` asks; its plan is a test's business."""


def arguments(box: Box, categories: Collection[str]) -> tuple[object, ...]:
    """`NEARBY`'s."""
    corners = ((box.west, box.south), (box.east, box.north))
    return REPORTS, corners, sorted(categories), sorted(OPEN), CANDIDATES, _cells(box)


def _cells(box: Box) -> list[int]:
    """The cells of the index `report_cell` that a box touches."""
    west, east, south, north = (
        floor(edge * _CELLS_A_DEGREE) for edge in (box.west, box.east, box.south, box.north)
    )
    return [x * _A_COLUMN + y for x in range(west, east + 1) for y in range(south, north + 1)]


async def within(conn: Any, box: Box, categories: Collection[str]) -> list[PublicReport]:
    """The newest of these categories, or without any, newest first."""
    return await public.reports_of(await conn.fetch(NEARBY, *arguments(box, categories)))
