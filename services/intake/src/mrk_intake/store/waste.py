"""Objects that nobody needs: those that rows gave up, and those that no row ever named."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

_SOME: Final = "select object from attachment_waste order by since limit $1"
_GONE: Final = "delete from attachment_waste where object = any($1::text[])"
_COUNT: Final = "select count(*) from attachment_waste"
_UNKNOWN: Final = """
select g.listed from unnest($1::text[]) as g (listed)
where not exists (select 1 from attachment a where a.object = g.listed)
    and not exists (select 1 from attachment a where a.thumbnail = g.listed)
    and not exists (select 1 from attachment_piece p where p.object = g.listed)
    and not exists (select 1 from attachment_waste w where w.object = g.listed)
"""
_OWNER: Final = "select owner from attachment_store"


async def owner(conn: Any) -> UUID:
    """Names this installation in the store that is its own."""
    found: UUID = await conn.fetchval(_OWNER)
    return found


async def some(conn: Any, limit: int) -> list[str]:
    """Names of objects to remove, the oldest first."""
    return [row["object"] for row in await conn.fetch(_SOME, limit)]


async def gone(conn: Any, names: Sequence[str]) -> None:
    """These objects are removed."""
    await conn.execute(_GONE, list(names))


async def count(conn: Any) -> int:
    """How many objects wait for their removal."""
    found: int = await conn.fetchval(_COUNT)
    return found


async def unknown(conn: Any, names: Sequence[str]) -> list[str]:
    """Those of these objects that no row names."""
    return [row["listed"] for row in await conn.fetch(_UNKNOWN, list(names))]
