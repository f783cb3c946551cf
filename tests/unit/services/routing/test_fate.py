"""Three cases that merge and unmerge while everybody acts on them, by the publisher itself."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import routing_kit as kit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mrk_delivery.events import Event
from mrk_delivery.tx import Tx
from mrk_routing.domain import national, reporter
from mrk_routing.domain.act import Assign, Close, HandOn, Merge, Unmerge, Wish, act
from mrk_routing.domain.assign import Assigned, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.command import COMMANDS, Order, decide
from mrk_routing.domain.fate import fate, followed, reopened
from mrk_routing.domain.guards import alike
from mrk_routing.domain.linking import linked
from mrk_routing.domain.merging import merged, unmerged
from mrk_routing.domain.outcome import Moved
from mrk_routing.domain.passing import passed
from mrk_routing.domain.reporter import ACTS
from mrk_routing.domain.standing import Pause, standing
from mrk_routing.store.families import Family
from mrk_routing.store.publishing import Publisher
from mrk_schemas.agencies import AskReporter, Command, ReportProgress, ResolveCase, ReturnCase
from mrk_schemas.cases import CaseEvent, CaseState, Ending
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_schemas.mirrors import Mirror, MirrorAnswered, MirrorHandedOver, MirrorStatus
from mrk_schemas.registry import CASES
from mrk_schemas.reports import QuestionAnswered, SolutionDisputed, SolutionRated

IDS = [ComplaintId(f"01933a7e-5b1c-7a30-8f00-2b6f4c1d9e0{n}") for n in (1, 2, 3)]
WORDS: dict[type[Command], dict[str, Any]] = {
    ReturnCase: {"reason": "Bukan kami"}, ReportProgress: {"note": "Tim turun"},
    AskReporter: {"question": "Di mana?"}, ResolveCase: {"note": "Selesai"},
}  # fmt: skip
_OF_THE_REPORTER = {
    "reporter", "locale", "followers", "report_version", "rating", "disputes", "changed_at",
}  # fmt: skip


@dataclass
class Log:
    """What a transaction would send: every version, and each case's last state."""

    versions: dict[str, int] = field(default_factory=dict)
    told: list[CaseEvent] = field(default_factory=list)

    def emit(self, event: Event) -> int:
        self.versions[event.key] = self.versions.get(event.key, 0) + 1
        if event.topic == CASES:
            assert isinstance(event.body, CaseEvent)
            assert event.body.case.complaint_id == event.key
            self.told.append(event.body)
        return self.versions[event.key]


def opened(id_: ComplaintId, minutes: int, **changes: Any) -> CaseFile:
    report = kit.report(
        complaint_id=id_, received_at=kit.MONDAY + timedelta(minutes=minutes), **changes
    )
    decision = assign(report, Walk.rules_, kit.MONDAY + timedelta(hours=1))
    assert isinstance(decision, Assigned)
    return decision.file


