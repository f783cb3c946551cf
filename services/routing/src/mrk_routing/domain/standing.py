"""Where a case stands, and how a state of the contract says it.

The contract's set of states is closed for yesterday's readers, so it says by fields of their own
that a case waits, is disputed, is with another authority, or shares another one's fate.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from mrk_schemas.cases import Case, CaseState, Ending


class Start(StrEnum):
    """Before there is a case."""

    RECEIVED = "received"
    """Its report was received."""


class Pause(StrEnum):
    """Where a case stands that is more than where its work is."""

    WAITING = "waiting"
    """It waits for its reporter's answer."""
    DISPUTED = "disputed"
    """Its reporter disputed the solution, and the owner has not acted since."""
    HANDED_ON = "handed_on"
    """An authority that is not the city's has it, through SP4N-LAPOR!."""
    MERGED = "merged"
    """It shares the fate of another case."""


Standing = Start | CaseState | Pause | Ending
"""How a case ended, else what holds it, else where its work is."""

STANDINGS: tuple[Standing, ...] = (*CaseState, *Pause, *Ending)
"""Of cases that there are."""

OPEN: tuple[Standing, ...] = (*CaseState, *Pause)

_STATES: Mapping[Standing, CaseState] = MappingProxyType(
    {
        **{state: state for state in CaseState},
        Pause.WAITING: CaseState.IN_PROGRESS,
        Pause.DISPUTED: CaseState.IN_PROGRESS,
        Pause.HANDED_ON: CaseState.ASSIGNED,
    }
)


def standing(case: Case) -> Standing:
    """Where a case stands.

    Raises:
        ValueError: it ended in a way that a later version of this service knows.
    """
    if case.ending is not None:
        return Ending(case.ending)
    if case.part_of is not None:
        return Pause.MERGED
    if case.handed_on_at is not None and case.state is CaseState.ASSIGNED:
        return Pause.HANDED_ON
    if case.waiting is not None:
        return Pause.WAITING
    if case.disputed_at is not None and case.state is CaseState.IN_PROGRESS:
        return Pause.DISPUTED
    return case.state


def moved(case: Case, to: Standing, now: datetime) -> Case:
    """The case, standing there since ``now`` (UTC).

    What a standing needs beside it (the wait's end, the owner, the other case) is its caller's.
    An end keeps the state in which the work was left.

    Raises:
        KeyError: nothing moves to a case's start, nor to `Pause.MERGED` by itself.
    """
    changes: dict[str, object] = {"changed_at": now, "disputed_at": None}
    if isinstance(to, Ending):
        return case.model_copy(update={**changes, "ending": to.value})
    changes["state"] = _STATES[to]
    if to is Pause.DISPUTED:
        changes["disputed_at"] = now
    if to is Pause.HANDED_ON:
        changes["handed_on_at"] = now
    return case.model_copy(update=changes)
