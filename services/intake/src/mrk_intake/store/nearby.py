"""Public complaints that are open within a box: by the index of points, never by a scan."""

from collections.abc import Collection
from typing import Any, Final

from mrk_intake.domain.nearby import CANDIDATES
from mrk_intake.domain.public import OPEN, Box, PublicReport
from mrk_intake.store import public
from mrk_schemas.registry import REPORTS

# what the reporter ended is ended before routing hears of it
_FOUND: Final = """
    select r.id, r.tracking_number, r.received_at
    from report r
    left join lateral (
        select t.state from timeline t
        where t.complaint = r.id and t.state is not null and t.topic = 'complaint.cases.v1'
        order by t.sequence desc limit 1
    ) standing on true
    where r.spot <@ $2::box
        and not r.confidential and r.kind = 'complaint' and r.erased_at is null
        and r.spot is not null
        and (r.category is null or r.category = any($3::text[]))
        and coalesce(standing.state, 'received') = any($4::text[])
        and not exists (
            select from timeline t where t.complaint = r.id and t.topic = $1
                and t.state in ('withdrawn', 'confirmed')
        )
    order by r.received_at desc, r.id desc
    limit $5
"""
NEARBY: Final = public.TOLD.format(found=_FOUND)
"""What `within` asks; its plan is a test's business."""


def arguments(box: Box, categories: Collection[str]) -> tuple[object, ...]:
    """`NEARBY`'s."""
    corners = ((box.west, box.south), (box.east, box.north))
    return REPORTS, corners, sorted(categories), sorted(OPEN), CANDIDATES


async def within(conn: Any, box: Box, categories: Collection[str]) -> list[PublicReport]:
    """The newest of these categories, or without any, newest first."""
    return await public.reports_of(await conn.fetch(NEARBY, *arguments(box, categories)))
