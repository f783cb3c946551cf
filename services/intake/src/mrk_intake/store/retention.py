"""Reports that have been kept long enough."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.public import CLOSED
from mrk_intake.domain.retention import Class

_OLD: Final = """
old as (
    select r.id, r.received_at, t.state, greatest(r.received_at, t.last) as last
    from report r
    cross join lateral (
        select max(at) as last,
            (array_agg(state order by sequence desc) filter
                (where state is not null and topic = 'complaint.cases.v1'))[1] as state
        from timeline where complaint = r.id
    ) t
    where r.kind = $1 and r.erased_at is null and r.received_at < $2
)
"""
_COUNT: Final = f"""
with {_OLD}
select count(*) filter (where last < $2 and (state = any($3) or not $4)) as due,
    count(*) filter (where $4 and (state is null or state <> all($3))) as open
from old
"""  # noqa: S608  # our own words
_DUE: Final = f"""
with {_OLD}
select id from old where last < $2 and (state = any($3) or not $4)
order by received_at, id limit $5
"""  # noqa: S608  # our own words


@dataclass(frozen=True, slots=True)
class Counted:
    """Reports of a class that are older than it is kept.

    Attributes:
        due: to be erased.
        open: kept all the same, since their case has not ended.
    """

    due: int
    open: int


async def count(conn: Any, one: Class) -> Counted:
    """How many reports of a class are due, and how many are only old."""
    row = await conn.fetchrow(_COUNT, *_given(one))
    return Counted(row["due"], row["open"])


async def due(conn: Any, one: Class, limit: int) -> list[UUID]:
    """The oldest reports of a class that are to be erased."""
    return [row["id"] for row in await conn.fetch(_DUE, *_given(one), limit)]


def _given(one: Class) -> tuple[object, ...]:
    return one.kind, one.before, sorted(CLOSED), one.needs_end
