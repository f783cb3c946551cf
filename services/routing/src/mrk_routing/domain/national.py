"""What was done at SP4N-LAPOR! takes effect here: hand-overs, and answers given there.

It is never refused: what no longer fits the case is on record, with the reason.
"""

from dataclasses import replace
from datetime import datetime

from mrk_routing.domain.act import given
from mrk_routing.domain.assign import Rules, TriageReason
from mrk_routing.domain.case_file import NATIONAL, CaseFile
from mrk_routing.domain.clocks import handed_back, window_opens
from mrk_routing.domain.guards import Context, choose
from mrk_routing.domain.machine import Action, Back, Role, transitions
from mrk_routing.domain.outcome import Moved
from mrk_routing.domain.owning import ownerless
from mrk_routing.domain.refusals import Rule
from mrk_routing.domain.standing import moved, standing
from mrk_routing.domain.waiting import goes_on
from mrk_schemas.cases import (
    CaseActionSetAside,
    CaseProgressed,
    CaseResolved,
    CaseSentToTriage,
    CaseState,
)
from mrk_schemas.mirrors import MirrorAnswered, MirrorHandedOver

NationalFact = MirrorHandedOver | MirrorAnswered


def hear(file: CaseFile, fact: NationalFact, rules: Rules, now: datetime) -> Moved:
    """What becomes of a fact of the national copy.

    Args:
        file: the case, after all earlier facts; not an erased one.
        fact: what was done there.
        rules: the city's.
        now: when this is decided (UTC).
    """
    agency = rules.pack.agencies.get(fact.agency) if fact.agency is not None else None
    where = standing(file.case)
    if isinstance(fact, MirrorAnswered):
        action = Action.RESOLVE if fact.final else Action.PROGRESS
    elif agency is None:
        action = Action.TRIAGE
    else:
        action = Action.HAND_ON if agency.external else Action.ASSIGN
    rows = transitions(where, action, Role.NATIONAL)
    row = choose(rows, Context(file, agency=agency)) if rows else None
    if row is None or isinstance(row, Rule):
        reason = row.code if isinstance(row, Rule) else where.value
        return _set_aside(file, fact, reason, now)
    if isinstance(fact, MirrorAnswered):
        to = where if isinstance(row.to, Back) else row.to
        file = goes_on(file, now, rules.dues)
        return _answered(file, fact, to is CaseState.RESOLVED, rules, now)
    if agency is None:
        return _unknown(goes_on(file, now, rules.dues), rules, now)
    return given(file, agency.code, NATIONAL, None, rules, now)


def _answered(
    file: CaseFile,
    fact: MirrorAnswered,
    solved: bool,  # noqa: FBT001  # its own
    rules: Rules,
    now: datetime,
) -> Moved:
    here = file.case.handed_on_at is None
    # whoever has it elsewhere is who said so
    owner = file.case.owner if here else None
    responded = file.first_response_at or (now if here else None)
    if solved:
        case = moved(file.case, CaseState.RESOLVED, now)
        after = replace(file, case=case, resolved_at=now, first_response_at=responded)
        after = window_opens(after, rules.dues)
        resolved = CaseResolved(case=after.case, by=NATIONAL, note=fact.note)
        return Moved(after, (resolved,), told=owner)
    case = file.case.model_copy(update={"changed_at": now})
    if here:
        case = moved(file.case, CaseState.IN_PROGRESS, now)
    progressed = CaseProgressed(case=case, by=NATIONAL, note=fact.note)
    after = replace(file, case=case, first_response_at=responded)
    return Moved(after, (progressed,), told=owner)


def _unknown(file: CaseFile, rules: Rules, now: datetime) -> Moved:
    former = file.case.owner if file.case.handed_on_at is None else None
    # without an owner the clock of verification runs again, and it stood still too
    back = handed_back(replace(file, verified_at=None), now, rules.dues)
    after = ownerless(back, CaseState.TRIAGE, TriageReason.HANDED_OVER, now)
    told = CaseSentToTriage(case=after.case, by=NATIONAL)
    return Moved(after, (told,), taken_from=former)


def _set_aside(file: CaseFile, fact: NationalFact, reason: str, now: datetime) -> Moved:
    case = file.case.model_copy(update={"changed_at": now})
    told = CaseActionSetAside(case=case, by=NATIONAL, action=fact.TYPE, reason=reason)
    return Moved(replace(file, case=case), (told,))
