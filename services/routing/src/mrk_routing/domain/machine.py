"""What happens to a case: one table of standing x action x role, and everything is read from it.

The checks of commands, the desk's buttons, the picture in docs/ and the tests that walk it come
from `TRANSITIONS`. What is not in it is refused, by the rule that `refusal` names; a reporter is
never refused (`domain.reporter` sets aside what no longer fits).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mrk_routing.domain import refusals
from mrk_routing.domain.refusals import Rule
from mrk_routing.domain.standing import OPEN, STANDINGS, Pause, Standing, Start
from mrk_schemas.cases import (
    CaseAccepted,
    CaseAnswered,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseEscalated,
    CaseEvent,
    CaseHandedOn,
    CaseInformationAdded,
    CaseMerged,
    CaseProgressed,
    CaseRated,
    CaseReminded,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
    CaseUnmerged,
    CaseWithdrawn,
    Ending,
)


class Role(StrEnum):
    """Who acts."""

    RULES = "rules"
    """The city's rules, which open a case."""
    DISPATCHER = "dispatcher"
    AGENCY = "agency"
    """The agency that owns the case."""
    REPORTER = "reporter"
    CLOCK = "clock"
    NATIONAL = "national"
    """Somebody at SP4N-LAPOR!."""


class Action(StrEnum):
    """What is done."""

    OPEN = "open"
    TRIAGE = "triage"
    ASSIGN = "assign"
    HAND_ON = "hand_on"
    MERGE = "merge"
    UNMERGE = "unmerge"
    CLOSE = "close"
    ACCEPT = "accept"
    RETURN = "return"
    PROGRESS = "progress"
    ASK = "ask"
    RESOLVE = "resolve"
    INFORM = "inform"
    ANSWER = "answer"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    RATE = "rate"
    GO_ON = "go_on"
    REMIND = "remind"
    ESCALATE = "escalate"


class Guard(StrEnum):
    """What must hold beside the standing; `domain.guards` judges it."""

    FRESH = "fresh"
    """Nobody else turned the case since the version quoted."""
    PROOF = "proof"
    """Proofs are hashes."""
    READABLE = "readable"
    """The report was not erased."""
    CITY = "city"
    """The agency named is the city's."""
    EXTERNAL = "external"
    """The authority named is not the city's."""
    ANOTHER = "another"
    """The agency named is not the owner."""
    WORDS = "words"
    """A reason is given."""
    ALIKE = "alike"
    """The other case may have this one as its part."""
    OURS = "ours"
    """An agency of the city had it, not another authority."""
    ELSEWHERE = "elsewhere"
    """Another authority had it."""
    UNKNOWN = "unknown"
    """The city pack does not know the institution named."""
    OWNER = "owner"
    """The institution named is the owner, or a case that is elsewhere is told of by a name that
    the city pack does not know."""


class Back(StrEnum):
    """Targets that depend on the case."""

    SAME = "same"
    """It stays where it stands."""
    BEFORE = "before"
    """Where it stood before it was merged."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: who may do what where, what must hold, where it leads, what is told."""

    at: Standing
    action: Action
    role: Role
    to: Standing | Back
    event: type[CaseEvent]
    guards: tuple[Guard, ...] = ()

    @property
    def target(self) -> Standing:
        """Where it leads: where the case stands already, if no other is named.

        `Back.BEFORE` the case itself knows: this is where it stands until somebody asked it.
        """
        return self.at if isinstance(self.to, Back) else self.to


_OWNED = (
    CaseState.ASSIGNED,
    CaseState.ACCEPTED,
    CaseState.IN_PROGRESS,
    Pause.WAITING,
    Pause.DISPUTED,
)
_AT_WORK = (CaseState.ACCEPTED, CaseState.IN_PROGRESS, Pause.WAITING, Pause.DISPUTED)
_UNOWNED = (CaseState.TRIAGE, CaseState.RETURNED)


def _rows() -> Iterator[Transition]:
    yield from _by_rules()
    yield from _by_dispatcher()
    yield from _by_agency()
    yield from _by_reporter()
    yield from _by_clock()
    yield from _by_national()


