"""A part shares its parent's fate: what happens to a case, told of each case merged into it. Pure.

Each part is told in events of its own, so that timelines, messages and the national copies, which
know one complaint each, need not know of parents. What lies between an agency and one reporter (a
question, an answer, added words) stays with that one; due dates are each case's own.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from mrk_routing.domain.case_file import REPORTER, ROUTING, CaseFile
from mrk_routing.domain.clocks import window_shut
from mrk_routing.domain.merging import like, passed_on, released, repointed
from mrk_routing.domain.outcome import Moved
from mrk_routing.domain.standing import Pause, moved, standing
from mrk_schemas.cases import (
    Case,
    CaseAccepted,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseErased,
    CaseEvent,
    CaseHandedOn,
    CaseProgressed,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
    CaseWithdrawn,
    ClockName,
    Ending,
)

SHARED = (
    CaseSentToTriage,
    CaseAssigned,
    CaseHandedOn,
    CaseAccepted,
    CaseReturned,
    CaseProgressed,
    CaseResolved,
    CaseReopened,
)
"""What is told of every part as of its parent."""

BY_A_PERSON = "dispatcher"
"""Why a case was closed that nobody can act on: so are its parts."""

_ENDS = (CaseWithdrawn, CaseConfirmed, CaseClosed, CaseErased)


def fate(parts: Sequence[CaseFile], event: CaseEvent, now: datetime) -> list[Moved]:
    """What an event of a parent makes of its parts.

    Args:
        parts: the cases that are part of it, open ones alone.
        event: what happened to the parent.
        now: when that is (UTC).
    """
    if isinstance(event, CaseClosed) and event.reason == BY_A_PERSON:
        return [_closed(part, event, now) for part in parts]
    if isinstance(event, _ENDS):
        return succeeded(parts, now)
    if isinstance(event, CaseReopened):
        solved = [part for part in parts if part.case.state is CaseState.RESOLVED]
        return [_shared(part, event, now) for part in solved if _is_open_again(event)]
    if isinstance(event, SHARED):
        return [_shared(part, event, now) for part in parts]
    return []


def succeeded(parts: Sequence[CaseFile], now: datetime) -> list[Moved]:
    """Their parent ended, or lost its words; nobody's report ends by another reporter's word.

    Parts that are solved have each their own confirmation window. Where the work goes on the
    oldest part takes the parent's place, where the work stands, and the others are its parts.
    """
    if not parts:
        return []
    # one that was erased has no words for whoever owns it next
    heir, *others = sorted(parts, key=lambda f: (f.case.erased, f.case.received_at, f.id))
    alone = released(heir, ROUTING, now)
    if heir.case.state is CaseState.RESOLVED:
        return [alone, *(released(each, ROUTING, now) for each in others)]
    return [alone, *(repointed(each, alone.file, ROUTING, now) for each in others)]


def reopened(parent: CaseFile, now: datetime) -> CaseFile | None:
    """The parent at work again, since the reporter of a part disputes the solution.

    Returns:
        None where it is not solved: there is nothing to open.
    """
    if standing(parent.case) is not CaseState.RESOLVED:
        return None
    elsewhere = parent.case.handed_on_at is not None
    case = moved(parent.case, Pause.HANDED_ON if elsewhere else Pause.DISPUTED, now)
    return window_shut(replace(parent, case=case, resolved_at=None))


def followed(part: CaseFile, parent: CaseFile, now: datetime) -> CaseFile:
    """The part as its parent stands, before anything is told of it."""
    after = replace(part, case=like(part.case, parent.case, now), resolved_at=parent.resolved_at)
    return window_shut(after)


def _is_open_again(event: CaseReopened) -> bool:
    return event.case.state is not CaseState.RESOLVED


def _shared(part: CaseFile, event: CaseEvent, now: datetime) -> Moved:
    after = window_shut(replace(part, case=like(part.case, event.case, now)))
    owned = after.case.owner is not None
    match event:
        case CaseAccepted():
            after = replace(after, first_response_at=part.first_response_at or now)
        case CaseResolved():
            after = _window_of(replace(after, resolved_at=now), event.case)
        case _:
            after = replace(after, resolved_at=None)
    after = replace(after, verified_at=(part.verified_at or now) if owned else None)
    told: dict[str, Any] = {"case": after.case}
    if event.by == REPORTER:  # one reporter's words are not another's to read
        told |= {"note": None, "by": ROUTING}
    return passed_on(part.case, after, (event.model_copy(update=told),))


def _window_of(part: CaseFile, parent: Case) -> CaseFile:
    """A solved part with its parent's window, where its own is the same in the same words.

    Else role `clock` states its own, once it stands alone.
    """
    mine, theirs = ((c.kind, c.category, c.locale) for c in (part.case, parent))
    window = [due for due in parent.deadlines if due.clock is ClockName.CONFIRMATION]
    if mine != theirs or not window:
        return part
    case = part.case.model_copy(update={"deadlines": (*part.case.deadlines, *window)})
    return replace(part, case=case)


def _closed(part: CaseFile, event: CaseClosed, now: datetime) -> Moved:
    case = moved(like(part.case, event.case, now), Ending.CLOSED, now)
    return Moved(replace(part, case=case), (event.model_copy(update={"case": case}),))
