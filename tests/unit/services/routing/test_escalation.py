"""Reminders, levels and the closing of a case: when, to whom, and never twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import routing_kit as kit
from hypothesis import given
from hypothesis import strategies as st

from mrk_routing.domain.assign import NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.clocks import handed_back
from mrk_routing.domain.command import Moved, Order, decide
from mrk_routing.domain.escalation import next_at
from mrk_routing.domain.passing import CONFIRMATION_WINDOW, passed
from mrk_routing.domain.reporter import hear
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import (
    CaseClosed,
    CaseEscalated,
    CaseReminded,
    CaseState,
    ClockName,
    Ending,
)
from mrk_schemas.ids import AgencyCode
from mrk_schemas.reports import (
    InformationAdded,
    Kind,
    QuestionAnswered,
    ReporterActed,
    ReportWithdrawn,
    SolutionDisputed,
    SolutionRated,
)

OWNER = AgencyCode("sdabmbk")
WORDS: dict[type[Command], dict[str, str]] = {
    AcceptCase: {},
    ReturnCase: {"reason": "Ini jalan nasional"},
    ReportProgress: {"note": "Tim turun"},
    AskReporter: {"question": "Di mana?"},
    ResolveCase: {"note": "Ditambal"},
}
LATEST = kit.MONDAY + timedelta(days=400)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """A moment of 2026, in Medan."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=7)


def give(file: CaseFile, kind: type[Command], now: datetime) -> CaseFile:
    body = kind.model_validate({"complaint_id": kit.COMPLAINT, "case_version": 9, **WORDS[kind]})
    outcome = decide(file, Order(OWNER, kit.COMPLAINT, body), 9, now, kit.dues())
    assert isinstance(outcome, Moved), outcome
    return outcome.file


def act(file: CaseFile, kind: type[ReporterActed], now: datetime) -> CaseFile:
    fields = {"question": file.case.questions or None} if kind is QuestionAnswered else {}
    fields |= {"rating": 3} if kind is SolutionRated else {}
    fact = kind.model_validate({"report": kit.report(), "note": "Tolong", **fields})
    return hear(file, fact, 9, now, kit.dues()).file


def triaged(rules: Rules, **changes: object) -> CaseFile:
    decision = assign(kit.report(**{"category": None, "text": "zzz", **changes}), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage)
    return decision.file


def steps(file: CaseFile, until: datetime) -> tuple[CaseFile, list[tuple[datetime, str, str]]]:
    """Everything that time does to a case that nobody touches: when, of which clock, what."""
    found: list[tuple[datetime, str, str]] = []
    while (now := next_at(file, kit.dues())) is not None and now <= until:
        outcome = passed(file, now, kit.dues())
        assert outcome is not None, "what is due can be done"
        file = outcome.file
        found += [(now, *_name(each.event)) for each in outcome.told]
    return file, found


def _name(event: object) -> tuple[str, str]:
    match event:
        case CaseReminded(clock=clock, share=share):
            return clock.value, str(share)
        case CaseEscalated(case=case):
            assert case.escalation is not None
            return case.escalation.clock.value, case.escalation.level
        case CaseClosed(reason=reason):
            return "confirmation", reason
        case _:
            return "", type(event).__name__


def of(found: list[tuple[datetime, str, str]], clock: ClockName) -> list[tuple[datetime, str]]:
    return [(when, what) for when, name, what in found if name == clock.value]


def test_a_clock_reminds_twice_and_then_climbs(rules: Rules) -> None:
    """Received Monday 2 March 10:20, in Ramadan: 6 h 30 min a day, Friday too."""
    _, found = steps(kit.assigned(rules), LATEST)
    assert of(found, ClockName.FIRST_RESPONSE) == [
        # 4 h 10 min of Monday and five days are 36 h 40 min: half of it, on Thursday
        (at(5, 9, 10), "50"),
        (at(6, 14, 40), "80"),  # 7 h 20 min before the end, on Friday
        (at(9, 15), "officer"),
        (at(10, 15), "head"),
        (at(12, 15), "secretary"),
        (at(16, 15), "mayor"),
    ]
    # an owner is there: verification was met at once
    assert of(found, ClockName.VERIFICATION) == []
    assert [what for _, what in of(found, ClockName.RESOLUTION)] == [
        "50",
        "80",
        "officer",
        "head",
        "secretary",
        "mayor",
    ]


