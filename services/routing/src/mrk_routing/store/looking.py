"""Reports that nothing was compared with when they came, since nobody knew their kind."""

from typing import Any, Final

from mrk_city import CityPack, DuplicatesData
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.duplicates import Trait, likeness, trait_by
from mrk_routing.store.duplicates import (
    COLUMNS,
    Suggestion,
    candidates,
    forget,
    record,
    still_open,
)

_MOST: Final = 3
_RELABEL: Final = f"""
insert into case_trait ({", ".join(COLUMNS)})
values ({", ".join(f"${n}" for n in range(1, len(COLUMNS) + 1))})
on conflict (complaint_id)
do update set category_group = excluded.category_group, category = excluded.category
"""  # noqa: S608  # names of columns


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


async def relabel(conn: Any, file: CaseFile, pack: CityPack) -> None:
    """A person said what kind a report is of: what comes later is compared with it as such.

    Where its kind is about a person nothing is.
    """
    trait = trait_by(file, file.case.category, pack)
    if trait is None:
        await forget(conn, file.id)
    else:
        await conn.execute(_RELABEL, *record(trait))
