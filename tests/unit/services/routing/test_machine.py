"""The table itself, and a walk through it by everybody who acts, with a clock that they move."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import routing_kit as kit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mrk_routing.domain import national, reporter
from mrk_routing.domain.act import Assign, Close, HandOn, act
from mrk_routing.domain.assign import NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.command import COMMANDS, Order, decide
from mrk_routing.domain.escalation import next_at
from mrk_routing.domain.guards import _HOLDS, _RULES  # the table's guards and these agree
from mrk_routing.domain.machine import (
    TRANSITIONS,
    Action,
    Back,
    Guard,
    Role,
    allowed,
    refusal,
    transitions,
)
from mrk_routing.domain.outcome import Moved, Refused
from mrk_routing.domain.passing import passed
from mrk_routing.domain.picture import mermaid, table
from mrk_routing.domain.reporter import ACTS
from mrk_routing.domain.standing import OPEN, STANDINGS, Pause, Standing, Start, standing
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import CaseState, ClockName, Ending
from mrk_schemas.ids import AgencyCode
from mrk_schemas.mirrors import Mirror, MirrorAnswered, MirrorHandedOver, MirrorStatus
from mrk_schemas.registry import CASES, types_of
from mrk_schemas.reports import QuestionAnswered, SolutionRated

CITY = ("sdabmbk", "dishub", "dlh")
AUTHORITIES = ("pln", "bpn")


def test_every_event_of_the_table_is_published_and_every_guard_is_judged() -> None:
    assert {row.event.TYPE for row in TRANSITIONS} <= types_of(CASES)
    assert set(_HOLDS) == set(_RULES) == set(Guard)
    assert {guard for row in TRANSITIONS for guard in row.guards} == set(Guard)


def test_no_row_stands_twice_and_rows_of_one_key_exclude_each_other() -> None:
    assert len(set(TRANSITIONS)) == len(TRANSITIONS)
    for row in TRANSITIONS:
        *guarded, last = transitions(row.at, row.action, row.role)
        assert all(each.guards for each in guarded)
        assert last.guards or len({each.to for each in (*guarded, last)}) == len(guarded) + 1


def _reached() -> set[Standing]:
    seen: set[Standing] = {Start.RECEIVED}
    while True:
        more = {row.to for row in TRANSITIONS if row.at in seen and not isinstance(row.to, Back)}
        if more <= seen:
            return seen
        seen |= more


def test_every_standing_is_reached() -> None:
    assert _reached() == {Start.RECEIVED, *STANDINGS}


def test_from_every_open_standing_an_end_is_reached_and_its_reporter_can_always_end_it() -> None:
    ways: dict[Standing, set[Standing]] = {}
    for row in TRANSITIONS:
        if not isinstance(row.to, Back):
            ways.setdefault(row.at, set()).add(row.to)
    for where in OPEN:
        seen, ends = {where}, False
        while not ends:
            more = {to for each in seen for to in ways.get(each, ())} | seen
            ends = any(isinstance(to, Ending) for to in more)
            assert ends or more != seen, where
            seen = more
        assert {Action.WITHDRAW, Action.CONFIRM} <= set(allowed(where, Role.REPORTER))


def test_an_end_is_an_end() -> None:
    for ending in Ending:
        assert [allowed(ending, role) for role in Role] == [
            (Action.RATE,) if role is Role.REPORTER else () for role in Role
        ]


def test_somebody_of_the_city_or_beyond_must_act_wherever_a_case_is_open() -> None:
    for where in OPEN:
        others = [allowed(where, role) for role in Role if role is not Role.REPORTER]
        assert any(others), where


def test_what_is_no_transition_has_a_refusal() -> None:
    for where in STANDINGS:
        for action in Action:
            assert refusal(where, action).mend


@settings(max_examples=120, stateful_step_count=30, deadline=None)
class Walk(RuleBasedStateMachine):
    """One case, everybody who may act on it, and time."""

    rules_: Rules = Rules(kit.pack())

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = kit.MONDAY
        report = kit.report(category=None, text="Mohon dibantu ya pak")
        opened = assign(report, self.rules_, self.now)
        assert isinstance(opened, NeedsTriage)
        self.file: CaseFile = opened.file.turned_by_others(1)
        self.version = 1
        self.versions = [1]
        self.resolution = self.file.case.deadlines

    def took(self, outcome: object) -> None:
        before = standing(self.file.case)
        if not isinstance(outcome, Moved):
            assert outcome is None or isinstance(outcome, Refused) or hasattr(outcome, "rule")
            return
        assert outcome.events[-1].case == outcome.file.case
        for _ in outcome.events:
            self.version += 1
            self.versions.append(self.version)
        assert not isinstance(before, Ending) or standing(outcome.file.case) == before
        self.file = outcome.file
        if outcome.taken_from or outcome.handed_over:
            self.file = self.file.turned_by_others(self.version, outcome.events[-1].by)

    @rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        outcome = passed(self.file, self.now, self.rules_.dues)
        if outcome is not None and outcome.told:
            where, events = standing(self.file.case), tuple(each.event for each in outcome.told)
            for event in events:
                known = {r.event for r in TRANSITIONS if (r.at, r.role) == (where, Role.CLOCK)}
                assert type(event) in known, (where, event)
                where = standing(event.case)
            self.took(Moved(outcome.file, events))
        upcoming = next_at(self.file, self.rules_.dues)
        assert upcoming is None or upcoming > self.now

    @rule(kind=st.sampled_from(list(COMMANDS)), behind=st.integers(0, 3), who=st.booleans())
    def an_agency_commands(self, kind: type[Command], behind: int, who: bool) -> None:  # noqa: FBT001  # drawn
        words: dict[type[Command], dict[str, Any]] = {
            AcceptCase: {}, ReturnCase: {"reason": "Bukan kami"},
            ReportProgress: {"note": "Tim turun"}, AskReporter: {"question": "Di mana?"},
            ResolveCase: {"note": "Selesai"},
        }  # fmt: skip
        quoted = {"complaint_id": kit.COMPLAINT, "case_version": max(1, self.version - behind)}
        command = kind.model_validate({**quoted, **words[kind]})
        agency = AgencyCode(self.file.case.owner or "dlh") if who else AgencyCode("brida")
        order = Order(agency, kit.COMPLAINT, command)
        self.took(decide(self.file, order, self.version, self.now, self.rules_.dues))

    @rule(wish=st.sampled_from([
        *(Assign(AgencyCode(code)) for code in (*CITY, "pln", "nowhere")),
        *(HandOn(AgencyCode(code)) for code in (*AUTHORITIES, "dlh")),
        Close("Lokasi tidak ditemukan"), Close(" "),
    ]))  # fmt: skip
    def a_dispatcher_decides(self, wish: Assign | HandOn | Close) -> None:
        self.took(act(self.file, wish, self.rules_, self.now))

    @rule(kind=st.sampled_from(list(ACTS)))
    def the_reporter_acts(self, kind: Any) -> None:
        more = {SolutionRated: {"rating": 2}, QuestionAnswered: {"question": 1}}.get(kind, {})
        fact = kind.model_validate({"report": kit.report(), "note": "Masih", **more})
        heard = reporter.hear(self.file, fact, self.version + 1, self.now, self.rules_.dues)
        self.took(Moved(heard.file, (heard.event,)))
        if heard.turned:
            self.file = self.file.turned_by_others(self.version, "reporter")

    @rule(code=st.sampled_from([*CITY, *AUTHORITIES, None]), what=st.integers(0, 2))
    def something_is_done_at_the_national_system(self, code: str | None, what: int) -> None:
        mirror = Mirror(complaint_id=kit.COMPLAINT, status=MirrorStatus.FILED, changed_at=self.now)
        agency = AgencyCode(code) if code else None
        fact = (
            MirrorHandedOver(mirror=mirror, institution="Instansi", agency=agency)
            if what == 0
            else MirrorAnswered(
                mirror=mirror, institution="Instansi", agency=agency, note="Ya", final=what == 2
            )
        )
        self.took(national.hear(self.file, fact, self.rules_, self.now))

    @precondition(lambda self: self.file.case.erased is False)
    @rule()
    def it_is_stored_and_read_again(self) -> None:
        case = type(self.file.case).model_validate_json(self.file.case.to_json())
        self.file = replace(self.file, case=case)

    @invariant()
    def nothing_is_lost(self) -> None:
        case = self.file.case
        where = standing(case)
        assert case.complaint_id == kit.COMPLAINT
        assert self.versions == sorted(set(self.versions))
        unowned = case.state in {CaseState.TRIAGE, CaseState.RETURNED}
        assert (case.owner is None) == unowned
        assert where is Pause.MERGED or (where is Pause.WAITING) == (case.waiting is not None)
        if where is Pause.HANDED_ON:
            assert case.owner in AUTHORITIES
        elif case.state is CaseState.ASSIGNED and case.ending is None:
            assert case.owner in CITY
        # due dates only ever move later, and none goes away
        windows = [due for due in case.deadlines[3:] if due.clock is ClockName.CONFIRMATION]
        assert len(windows) == len(case.deadlines) - len(self.resolution)
        assert len(windows) == (case.state is CaseState.RESOLVED)
        for earlier, later in zip(self.resolution, case.deadlines[:3], strict=True):
            assert earlier.clock == later.clock
            assert earlier.due_at <= later.due_at
        assert where in STANDINGS
        assert not isinstance(where, Start)


TestWalk = Walk.TestCase


def test_the_documents_picture_is_the_tables() -> None:
    page = (Path(__file__).parents[4] / "docs/architecture/cases.md").read_text()
    drawn = f"```mermaid\n{mermaid()}\n```\n\n{table()}\n"
    assert drawn in page, "renew it: python -m mrk_routing.domain.picture"