def _row(  # a row's columns
    at: Iterable[Standing],
    action: Action,
    role: Role,
    to: Standing | Back,
    event: type[CaseEvent],
    *guards: Guard,
) -> Iterator[Transition]:
    for where in at:
        yield Transition(where, action, role, to, event, guards)


def _by_rules() -> Iterator[Transition]:
    by, start = Role.RULES, (Start.RECEIVED,)
    yield from _row(start, Action.OPEN, by, CaseState.ASSIGNED, CaseAssigned, Guard.CITY)
    yield from _row(start, Action.OPEN, by, Pause.HANDED_ON, CaseHandedOn, Guard.EXTERNAL)
    yield from _row(start, Action.OPEN, by, CaseState.TRIAGE, CaseSentToTriage)
    # what tells of the same thing as an open case, beyond the city's threshold
    new = (CaseState.ASSIGNED, CaseState.TRIAGE, Pause.HANDED_ON)
    alike = (Guard.READABLE, Guard.ALIKE)
    yield from _row(new, Action.MERGE, by, Pause.MERGED, CaseMerged, *alike)
    # a returned case is a dispatcher's at once
    returned = (CaseState.RETURNED,)
    yield from _row(returned, Action.TRIAGE, by, CaseState.TRIAGE, CaseSentToTriage)


def _by_dispatcher() -> Iterator[Transition]:
    by = Role.DISPATCHER
    free = (*_UNOWNED, *_OWNED, Pause.HANDED_ON)
    yield from _row(
        free, Action.ASSIGN, by, CaseState.ASSIGNED, CaseAssigned, Guard.CITY, Guard.ANOTHER
    )
    yield from _row(
        free, Action.HAND_ON, by, Pause.HANDED_ON, CaseHandedOn, Guard.EXTERNAL, Guard.ANOTHER
    )
    yield from _row(free, Action.MERGE, by, Pause.MERGED, CaseMerged, Guard.READABLE, Guard.ALIKE)
    yield from _row((Pause.MERGED,), Action.UNMERGE, by, Back.BEFORE, CaseUnmerged)
    # what an agency has is ended by its solution; what nobody can act on, with a reason
    yield from _row(_UNOWNED, Action.CLOSE, by, Ending.CLOSED, CaseClosed, Guard.WORDS)


def _by_agency() -> Iterator[Transition]:
    by, fresh = Role.AGENCY, Guard.FRESH
    new = (CaseState.ASSIGNED,)
    yield from _row(new, Action.ACCEPT, by, CaseState.ACCEPTED, CaseAccepted, fresh)
    yield from _row(_OWNED, Action.RETURN, by, CaseState.RETURNED, CaseReturned, fresh)
    # an owner that reports progress, resolves or returns goes on without the answer
    yield from _row(_AT_WORK, Action.PROGRESS, by, CaseState.IN_PROGRESS, CaseProgressed, fresh)
    yield from _row(
        _AT_WORK, Action.RESOLVE, by, CaseState.RESOLVED, CaseResolved, fresh, Guard.PROOF
    )
    asking = tuple(where for where in _AT_WORK if where is not Pause.WAITING)
    yield from _row(asking, Action.ASK, by, Pause.WAITING, CaseAsked, fresh, Guard.READABLE)


def _by_reporter() -> Iterator[Transition]:
    by = Role.REPORTER
    yield from _row(OPEN, Action.INFORM, by, Back.SAME, CaseInformationAdded)
    others = tuple(where for where in OPEN if where is not Pause.WAITING)
    # an answer that nobody waits for is information
    yield from _row(others, Action.ANSWER, by, Back.SAME, CaseInformationAdded)
    waiting = (Pause.WAITING,)
    yield from _row(waiting, Action.ANSWER, by, CaseState.IN_PROGRESS, CaseAnswered)
    yield from _row(OPEN, Action.WITHDRAW, by, Ending.WITHDRAWN, CaseWithdrawn)
    yield from _row(OPEN, Action.CONFIRM, by, Ending.CONFIRMED, CaseConfirmed)
    solved = (CaseState.RESOLVED,)
    yield from _row(solved, Action.DISPUTE, by, Pause.DISPUTED, CaseReopened, Guard.OURS)
    yield from _row(solved, Action.DISPUTE, by, Pause.HANDED_ON, CaseReopened, Guard.ELSEWHERE)
    unsolved = tuple(where for where in OPEN if where is not CaseState.RESOLVED)
    # counted: a solution that was sent before it is stale now
    yield from _row(unsolved, Action.DISPUTE, by, Back.SAME, CaseReopened)
    yield from _row(STANDINGS, Action.RATE, by, Back.SAME, CaseRated)