@settings(max_examples=100, stateful_step_count=30, deadline=None)
class Walk(RuleBasedStateMachine):
    """Three cases, everybody who may act on them, and time."""

    rules_: Rules = Rules(kit.pack())

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = kit.MONDAY + timedelta(hours=1)
        self.log = Log()
        places = (kit.IN_SUNGGAL, kit.IN_SUNGGAL, kit.IN_SUNGGAL)
        files = [opened(id_, n, place=places[n]) for n, id_ in enumerate(IDS)]
        self.family = Family({file.id: file for file in files})
        self.dues = {file.id: file.case.deadlines for file in files}
        self.stood: dict[str, CaseFile] = {}

    @property
    def publish(self) -> Publisher:
        return Publisher(cast("Tx", self.log), self.now, family=self.family)

    def took(self, outcome: object) -> None:
        if isinstance(outcome, Moved):
            self.family.keep(self.publish.moved(outcome))

    @rule(which=st.integers(0, 2), into=st.integers(0, 2))
    def merges(self, which: int, into: int) -> None:
        file, other = self.family.files[IDS[which]], self.family.files[IDS[into]]
        parts = len(self.family.parts(file.id))
        outcome = act(file, Merge(other.id), self.rules_, self.now, other=other, parts=parts)
        if isinstance(outcome, Moved):
            self.stood[file.id] = file
        self.took(outcome)

    @rule(which=st.integers(0, 2), into=st.integers(0, 2))
    def the_rules_link(self, which: int, into: int) -> None:
        file, other = self.family.files[IDS[which]], self.family.files[IDS[into]]
        outcome = linked(file, other, len(self.family.parts(file.id)), self.now)
        if outcome is not None:
            assert standing(file.case) in {CaseState.ASSIGNED, CaseState.TRIAGE, Pause.HANDED_ON}
            assert outcome.events[0].by == "routing"
            self.stood[file.id] = file
        self.took(outcome)

    @rule(which=st.integers(0, 2))
    def unmerges(self, which: int) -> None:
        file = self.family.files[IDS[which]]
        outcome = act(file, Unmerge(), self.rules_, self.now)
        self.took(outcome)
        if isinstance(outcome, Moved):
            before, after = self.stood[file.id], self.family.files[file.id]
            known, restored = before.case.model_dump(), after.case.model_dump()
            for name in known.keys() - _OF_THE_REPORTER:
                assert restored[name] == known[name], name
            assert after.first_response_at == before.first_response_at
            assert after.verified_at == before.verified_at
            assert after.resolved_at == before.resolved_at
            assert (after.told, after.paused) == (before.told, before.paused)
            assert after.before is None

    @rule(which=st.integers(0, 2), wish=st.sampled_from([
        Assign(AgencyCode("dlh")), Assign(AgencyCode("dishub")), HandOn(AgencyCode("pln")),
        Close("Lokasi tidak ditemukan"),
    ]))  # fmt: skip
    def a_dispatcher_decides(self, which: int, wish: Wish) -> None:
        self.took(act(self.family.files[IDS[which]], wish, self.rules_, self.now))

    @rule(which=st.integers(0, 2), kind=st.sampled_from(list(COMMANDS)))
    def its_owner_commands(self, which: int, kind: type[Command]) -> None:
        file = self.family.files[IDS[which]]
        reached = self.log.versions.get(file.id, 0) + 1
        quoted = {"complaint_id": file.id, "case_version": reached}
        command = kind.model_validate({**quoted, **WORDS.get(kind, {})})
        owner = AgencyCode(file.case.owner or "dlh")
        order = Order(owner, file.id, command)
        self.took(decide(file, order, reached, self.now, self.rules_.dues))

    @rule(which=st.integers(0, 2), kind=st.sampled_from(list(ACTS)))
    def a_reporter_acts(self, which: int, kind: Any) -> None:
        file = self.family.files[IDS[which]]
        more = {SolutionRated: {"rating": 2}, QuestionAnswered: {"question": 1}}.get(kind, {})
        fact = kind.model_validate({"report": kit.report(complaint_id=file.id), **more})
        parent = self.family.files.get(file.case.part_of or IDS[0])
        merged_ = standing(file.case) is Pause.MERGED and kind is SolutionDisputed
        again = reopened(parent, self.now) if merged_ and parent else None
        if again is not None:
            file = followed(file, again, self.now)
        heard = reporter.hear(file, fact, 2, self.now, self.rules_.dues)
        self.took(Moved(heard.file, (heard.event,)))
        if again is not None:
            self.family.keep(self.publish.reopened(again, file.id, None))

    @rule(
        which=st.integers(0, 2), code=st.sampled_from(["dlh", "pln", None]), what=st.integers(0, 2)
    )
    def something_is_done_at_the_national_system(
        self, which: int, code: str | None, what: int
    ) -> None:
        file = self.family.files[IDS[which]]
        mirror = Mirror(complaint_id=file.id, status=MirrorStatus.FILED, changed_at=self.now)
        agency = AgencyCode(code) if code else None
        fact = (
            MirrorHandedOver(mirror=mirror, institution="Instansi", agency=agency)
            if what == 0
            else MirrorAnswered(
                mirror=mirror, institution="Instansi", agency=agency, note="Ya", final=what == 2
            )
        )
        self.took(national.hear(file, fact, self.rules_, self.now))

    @rule(hours=st.integers(1, 24 * 20))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for file in list(self.family.files.values()):
            outcome = passed(file, self.now, self.rules_.dues)
            if outcome is not None:
                self.family.keep(outcome.file)
                for told in outcome.told:
                    self.publish.case(file.id, told.event)

    @invariant()
    def parts_are_where_their_parents_are_and_there_are_no_chains(self) -> None:
        for file in self.family.files.values():
            if standing(file.case) is not Pause.MERGED:
                continue
            parent = self.family.files[file.case.part_of or ""]
            assert parent.case.part_of is None
            assert parent.case.ending is None
            assert file.case.owner == parent.case.owner
            assert file.case.handed_on_at == parent.case.handed_on_at
            solved = CaseState.RESOLVED
            assert (file.case.state is solved) == (parent.case.state is solved)
            assert file.before is not None
            assert file.case.waiting is None

    @invariant()
    def what_was_told_last_is_how_it_stands_and_due_dates_only_move_later(self) -> None:
        last = {event.case.complaint_id: event.case for event in self.log.told}
        for file in self.family.files.values():
            if file.id in last:
                assert last[file.id].ending == file.case.ending
                assert last[file.id].owner == file.case.owner
                assert last[file.id].part_of == file.case.part_of
            for earlier, later in zip(self.dues[file.id], file.case.deadlines[:3], strict=True):
                assert earlier.due_at <= later.due_at
            unowned = file.case.state in {CaseState.TRIAGE, CaseState.RETURNED}
            assert (file.case.owner is None) == unowned


TestWalk = Walk.TestCase


def test_who_has_a_part_is_named_in_its_reporters_language() -> None:
    parent = opened(IDS[0], 0)
    part = opened(IDS[1], 1, locale="en")
    assert part.case.owner_name != parent.case.owner_name
    case = merged(part, parent, "dispatcher", None, kit.LATER).file.case
    assert case.owner_name == part.case.owner_name


def test_nothing_confidential_is_alike() -> None:
    parent, part = opened(IDS[0], 0), opened(IDS[1], 1, confidential=True, text=None)
    assert not alike(part, parent)
    assert not alike(parent, part)
    assert not alike(parent, parent)


def test_parts_are_closed_with_a_parent_that_nobody_can_act_on_alone() -> None:
    parent = opened(IDS[0], 0)
    part = merged(opened(IDS[1], 1), parent, "dispatcher", None, kit.LATER).file
    taken = kit.standing_at(parent, CaseState.TRIAGE)
    closing = act(taken, Close("Tidak ada"), Walk.rules_, kit.LATER)
    assert isinstance(closing, Moved)
    (outcome,) = fate([part], closing.events[0], kit.LATER)
    assert standing(outcome.file.case) is Ending.CLOSED
    assert outcome.events[0].note == "Tidak ada"
    back = unmerged(part, "dispatcher", None, kit.LATER).file
    assert back.case.state is CaseState.ASSIGNED
