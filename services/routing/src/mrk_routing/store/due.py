"""Which cases role `clock` must act on."""

from datetime import datetime
from typing import Any

_LOCK = """
select s.key from case_file c join stream s on s.key = c.complaint_id
where c.due_at <= $1 and c.due_at < 'infinity' order by c.due_at limit $2
for update of s skip locked
"""
_LOCK_UNSET = """
select s.key from case_file c join stream s on s.key = c.complaint_id
where c.due_at is null limit $1
for update of s skip locked
"""
_OLDEST = "select min(due_at) from case_file where due_at < 'infinity'"


async def lock(conn: Any, now: datetime, most: int) -> list[str]:
    """Lock the streams of cases that are due, the longest first.

    Then those whose clocks nobody set: cases of a release that knew none. Those that somebody else
    holds are left out. What they are due for is read after this: it may have changed while this
    looked.
    """
    keys = [row["key"] for row in await conn.fetch(_LOCK, now, most)]
    if len(keys) < most:
        keys += [row["key"] for row in await conn.fetch(_LOCK_UNSET, most - len(keys))]
    return keys


async def late_s(conn: Any, now: datetime) -> float:
    """Seconds for which the case that is due longest waits to be acted on; 0 where none is due."""
    oldest: datetime | None = await conn.fetchval(_OLDEST)
    return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0