def _by_clock() -> Iterator[Transition]:
    by = Role.CLOCK
    yield from _row((Pause.WAITING,), Action.GO_ON, by, CaseState.IN_PROGRESS, CaseResumed)
    yield from _row((CaseState.RESOLVED,), Action.CLOSE, by, Ending.CLOSED, CaseClosed)
    running = (*_UNOWNED, *_OWNED)
    yield from _row(running, Action.REMIND, by, Back.SAME, CaseReminded)
    yield from _row(running, Action.ESCALATE, by, Back.SAME, CaseEscalated)


def _by_national() -> Iterator[Transition]:
    by = Role.NATIONAL
    free = (*_UNOWNED, *_OWNED, Pause.HANDED_ON)
    yield from _row(
        free, Action.ASSIGN, by, CaseState.ASSIGNED, CaseAssigned, Guard.CITY, Guard.ANOTHER
    )
    yield from _row(
        free, Action.HAND_ON, by, Pause.HANDED_ON, CaseHandedOn, Guard.EXTERNAL, Guard.ANOTHER
    )
    # an institution that the city pack does not know: a person looks
    yield from _row(free, Action.TRIAGE, by, CaseState.TRIAGE, CaseSentToTriage, Guard.UNKNOWN)
    there, mine = (*_OWNED, Pause.HANDED_ON), Guard.OWNER
    yield from _row(there, Action.RESOLVE, by, CaseState.RESOLVED, CaseResolved, mine)
    yield from _row(_OWNED, Action.PROGRESS, by, CaseState.IN_PROGRESS, CaseProgressed, mine)
    yield from _row((Pause.HANDED_ON,), Action.PROGRESS, by, Back.SAME, CaseProgressed, mine)


TRANSITIONS: tuple[Transition, ...] = tuple(_rows())

Key = tuple[Standing, Action, Role]


def _index() -> Mapping[Key, tuple[Transition, ...]]:
    found: dict[Key, tuple[Transition, ...]] = {}
    for row in TRANSITIONS:
        key = (row.at, row.action, row.role)
        found[key] = (*found.get(key, ()), row)
    return MappingProxyType(found)


_INDEX = _index()


def transitions(at: Standing, action: Action, role: Role) -> tuple[Transition, ...]:
    """The rows for this; their guards exclude each other, or the last one has none."""
    return _INDEX.get((at, action, role), ())


def allowed(at: Standing, role: Role) -> tuple[Action, ...]:
    """What somebody may do where a case stands, in the order of `Action`; guards not judged."""
    return tuple(action for action in Action if (at, action, role) in _INDEX)


_OWN: Mapping[tuple[Standing, Action], Rule] = MappingProxyType(
    {
        (CaseState.RESOLVED, Action.ACCEPT): refusals.ALREADY_RESOLVED,
        (Pause.WAITING, Action.ASK): refusals.ALREADY_ASKED,
        **{(where, Action.CLOSE): refusals.ASSIGNED_ALREADY for where in _OWNED},
        **{
            (where, Action.UNMERGE): refusals.NOT_MERGED
            for where in OPEN
            if where is not Pause.MERGED
        },
    }
)


def refusal(at: Standing, action: Action) -> Rule:
    """Why an action that is no transition there is refused.

    Raises:
        KeyError: the case has not begun.
    """
    return _OWN.get((at, action)) or refusals.HERE[at]
