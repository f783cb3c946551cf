"""What a reporter's fact does to a case, wherever that stands.

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
from types import MappingProxyType

from mrk_routing.domain.case_file import REPORTER, CaseFile
from mrk_routing.domain.clocks import handed_back, window_shut
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.guards import Context, permitted
from mrk_routing.domain.machine import Action, Role
from mrk_routing.domain.standing import Standing, moved, standing
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

ACTS: Mapping[ActType, Action] = MappingProxyType(
    {
        InformationAdded: Action.INFORM,
        QuestionAnswered: Action.ANSWER,
        ReportWithdrawn: Action.WITHDRAW,
        SolutionConfirmed: Action.CONFIRM,
        SolutionDisputed: Action.DISPUTE,
        SolutionRated: Action.RATE,
    }
)
"""Every fact of a reporter's, and what of the table it is."""


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
    action = ACTS[type(act)]
    if isinstance(act, QuestionAnswered) and act.question != case.questions:
        action = Action.INFORM  # an answer to an earlier question
    row = permitted(action, Role.REPORTER, Context(file))
    if row is None:
        return _set_aside(file, act)
    if row.event is CaseInformationAdded:
        return _informed(file, act)
    if row.event is CaseAnswered:
        file = goes_on(replace(file, words=joined(file.words, act.note)), now, dues)
        event = CaseAnswered(case=file.case, by=REPORTER, note=act.note)
        return Heard(file, event, to_owner=True, turned=True)
    if row.event is CaseRated:
        return _rated(file, act)
    if isinstance(row.target, Ending):
        return _ended(goes_on(file, now, dues), act, row.target, now)
    return _reopened(file, act, row.target, now, dues)


def _informed(file: CaseFile, act: ReporterActed) -> Heard:
    after = replace(file, words=joined(file.words, act.note))
    late = isinstance(act, QuestionAnswered)
    told = CaseInformationAdded(case=file.case, by=REPORTER, note=act.note, answer=late)
    return Heard(after, told, to_owner=True, turned=False)


def _set_aside(file: CaseFile, act: ReporterActed) -> Heard:
    told = CaseActionSetAside(
        case=file.case,
        by=REPORTER,
        note=act.note,
        action=act.TYPE,
        reason=standing(file.case).value,
    )
    return Heard(file, told, to_owner=False, turned=False)


def _ended(file: CaseFile, act: ReporterActed, to: Ending, now: datetime) -> Heard:
    case = moved(file.case, to, now)
    event: CaseEvent
    if to is Ending.CONFIRMED:
        event = CaseConfirmed(case=case, by=REPORTER, note=act.note)
        file = replace(file, resolved_at=file.resolved_at or now)
    else:
        event = CaseWithdrawn(case=case, by=REPORTER, note=act.note)
    return Heard(replace(file, case=case), event, to_owner=True, turned=True)


def _reopened(
    file: CaseFile, act: ReporterActed, to: Standing, now: datetime, dues: DueDates
) -> Heard:
    """Where it goes back to work: to its owner, whoever that is. One at work stays where it is."""
    case, resolved_at = file.case, file.resolved_at
    if to != standing(case):
        # with another authority its clocks stood still until that said that it is solved
        file = handed_back(replace(file, resolved_at=None), file.resolved_at or now, dues)
        case, resolved_at = moved(file.case, to, now), None
    case = case.model_copy(update={"disputes": case.disputes + 1})
    after = replace(file, case=case, words=joined(file.words, act.note), resolved_at=resolved_at)
    if resolved_at is None:
        after = window_shut(after)
    event = CaseReopened(case=after.case, by=REPORTER, note=act.note)
    return Heard(after, event, to_owner=True, turned=True)


def _rated(file: CaseFile, act: ReporterActed) -> Heard:
    rating = act.rating if isinstance(act, SolutionRated) else file.case.rating
    case = file.case.model_copy(update={"rating": rating})
    event = CaseRated(case=case, by=REPORTER, note=act.note)
    return Heard(replace(file, case=case), event, to_owner=False, turned=False)