def test_a_deadline_class_may_have_a_ladder_of_its_own(rules: Rules) -> None:
    def days(file: CaseFile) -> list[int]:
        _, found = steps(file, LATEST)
        due = kit.due(file)["resolution"].due_at
        times = [when for when, _ in of(found, ClockName.RESOLUTION)][2:]
        return [kit.pack().calendar.working_days(due, when) for when in times]

    assert days(kit.assigned(rules)) == [0, 1, 3, 5]
    assert days(kit.assigned(rules, category="pollution")) == [0, 2, 5, 10]


def test_what_is_met_neither_reminds_nor_climbs(rules: Rules) -> None:
    accepted = give(kit.assigned(rules), AcceptCase, kit.MONDAY + timedelta(hours=1))
    _, found = steps(accepted, LATEST)
    assert {clock for _, clock, _ in found} == {"resolution"}


def test_an_escalation_says_who_of_what_and_when(rules: Rules) -> None:
    file = kit.assigned(rules)
    due = kit.due(file)["first_response"].due_at
    outcome = passed(file, due, kit.dues())
    assert outcome is not None
    (told,) = outcome.told
    case = outcome.file.case
    assert isinstance(told.event, CaseEscalated)
    assert (told.what, told.event.by, told.event.skipped) == ("escalation", "routing", ())
    assert told.event.case == case
    assert case.escalation is not None
    assert (case.escalation.level, case.escalation.clock) == ("officer", ClockName.FIRST_RESPONSE)
    assert case.escalation.names.id == "Petugas perangkat daerah"
    assert case.escalation.at == case.changed_at == due
    # clocks change neither owner nor state, and make no command stale
    assert (case.state, case.owner) == (file.case.state, file.case.owner)
    assert outcome.file.others_version == file.others_version
    assert case.deadlines == file.case.deadlines


def test_after_an_outage_each_clock_tells_its_highest_level_once(rules: Rules) -> None:
    file = kit.assigned(rules)
    late = kit.due(file)["resolution"].due_at + timedelta(minutes=1)
    outcome = passed(file, late, kit.dues())
    assert outcome is not None
    first, second = (each.event for each in outcome.told)
    assert isinstance(first, CaseEscalated)
    assert isinstance(second, CaseEscalated)
    # the resolution's officer, and the first response's mayor: those between were never told
    assert (_name(first), first.skipped) == (("resolution", "officer"), ())
    assert _name(second) == ("first_response", "mayor")
    assert second.skipped == ("officer", "head", "secretary")
    assert outcome.file.case.escalation == second.case.escalation
    assert passed(outcome.file, late, kit.dues()) is None


def test_of_two_reminders_that_were_missed_the_later_one_is_sent(rules: Rules) -> None:
    file = kit.assigned(rules)
    outcome = passed(file, kit.due(file)["first_response"].due_at - timedelta(hours=1), kit.dues())
    assert outcome is not None
    assert [_name(each.event) for each in outcome.told] == [("first_response", "80")]


def test_a_disputed_solution_goes_on_to_its_old_date_and_repeats_no_step(rules: Rules) -> None:
    accepted = give(kit.assigned(rules), AcceptCase, kit.MONDAY)
    due = kit.due(accepted)["resolution"].due_at
    reminded, _ = steps(accepted, due - timedelta(days=2))
    assert reminded.told[ClockName.RESOLUTION] == "80"
    resolved = give(reminded, ResolveCase, due - timedelta(days=1))
    disputed = act(resolved, SolutionDisputed, due - timedelta(hours=20))
    assert kit.due(disputed) == kit.due(accepted)
    _, found = steps(disputed, LATEST)
    assert [what for _, what in of(found, ClockName.RESOLUTION)] == [
        "officer",
        "head",
        "secretary",
        "mayor",
    ]


def test_a_case_is_closed_once_the_window_to_dispute_has_passed(rules: Rules) -> None:
    accepted = give(kit.assigned(rules), AcceptCase, kit.MONDAY)
    resolved = give(accepted, ResolveCase, at(4, 10))
    window = kit.due(resolved)["confirmation"]
    assert window.due_at == at(25, 16)  # ten working days; Idul Fitri lies between
    assert window.derivation.startswith("10 hari kerja sejak Rab 4 Mar 10:00; 18 Mar libur")
    assert next_at(resolved, kit.dues()) == window.due_at
    assert passed(resolved, window.due_at - timedelta(seconds=1), kit.dues()) is None
    outcome = passed(resolved, window.due_at, kit.dues())
    assert outcome is not None
    (told,) = outcome.told
    assert isinstance(told.event, CaseClosed)
    assert (told.event.reason, told.event.by, told.what) == (
        CONFIRMATION_WINDOW,
        "routing",
        "closing",
    )
    assert (outcome.file.case.ending, outcome.file.case.state) == (
        Ending.CLOSED,
        CaseState.RESOLVED,
    )
    assert next_at(outcome.file, kit.dues()) is None


