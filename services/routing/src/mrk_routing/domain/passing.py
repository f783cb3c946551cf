"""What the passing of time does to a case: a wait ends, somebody is told, or the case is closed."""

from dataclasses import dataclass, replace
from datetime import datetime

from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.clocks import by_time, lacks_window, running, window_opens
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.escalation import Level, Reached, reached
from mrk_routing.domain.machine import Action
from mrk_routing.domain.standing import Standing, moved
from mrk_routing.domain.waiting import goes_on, ran_out
from mrk_schemas.cases import (
    CaseClosed,
    CaseEscalated,
    CaseEvent,
    CaseReminded,
    CaseResumed,
    ClockName,
    Escalation,
    Names,
)

CONFIRMATION_WINDOW = "confirmation-window"
"""Why a case was closed: nobody disputed its solution in time."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that time did to a case.

    Attributes:
        event: what is told of it.
        what: a fixed word for it: ``answer``, ``closing``, ``reminder`` or ``escalation``.
    """

    event: CaseEvent
    what: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A due time took effect.

    Attributes:
        file: the case after it; nothing is due for it at that time any more.
        told: what happened, in order; none where a date alone was stated.
    """

    file: CaseFile
    told: tuple[Told, ...]


def passed(file: CaseFile, now: datetime, dues: DueDates) -> Passed | None:
    """What is due for a case at ``now`` (UTC); None where nothing is.

    The table says what time may do where a case stands, and where that leads. After an outage it is
    what would matter now: of each clock the highest step reached, once.
    It makes no command stale: clocks change neither owner nor the work's state.
    """
    told: list[Told] = []
    after = file
    if lacks_window(after):
        after = window_opens(after, dues)
    if ran_out(after, now) and (row := by_time(after, Action.GO_ON)):
        after = _stands(goes_on(after, now, dues), row.target, now)
        told.append(Told(CaseResumed(case=after.case, by=ROUTING), "answer"))
    if _window_ended(after, now) and (row := by_time(after, Action.CLOSE)):
        after = _stands(after, row.target, now)
        closed = CaseClosed(case=after.case, by=ROUTING, reason=CONFIRMATION_WINDOW)
        told.append(Told(closed, "closing"))
    for each in reached(after, now, dues):
        after = replace(after, told={**after.told, each.clock: each.step.code})
        if isinstance(each.step, Level):
            after = _escalated(after, _escalation(each.clock, each.step, now))
            event = CaseEscalated(case=after.case, by=ROUTING, skipped=each.skipped)
            told.append(Told(event, "escalation"))
        else:
            told.append(Told(_reminded(after, each, each.step.share), "reminder"))
    return None if after is file else Passed(after, tuple(told))


def _window_ended(file: CaseFile, now: datetime) -> bool:
    return any(due.clock is ClockName.CONFIRMATION and due.due_at <= now for due in running(file))


def _reminded(file: CaseFile, each: Reached, share: int) -> CaseEvent:
    return CaseReminded(case=file.case, by=ROUTING, clock=each.clock, share=share)


def _escalation(clock: ClockName, level: Level, now: datetime) -> Escalation:
    names = Names.model_validate(dict(level.step.names))
    return Escalation(level=level.code, names=names, clock=clock, at=now)


def _escalated(file: CaseFile, escalation: Escalation) -> CaseFile:
    changes = {"changed_at": escalation.at, "escalation": escalation}
    return replace(file, case=file.case.model_copy(update=changes))


def _stands(file: CaseFile, where: Standing, now: datetime) -> CaseFile:
    return replace(file, case=moved(file.case, where, now))
