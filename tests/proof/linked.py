"""Invariant 2 for cases that tell of one thing: linked, and told of as their parent is."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.proof.records import Seen

from mrk_schemas import cases

_BEFORE: Final = frozenset(
    {cases.CaseAssigned.TYPE, cases.CaseSentToTriage.TYPE, cases.CaseHandedOn.TYPE}
)
"""A report is linked while it is new."""
_PRIVATE: Final = frozenset(
    {cases.CaseAsked.TYPE, cases.CaseAnswered.TYPE, cases.CaseInformationAdded.TYPE}
)
"""Between an agency and one reporter."""
_SHARED: Final = ("state", "owner", "handed_on_at", "copies")


def head(steps: list[Seen]) -> str | None:
    """Of which case this one is a part, by the newest that is told of it; None: of none."""
    found: str | None = _case(steps[-1]).get("part_of") if steps else None
    return found


def wrong(number: str, steps: list[Seen], parent: list[Seen]) -> list[str]:
    """What does not hold of a part.

    Args:
        number: its tracking number.
        steps: what is told of it.
        parent: what is told of the case that it is part of.
    """
    kinds = [step.type for step in steps]
    joined = kinds.index(cases.CaseMerged.TYPE)
    before, after = kinds[:joined], kinds[joined + 1 :]
    shared = [step.type for step in parent if step.type not in _PRIVATE]
    found = []
    if len(before) != 1 or before[0] not in _BEFORE:
        found.append(f"{number}: linked after {before}")
    # where in its parent's way it was linked, nobody can say; from there on each step is told
    if after != shared[len(shared) - len(after) :] or len(after) >= len(shared):
        found.append(f"{number}: told {after}, its parent {shared}")
    mine, theirs = _case(steps[-1]), _case(parent[-1])
    found += [
        f"{number}: {name} is {mine.get(name)}, its parent's {theirs.get(name)}"
        for name in _SHARED
        if mine.get(name) != theirs.get(name)
    ]
    opened, own = _case(steps[0])["deadlines"], mine["deadlines"]
    if own[: len(opened)] != opened:
        found.append(f"{number}: its due dates went from {opened} to {own}")
    return found


def apart(found: Mapping[str, list[Seen]], one: str, other: str) -> list[str]:
    """Whether two cases that tell of one thing are not linked: neither is part of the other.

    Args:
        found: what is told of each case, by complaint.
        one: a complaint.
        other: another one.
    """
    if head(found.get(one, [])) == other or head(found.get(other, [])) == one:
        return []
    return [f"{one} and {other} tell of the same thing, and are not linked"]


def _case(step: Seen) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(step.value)["case"]
    return found
