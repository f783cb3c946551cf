"""Which reports are like one that was never compared, since nobody knew what kind it is of."""

from typing import Any, Final

from mrk_city import DuplicatesData
from mrk_routing.domain.duplicates import Trait, likeness
from mrk_routing.store.duplicates import Suggestion, candidates, still_open

_MOST: Final = 3


async def alike(conn: Any, trait: Trait, scale: DuplicatesData) -> list[Suggestion]:
    """Open cases that may tell of the same thing, the likest first. Nothing is kept of it.

    Args:
        trait: what the report would be compared by, were it of a category.
        scale: the city's.
    """
    earlier = (await candidates(conn, [trait], scale)).get(0, [])
    pairs = [(other, likeness(trait, other, scale)) for other in earlier]
    found = [(other, how) for other, how in pairs if how is not None and how.score >= scale.suggest]
    there = await still_open(conn, {other.complaint_id for other, _ in found})
    told = [
        Suggestion(other.complaint_id, how.score, how.reasons, other.received_at)
        for other, how in found
        if other.complaint_id in there - {trait.complaint_id}
    ]
    return sorted(told, key=lambda each: (-each.score, each.other))[:_MOST]
