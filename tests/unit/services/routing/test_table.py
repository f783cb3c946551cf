"""The table is the one source: a row that is taken away is a move that nobody makes, nor time."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import MappingProxyType

import pytest
import routing_kit as kit

from mrk_routing.domain import machine
from mrk_routing.domain.assign import Assigned, HandedOn, NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.clocks import window_opens
from mrk_routing.domain.command import Order, decide
from mrk_routing.domain.escalation import next_at
from mrk_routing.domain.machine import Action, Guard, Role, Transition
from mrk_routing.domain.outcome import Moved
from mrk_routing.domain.passing import passed
from mrk_routing.domain.standing import Pause
from mrk_schemas.agencies import ReturnCase
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import AgencyCode

Without = Callable[[Callable[[Transition], bool]], None]
LATEST = kit.MONDAY + timedelta(days=400)


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Without:
    """Take rows out of the table."""

    def take(gone: Callable[[Transition], bool]) -> None:
        left: dict[machine.Key, tuple[Transition, ...]] = {}
        for row in machine.TRANSITIONS:
            if not gone(row):
                key = (row.at, row.action, row.role)
                left[key] = (*left.get(key, ()), row)
        monkeypatch.setattr(machine, "_INDEX", MappingProxyType(left))

    return take


def by_clock(action: Action) -> Callable[[Transition], bool]:
    return lambda row: (row.action, row.role) == (action, Role.CLOCK)


def opens(guard: Guard | None) -> Callable[[Transition], bool]:
    guards = () if guard is None else (guard,)
    return lambda row: row.action is Action.OPEN and row.guards == guards


def done_by_time(file: CaseFile) -> Counter[str]:
    """What time does to a case that nobody touches: how often what."""
    found: Counter[str] = Counter()
    while (now := next_at(file, kit.dues())) is not None and now <= LATEST:
        outcome = passed(file, now, kit.dues())
        assert outcome is not None, "what is due can be done: else it is looked at for ever"
        found.update(each.what for each in outcome.told)
        file = outcome.file
    return found


def waiting(rules: Rules) -> CaseFile:
    return kit.standing_at(kit.assigned(rules), Pause.WAITING)


def solved(rules: Rules) -> CaseFile:
    return window_opens(kit.standing_at(kit.assigned(rules), CaseState.RESOLVED), rules.dues)


CASES: list[tuple[Callable[[Rules], CaseFile], Action, str]] = [
    (waiting, Action.GO_ON, "answer"),
    (solved, Action.CLOSE, "closing"),
    (kit.assigned, Action.REMIND, "reminder"),
    (kit.assigned, Action.ESCALATE, "escalation"),
]


@pytest.mark.parametrize(("made", "action", "what"), CASES)
def test_what_time_does_is_a_row(
    rules: Rules, without: Without, made: Callable[[Rules], CaseFile], action: Action, what: str
) -> None:
    before = done_by_time(made(rules))
    assert before[what]
    without(by_clock(action))
    after = done_by_time(made(rules))
    assert not after[what]
    if action in {Action.REMIND, Action.ESCALATE}:  # the other of the two goes on
        del before[what]
        assert after == before


def test_what_time_must_not_do_is_not_due_and_changes_nothing(
    rules: Rules, without: Without
) -> None:
    without(lambda row: row.role is Role.CLOCK)
    for file in (waiting(rules), solved(rules), kit.assigned(rules)):
        assert next_at(file, kit.dues()) is None
        assert passed(file, LATEST, kit.dues()) is None


def test_how_a_case_is_opened_is_a_row(rules: Rules, without: Without) -> None:
    city, power = kit.report(), kit.report(category="power")
    assert isinstance(assign(city, rules, kit.MONDAY), Assigned)
    assert isinstance(assign(power, rules, kit.MONDAY), HandedOn)
    without(opens(Guard.CITY))
    triaged = assign(city, rules, kit.MONDAY)
    assert isinstance(triaged, NeedsTriage)
    assert (triaged.file.case.state, triaged.file.case.owner) == (CaseState.TRIAGE, None)
    assert isinstance(assign(power, rules, kit.MONDAY), HandedOn)
    without(opens(Guard.EXTERNAL))
    assert isinstance(assign(power, rules, kit.MONDAY), NeedsTriage)


def test_what_no_row_opens_is_a_defect_and_never_lost_in_silence(
    rules: Rules, without: Without
) -> None:
    without(opens(None))
    assert isinstance(assign(kit.report(), rules, kit.MONDAY), Assigned)
    with pytest.raises(LookupError, match="opens no case"):
        assign(kit.report(category=None, text="zzz"), rules, kit.MONDAY)


def test_that_a_returned_case_is_before_a_dispatcher_is_a_row(
    rules: Rules, without: Without
) -> None:
    file = kit.assigned(rules)
    command = ReturnCase(complaint_id=kit.COMPLAINT, case_version=1, reason="Bukan kami")
    order = Order(AgencyCode("sdabmbk"), kit.COMPLAINT, command)

    def returned() -> tuple[CaseState, list[str]]:
        outcome = decide(file, order, 1, kit.LATER, kit.dues())
        assert isinstance(outcome, Moved)
        return outcome.file.case.state, [type(event).__name__ for event in outcome.events]

    assert returned() == (CaseState.TRIAGE, ["CaseReturned", "CaseSentToTriage"])
    without(lambda row: row.action is Action.TRIAGE)
    assert returned() == (CaseState.RETURNED, ["CaseReturned"])
