"""What a reporter's fact does to a case: a table, total over standings and facts.

Intake lets a reporter do only what the timeline allows, but it sees the case a moment late, and
facts of two topics have no common order (after a restored backup least of all). So every fact is
taken wherever it can be, and none is an error:

- information is handed to whoever owns the case; without an owner it waits with the report's words;
- an answer to the question that a case waits for puts its owner back to work; any other answer is
  late, and is information;
- a withdrawal ends any open case: nobody can be made to report;
- a confirmation ends any open case: that it is solved is the reporter's to say;
- a dispute of a resolved case puts its owner back to work. A case that is at work stays where it
  is, and the dispute is counted: a resolution that was sent before it is stale now;
- a rating is recorded wherever the case stands.

A case that has ended is ended. What comes after that is on record, with the reason, and changes
nothing. No fact moves a due date, but where it ends a wait the date is later by the days waited.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from mrk_routing.domain.case_file import REPORTER, CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.machine import Pause, Standing, standing
from mrk_routing.domain.waiting import goes_on
from mrk_routing.domain.words import joined
from mrk_schemas.cases import (
    CaseActionSetAside,
    CaseAnswered,
    CaseConfirmed,
    CaseEvent,
    CaseInformationAdded,
    CaseRated,
    CaseReopened,
    CaseState,
    CaseWithdrawn,
    Ending,
)
from mrk_schemas.reports import (
    InformationAdded,
    QuestionAnswered,
    ReporterActed,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
    SolutionRated,
)

ActType = type[ReporterActed]

ACTS: tuple[ActType, ...] = (
    InformationAdded,
    QuestionAnswered,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
    SolutionRated,
)


class Effect(StrEnum):
    """What a fact does."""

    FORWARD = "forward"
    ANSWER = "answer"
    END = "end"
    REOPEN = "reopen"
    RECORD = "record"
    SET_ASIDE = "set-aside"


_OPEN: Mapping[ActType, Effect] = MappingProxyType(
    {
        InformationAdded: Effect.FORWARD,
        QuestionAnswered: Effect.FORWARD,
        ReportWithdrawn: Effect.END,
        SolutionConfirmed: Effect.END,
        SolutionDisputed: Effect.REOPEN,
        SolutionRated: Effect.RECORD,
    }
)
_WAITING: Mapping[ActType, Effect] = MappingProxyType({**_OPEN, QuestionAnswered: Effect.ANSWER})
_ENDED: Mapping[ActType, Effect] = MappingProxyType(
    {
        InformationAdded: Effect.SET_ASIDE,
        QuestionAnswered: Effect.SET_ASIDE,
        ReportWithdrawn: Effect.SET_ASIDE,
        SolutionConfirmed: Effect.SET_ASIDE,
        SolutionDisputed: Effect.SET_ASIDE,
        SolutionRated: Effect.RECORD,
    }
)
EFFECTS: Mapping[Standing, Mapping[ActType, Effect]] = MappingProxyType(
    {
        CaseState.TRIAGE: _OPEN,
        CaseState.RETURNED: _OPEN,
        CaseState.ASSIGNED: _OPEN,
        CaseState.ACCEPTED: _OPEN,
        CaseState.IN_PROGRESS: _OPEN,
        CaseState.RESOLVED: _OPEN,
        Pause.WAITING: _WAITING,
        Ending.CONFIRMED: _ENDED,
        Ending.WITHDRAWN: _ENDED,
        Ending.CLOSED: _ENDED,
    }
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a fact.

    Attributes:
        file: the case after it.
        event: what is told of it; always one.
        to_owner: whether the owning agency hears of it.
        turned: whether it changed where the case stands, so that commands sent before are stale.
    """

    file: CaseFile
    event: CaseEvent
    to_owner: bool
    turned: bool


def hear(file: CaseFile, act: ReporterActed, version: int, now: datetime, dues: DueDates) -> Heard:
    """What becomes of a reporter's fact.

    Args:
        file: the case, after all earlier facts; not an erased one.
        act: the fact.
        version: its ``ce_sequence``.
        now: when this is decided (UTC).
        dues: the city's: when a case is due after a wait.
    """
    known = max(version, file.case.report_version or 0)
    case = file.case.model_copy(update={"changed_at": now, "report_version": known})
    file = replace(file, case=case)
    effect = EFFECTS[standing(case)][type(act)]
    if effect is Effect.ANSWER and getattr(act, "question", None) != case.questions:
        effect = Effect.FORWARD  # to an earlier question
    match effect:
        case Effect.FORWARD:
            file = replace(file, words=joined(file.words, act.note))
            late = isinstance(act, QuestionAnswered)
            event: CaseEvent = CaseInformationAdded(
                case=case, by=REPORTER, note=act.note, answer=late
            )
            return Heard(file, event, to_owner=True, turned=False)
        case Effect.ANSWER:
            file = goes_on(replace(file, words=joined(file.words, act.note)), now, dues)
            event = CaseAnswered(case=file.case, by=REPORTER, note=act.note)
            return Heard(file, event, to_owner=True, turned=True)
        case Effect.END:
            return _ended(goes_on(file, now, dues), act, now)
        case Effect.REOPEN:
            return _reopened(file, act)
        case Effect.RECORD:
            return _rated(file, act)
        case Effect.SET_ASIDE:
            event = CaseActionSetAside(
                case=case,
                by=REPORTER,
                note=act.note,
                action=act.TYPE,
                reason=standing(case).value,
            )
            return Heard(file, event, to_owner=False, turned=False)
        case _:
            assert_never(effect)


def _ended(file: CaseFile, act: ReporterActed, now: datetime) -> Heard:
    if isinstance(act, SolutionConfirmed):
        case = file.case.model_copy(update={"ending": Ending.CONFIRMED.value})
        event: CaseEvent = CaseConfirmed(case=case, by=REPORTER, note=act.note)
        file = replace(file, resolved_at=file.resolved_at or now)
    else:
        case = file.case.model_copy(update={"ending": Ending.WITHDRAWN.value})
        event = CaseWithdrawn(case=case, by=REPORTER, note=act.note)
    return Heard(replace(file, case=case), event, to_owner=True, turned=True)


def _reopened(file: CaseFile, act: ReporterActed) -> Heard:
    state = file.case.state
    if state is CaseState.RESOLVED:
        state = CaseState.IN_PROGRESS
    case = file.case.model_copy(update={"state": state, "disputes": file.case.disputes + 1})
    after = replace(file, case=case, words=joined(file.words, act.note), resolved_at=None)
    event = CaseReopened(case=case, by=REPORTER, note=act.note)
    return Heard(after, event, to_owner=True, turned=True)


def _rated(file: CaseFile, act: ReporterActed) -> Heard:
    rating = act.rating if isinstance(act, SolutionRated) else file.case.rating
    case = file.case.model_copy(update={"rating": rating})
    event = CaseRated(case=case, by=REPORTER, note=act.note)
    return Heard(replace(file, case=case), event, to_owner=False, turned=False)