def test_each_solution_opens_a_window_of_its_own(rules: Rules) -> None:
    accepted = give(kit.assigned(rules), AcceptCase, kit.MONDAY)
    disputed = act(give(accepted, ResolveCase, at(4, 10)), SolutionDisputed, at(5, 10))
    assert "confirmation" not in kit.due(disputed)
    again = give(disputed, ResolveCase, at(9, 10))
    assert kit.due(again)["confirmation"].derivation.startswith("10 hari kerja sejak Sen 9 Mar")


def test_a_case_solved_before_there_was_a_window_gets_the_one_it_had(rules: Rules) -> None:
    accepted = give(kit.assigned(rules), AcceptCase, kit.MONDAY)
    resolved = give(accepted, ResolveCase, at(4, 10))
    old = replace(
        resolved, case=resolved.case.model_copy(update={"deadlines": accepted.case.deadlines})
    )
    assert next_at(old, kit.dues()) == at(4, 10)  # to be looked at now
    outcome = passed(old, at(5, 10), kit.dues())
    assert outcome is not None
    assert (outcome.file, outcome.told) == (resolved, ())


@pytest.mark.parametrize(
    "change",
    [
        {"ending": Ending.WITHDRAWN.value},
        {"ending": "of-a-later-version"},
        {"part_of": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e02"},
        {"handed_on_at": kit.MONDAY},
        {"erased": True},
    ],
)
def test_no_time_passes_for_what_ended_or_is_elsewhere(
    rules: Rules, change: dict[str, object]
) -> None:
    file = kit.assigned(rules)
    file = replace(file, case=file.case.model_copy(update=change))
    assert next_at(file, kit.dues()) is None
    assert passed(file, LATEST, kit.dues()) is None


def test_with_another_authority_all_clocks_stand_still(rules: Rules) -> None:
    file = kit.assigned(rules)
    away = replace(file, case=file.case.model_copy(update={"handed_on_at": at(3, 9)}))
    back = handed_back(away, at(6, 9), kit.dues())
    assert back.case.handed_on_at is None
    calendar = kit.pack().calendar
    for clock in ("first_response", "resolution"):
        before, after = kit.due(file)[clock], kit.due(back)[clock]
        assert calendar.working_days(before.due_at, after.due_at) == 3
        assert after.derivation == (
            f"{before.derivation}; ditambah 3 hari kerja di instansi lain (3 Mar sampai 6 Mar)"
        )
    assert kit.due(back)["verification"] == kit.due(file)["verification"]  # it was met before
    assert handed_back(back, at(9, 9), kit.dues()) is back


def test_time_that_a_case_waited_is_no_time_that_passed(rules: Rules) -> None:
    """Half of the clock's time is left at the first reminder, however long the case waited."""
    accepted = give(kit.assigned(rules), AcceptCase, kit.MONDAY)
    waits = give(accepted, AskReporter, at(4, 10))
    answered = act(waits, QuestionAnswered, at(9, 10))
    due = kit.due(accepted)["resolution"].due_at, kit.due(answered)["resolution"].due_at
    halves = [
        of(steps(file, LATEST)[1], ClockName.RESOLUTION)[0][0] for file in (accepted, answered)
    ]
    work = kit.pack().calendar.working_time
    assert due[1] > due[0]
    assert work(halves[0], due[0]) == work(halves[1], due[1])


# the faults of another system's escalation, each named for what it does there


def test_skips_cases_without_an_assignee(rules: Rules) -> None:
    """Not here: without an owner it is the stand-in's, and climbs as any other."""
    _, found = steps(triaged(rules), LATEST)
    for clock in (ClockName.VERIFICATION, ClockName.FIRST_RESPONSE, ClockName.RESOLUTION):
        assert [what for _, what in of(found, clock)] == [
            "50",
            "80",
            "officer",
            "head",
            "secretary",
            "mayor",
        ]
    returned = give(kit.assigned(rules), ReturnCase, at(3, 10))
    assert returned.case.owner is None
    _, found = steps(returned, LATEST)
    assert [what for _, what in of(found, ClockName.VERIFICATION)][-1] == "mayor"


def test_measures_from_last_modification(rules: Rules) -> None:
    """Not here: whatever happens to a case in between, its steps come when they came before."""
    file = give(kit.assigned(rules), AcceptCase, kit.MONDAY)
    _, untouched = steps(file, LATEST)
    for day in range(3, 7):
        file = act(file, InformationAdded, at(day, 10))
        file = give(file, ReportProgress, at(day, 11))
        file = act(file, SolutionRated, at(day, 12))
        file = file.turned_by_others(day)
    _, found = steps(file, LATEST)
    assert found == untouched


@pytest.mark.parametrize("level", ["officer", "head", "secretary", "mayor"])
def test_levels_2_and_3_unreachable(rules: Rules, level: str) -> None:
    """Not here: each level is reached, by every clock."""
    for clock in (ClockName.VERIFICATION, ClockName.FIRST_RESPONSE, ClockName.RESOLUTION):
        _, found = steps(triaged(rules), LATEST)
        assert level in [what for _, what in of(found, clock)]


# what holds for every life of a case


ACTS = (InformationAdded, QuestionAnswered, SolutionDisputed, SolutionRated, ReportWithdrawn)
LIVES = st.lists(
    st.tuples(
        st.timedeltas(timedelta(), timedelta(days=9)),
        st.sampled_from([*WORDS, *ACTS, None, None, None]),
    ),
    max_size=14,
)


@given(owned=st.booleans(), kind=st.sampled_from([Kind.COMPLAINT, Kind.INFORMATION]), life=LIVES)
def test_however_a_case_lives_no_step_is_told_twice_and_none_out_of_order(
    rules: Rules,
    owned: bool,  # noqa: FBT001  # drawn
    kind: Kind,
    life: list[tuple[timedelta, type | None]],
) -> None:
    file = kit.assigned(rules, kind=kind) if owned else triaged(rules, kind=kind)
    now, told = kit.MONDAY, dict[str, list[str]]()
    ladder = ["50", "80", *(step.level for step in kit.pack().escalation.steps)]
    for pause, what in life:
        now += pause
        before = file
        outcome = passed(file, now, kit.dues())
        if outcome is not None:
            file = outcome.file
            names = [_name(each.event) for each in outcome.told]
            steps_ = [(clock, step) for clock, step in names if step in ladder]
            assert len({clock for clock, _ in steps_}) == len(steps_), "one step a clock at a time"
            for clock, step in steps_:
                told.setdefault(clock, []).append(step)
        upcoming = next_at(file, kit.dues())
        assert upcoming is None or upcoming > now, "what was due is done"
        assert passed(file, now, kit.dues()) is None
        if what in ACTS and not file.case.erased:
            file = act(file, what, now)
        elif what in WORDS:
            file = _attempt(file, what, now)
        _dates_never_earlier(before, file)
        if what in {InformationAdded, SolutionRated}:
            assert next_at(file, kit.dues()) == upcoming, "a comment moves nothing"
    for given_ in told.values():
        places = [ladder.index(step) for step in given_]
        assert places == sorted(set(places))


def _attempt(file: CaseFile, kind: type[Command], now: datetime) -> CaseFile:
    body = kind.model_validate({"complaint_id": kit.COMPLAINT, "case_version": 9, **WORDS[kind]})
    owner = file.case.owner or OWNER
    outcome = decide(file, Order(owner, kit.COMPLAINT, body), 9, now, kit.dues())
    return outcome.file if isinstance(outcome, Moved) else file


def _dates_never_earlier(before: CaseFile, after: CaseFile) -> None:
    was, is_ = kit.due(before), kit.due(after)
    for clock in ("verification", "first_response", "resolution"):
        assert is_[clock].due_at >= was[clock].due_at


@given(hours=st.lists(st.integers(0, 24 * 60), min_size=1, max_size=6))
def test_catching_up_ends_where_watching_would(rules: Rules, hours: list[int]) -> None:
    """However seldom anybody looks, the last step told is that of someone who always looked."""
    file = triaged(rules)
    now = kit.MONDAY
    for pause in hours:
        now += timedelta(hours=pause)
        outcome = passed(file, now, kit.dues())
        file = outcome.file if outcome is not None else file
    watched, _ = steps(triaged(rules), now)
    assert file.told == watched.told
    assert next_at(file, kit.dues()) == next_at(watched, kit.dues())
