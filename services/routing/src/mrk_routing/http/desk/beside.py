"""What stands beside a case: those that may tell of the same thing, and those merged with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk import Person, Role
from mrk_routing.domain.desk_access import ONE, may_see
from mrk_routing.domain.desk_suggest import read_of
from mrk_routing.domain.duplicates import trait_by
from mrk_routing.domain.joining import Join, join
from mrk_routing.http.desk.desk import Desk
from mrk_routing.store import cases, desk_cases, duplicates, families, looking
from mrk_routing.store.duplicates import Suggestion
from mrk_routing.store.families import Family
from mrk_schemas.ids import CategoryCode

KEY: Final = "g"
"""Merges with the likeliest."""


@dataclass(frozen=True, slots=True)
class Alike:
    """A case that may tell of the same thing.

    Attributes:
        parent: the case that it is a part of.
        percent: how alike the two are.
        reasons: why: codes of `domain.duplicates.Alike`.
        join: what a dispatcher's button does; None: nothing is possible, or nobody may.
        version: which the part to be has reached.
        key: which presses the button.
    """

    file: CaseFile
    parent: CaseFile | None
    percent: int
    reasons: tuple[str, ...]
    join: Join | None = None
    version: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it.

    Attributes:
        alike: the likest first; none of a case that is a part: what it is the same as is settled.
        parent: the case that it is a part of.
        parts: the open cases that are parts of it.
    """

    alike: tuple[Alike, ...]
    parent: CaseFile | None
    parts: tuple[CaseFile, ...]


async def beside(
    desk: Desk, person: Person, file: CaseFile, chosen: CategoryCode | None = None
) -> Beside:
    """What this person may see beside a case.

    Args:
        chosen: the category that the dispatcher says; None: none yet.
    """
    found = [] if file.case.part_of else await _found(desk, file, chosen)
    ids = await families.kin(desk.pool, {file.id, *(each.other for each in found)})
    family = Family(await cases.load(desk.pool, ids))
    versions = await desk_cases.versions(desk.pool, ids)
    parent = family.files.get(file.case.part_of or "")
    alike = _alike(file, found, family, versions) if file.case.ending is None else ()
    dispatching = person.is_(Role.DISPATCHER)
    return Beside(
        tuple(
            each if dispatching else Alike(each.file, each.parent, each.percent, each.reasons)
            for each in alike
            if may_see(person, "GET", ONE, each.file.case)
        ),
        parent if parent is not None and may_see(person, "GET", ONE, parent.case) else None,
        tuple(each for each in family.parts(file.id) if may_see(person, "GET", ONE, each.case)),
    )


async def _found(desk: Desk, file: CaseFile, chosen: CategoryCode | None) -> list[Suggestion]:
    """What was found when the case was opened; without a category nothing was looked for then."""
    if file.case.category is not None:
        return await duplicates.suggestions(desk.pool, file.id)
    read = read_of(file, desk.pack)
    trait = trait_by(file, chosen or (read.category if read is not None else None), desk.pack)
    if trait is None:
        return []
    return await looking.alike(desk.pool, trait, desk.pack.duplicates)


def _alike(
    file: CaseFile, found: list[Suggestion], family: Family, versions: Mapping[str, int]
) -> tuple[Alike, ...]:
    """One of each family, the likest; a part stands for its parent, with which one would merge."""
    told: dict[str, Alike] = {}
    used = False
    for each in found:
        other = family.files.get(each.other)
        parent = family.files.get(other.case.part_of or "") if other is not None else None
        head = parent or other
        if other is None or head is None or head.id == file.id or head.id in told:
            continue
        joined = join(file, len(family.parts(file.id)), head, len(family.parts(head.id)))
        told[head.id] = Alike(
            other,
            parent,
            round(each.score * 100),
            each.reasons,
            joined,
            versions.get(joined.part.id, 0) if joined is not None else 0,
            KEY if joined is not None and not used else "",
        )
        used = used or joined is not None
    return tuple(told.values())
