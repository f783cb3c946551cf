"""Pairs of reports that are alike, and that role `clock` has not looked at yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mrk_schemas.ids import ComplaintId

_PENDING = """
select complaint_id, other_id, links from duplicate_suggestion where pending
order by suggested_at limit $1
"""
_SETTLE = """
update duplicate_suggestion s set pending = false
from unnest($1::text[], $2::text[]) as n (complaint_id, other_id)
where s.complaint_id = n.complaint_id and s.other_id = n.other_id and s.pending
returning s.complaint_id, s.other_id, s.links
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """The newer and the older of two that are alike, and whether enough to be linked."""

    newer: ComplaintId
    older: ComplaintId
    links: bool


async def pending(conn: Any, most: int) -> list[Pair]:
    """Pairs that nobody has looked at yet; the oldest pairs first."""
    return [_pair(row) for row in await conn.fetch(_PENDING, most)]


async def settle(conn: Any, pairs: Sequence[Pair]) -> set[Pair]:
    """These are linked, or left for a dispatcher.

    Returns:
        Those that were pending until now; nobody else has settled them.
    """
    ids = [each.newer for each in pairs], [each.older for each in pairs]
    return {_pair(row) for row in await conn.fetch(_SETTLE, *ids)}


def _pair(row: Any) -> Pair:
    return Pair(row["complaint_id"], row["other_id"], row["links"])
