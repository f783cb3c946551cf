"""A question to the reporter: where it may be asked, what pauses, and every way on from there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import routing_kit as kit

from mrk_routing.domain import refusals
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.command import NOT_REACHABLE, Order, decide
from mrk_routing.domain.escalation import next_at
from mrk_routing.domain.outcome import Moved, Refused
from mrk_routing.domain.passing import passed
from mrk_routing.domain.reporter import Heard, hear
from mrk_routing.domain.standing import Pause, standing
from mrk_routing.domain.waiting import ran_out
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import (
    CaseAnswered,
    CaseAsked,
    CaseInformationAdded,
    CaseResumed,
    CaseState,
    CaseWithdrawn,
    Deadline,
)
from mrk_schemas.ids import AgencyCode
from mrk_schemas.reports import InformationAdded, Locale, QuestionAnswered, ReportWithdrawn

OWNER = AgencyCode("sdabmbk")
ASKED = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)  # Wednesday, 10:00 in Medan, in Ramadan
QUESTION = "Lubang yang mana, di sebelah mana sekolah? Hubungi 0812-3456-7890"
ANSWER = "Di depan gerbang timur"


def give(file: CaseFile, kind: type[Command], at: datetime = ASKED, **words: str) -> object:
    body = kind.model_validate({"complaint_id": kit.COMPLAINT, "case_version": 2, **words})
    return decide(file, Order(OWNER, kit.COMPLAINT, body), 2, at, kit.dues())


def moved(file: CaseFile, kind: type[Command], at: datetime = ASKED, **words: str) -> Moved:
    outcome = give(file, kind, at, **words)
    assert isinstance(outcome, Moved), outcome
    return outcome


def accepted(rules: Rules, **changes: object) -> CaseFile:
    return moved(kit.assigned(rules, **changes), AcceptCase).file


def asked(rules: Rules, **changes: object) -> Moved:
    return moved(accepted(rules, **changes), AskReporter, question=QUESTION)


def answer(file: CaseFile, at: datetime, question: int | None = 1) -> Heard:
    act = QuestionAnswered(report=kit.report(), note=ANSWER, question=question)
    return hear(file, act, 9, at, kit.dues())


def resolution(file: CaseFile) -> Deadline:
    return kit.due(file)["resolution"]


def test_a_question_is_masked_and_the_case_waits_for_a_stated_time(rules: Rules) -> None:
    outcome = asked(rules)
    (event,) = outcome.events
    case = outcome.file.case
    assert isinstance(event, CaseAsked)
    assert (event.by, event.note) == (OWNER, QUESTION[:-14] + "[nomor telepon]")
    assert standing(case) is Pause.WAITING
    # yesterday's readers, who know of no wait, read a state that is true
    assert (case.state, case.questions, case.owner) == (CaseState.IN_PROGRESS, 1, OWNER)
    assert case.waiting is not None
    assert case.waiting.since == ASKED
    assert case.waiting.until == datetime(2026, 3, 11, 8, 0, tzinfo=UTC)  # 15:00: Ramadan
    assert case.waiting.derivation == "5 hari kerja sejak Rab 4 Mar 10:00"
    assert case.deadlines == accepted(rules).case.deadlines
    assert next_at(outcome.file, kit.dues()) == case.waiting.until
    assert outcome.remark is None
    assert str(outcome.file.words).endswith("[nomor telepon]")


def test_the_agency_is_told_where_the_reporter_cannot_be(rules: Rules) -> None:
    assert asked(rules, reporter=None).remark == NOT_REACHABLE


def test_a_case_must_be_accepted_before_its_reporter_is_asked(rules: Rules) -> None:
    assert give(kit.assigned(rules), AskReporter, question=QUESTION) == Refused(
        refusals.ACCEPT_FIRST
    )


def test_a_second_question_waits_for_the_first_answer(rules: Rules) -> None:
    file = asked(rules).file
    assert give(file, AskReporter, question="Kapan?") == Refused(refusals.ALREADY_ASKED)
    after = answer(file, ASKED + timedelta(hours=2)).file
    assert moved(after, AskReporter, question="Kapan?").file.case.questions == 2


def test_of_an_erased_report_nobody_can_be_asked(rules: Rules) -> None:
    gone = accepted(rules).blanked(ASKED)
    assert give(gone, AskReporter, question="Kapan?") == Refused(refusals.NOBODY_TO_ASK)


def test_an_answer_puts_the_owner_back_to_work_and_the_clock_goes_on(rules: Rules) -> None:
    file = asked(rules).file
    outcome = answer(file, ASKED + timedelta(days=5))  # Monday: three working days later
    case = outcome.file.case
    assert isinstance(outcome.event, CaseAnswered)
    assert (outcome.event.by, outcome.event.note) == ("reporter", ANSWER)
    assert outcome.to_owner
    assert outcome.turned
    assert (case.state, case.waiting) == (CaseState.IN_PROGRESS, None)
    before, after = resolution(file), resolution(outcome.file)
    calendar = kit.pack().calendar
    assert calendar.working_days(before.due_at, after.due_at) == 3
    assert after.derivation == (
        f"{before.derivation}; ditambah 3 hari kerja menunggu pelapor (4 Mar sampai 9 Mar)"
    )
    others = {clock: due for clock, due in kit.due(file).items() if clock != "resolution"}
    assert others == {c: d for c, d in kit.due(outcome.file).items() if c != "resolution"}
    assert str(outcome.file.words).endswith(f"[nomor telepon]\n\n{ANSWER}")


def test_in_english_the_days_are_told_in_english(rules: Rules) -> None:
    file = asked(rules, locale=Locale.EN).file
    told = resolution(answer(file, ASKED + timedelta(days=1)).file).derivation
    assert told.endswith("; plus 1 working day of waiting for the reporter (4 Mar to 5 Mar)")


def test_an_answer_of_the_same_day_moves_nothing(rules: Rules) -> None:
    file = asked(rules).file
    assert answer(file, ASKED + timedelta(hours=3)).file.case.deadlines == file.case.deadlines


def test_a_late_answer_is_information_and_resumes_nothing(rules: Rules) -> None:
    first = answer(asked(rules).file, ASKED + timedelta(hours=1)).file
    late = answer(first, ASKED + timedelta(hours=2))
    assert isinstance(late.event, CaseInformationAdded)
    assert (late.event.note, late.to_owner, late.turned) == (ANSWER, True, False)
    assert late.event.answer
    assert str(late.file.words).count(ANSWER) == 2
    second = moved(first, AskReporter, question="Kapan terjadinya?").file
    for question in (1, None):  # to the first one, or to none
        outcome = answer(second, ASKED + timedelta(hours=2), question)
        assert isinstance(outcome.event, CaseInformationAdded)
        assert standing(outcome.file.case) is Pause.WAITING
    assert isinstance(answer(second, ASKED + timedelta(hours=2), 2).event, CaseAnswered)


def test_a_comment_neither_answers_nor_moves_anything(rules: Rules) -> None:
    file = asked(rules).file
    act = InformationAdded(report=kit.report(), note="Sudah tiga minggu")
    outcome = hear(file, act, 9, ASKED + timedelta(days=3), kit.dues())
    assert isinstance(outcome.event, CaseInformationAdded)
    assert not outcome.event.answer
    assert outcome.file.case.waiting == file.case.waiting
    assert outcome.file.case.deadlines == file.case.deadlines


@pytest.mark.parametrize(
    ("kind", "words", "state"),
    [
        (ReportProgress, {"note": "Kami sudah menemukannya"}, CaseState.IN_PROGRESS),
        (ResolveCase, {"note": "Ditambal"}, CaseState.RESOLVED),
        (ReturnCase, {"reason": "Ini jalan nasional"}, CaseState.TRIAGE),
    ],
)
def test_an_owner_may_go_on_without_the_answer(
    rules: Rules, kind: type[Command], words: dict[str, str], state: CaseState
) -> None:
    file = asked(rules).file
    outcome = moved(file, kind, ASKED + timedelta(days=1), **words)
    case = outcome.file.case
    assert (case.state, case.waiting) == (state, None)
    assert all(event.case.waiting is None for event in outcome.events)
    assert resolution(outcome.file).due_at > resolution(file).due_at


def test_an_end_stops_the_wait_and_counts_it(rules: Rules) -> None:
    file = asked(rules).file
    act = ReportWithdrawn(report=kit.report(), note=None)
    outcome = hear(file, act, 9, ASKED + timedelta(days=1), kit.dues())
    assert isinstance(outcome.event, CaseWithdrawn)
    assert outcome.file.case.waiting is None
    assert next_at(outcome.file, kit.dues()) is None
    assert resolution(outcome.file).due_at > resolution(file).due_at


def test_a_wait_never_lasts_longer_than_was_said_however_late_that_is_noticed(
    rules: Rules,
) -> None:
    file = asked(rules).file
    waiting = file.case.waiting
    assert waiting is not None
    assert not ran_out(file, waiting.until - timedelta(seconds=1))
    assert ran_out(file, waiting.until)
    in_time = answer(file, waiting.until).file
    late = answer(file, waiting.until + timedelta(days=40)).file
    assert in_time.case.deadlines == late.case.deadlines
    calendar = kit.pack().calendar
    assert calendar.working_days(resolution(file).due_at, resolution(late).due_at) == 5


def test_when_no_answer_came_the_owner_goes_on_and_nothing_gets_stale(rules: Rules) -> None:
    file = asked(rules).file
    waiting = file.case.waiting
    assert waiting is not None
    assert passed(file, waiting.until - timedelta(seconds=1), kit.dues()) is None
    outcome = passed(file, waiting.until, kit.dues())
    assert outcome is not None
    case = outcome.file.case
    (told,) = outcome.told
    assert isinstance(told.event, CaseResumed)
    assert (told.event.by, told.event.note, told.what) == ("routing", None, "answer")
    assert told.event.case == case
    assert (case.state, case.waiting, case.changed_at) == (
        CaseState.IN_PROGRESS,
        None,
        waiting.until,
    )
    assert outcome.file.others_version == file.others_version
    assert passed(outcome.file, waiting.until, kit.dues()) is None


def test_an_erased_case_waits_for_nobody(rules: Rules) -> None:
    blank = asked(rules).file.blanked(ASKED)
    assert (blank.case.waiting, next_at(blank, kit.dues()), blank.details) == (None, None, ())


def test_the_owner_has_both_names_and_the_details(rules: Rules) -> None:
    attributes = ({"code": "damage", "value": "hole"},)
    file = kit.assigned(rules, attributes=attributes, locale=Locale.EN)
    names = file.case.owner_names
    assert names is not None
    assert names.en == file.case.owner_name == "Water Resources, Roads and Construction Office"
    assert names.id == kit.pack().agencies[OWNER].names["id"]
    assert [(d.code, d.value) for d in file.details] == [("damage", "hole")]
    returned = moved(file, ReturnCase, reason="Ini jalan nasional")
    assert returned.file.case.owner_names is None
    assert returned.file.details == file.details
    assert replace(file, details=()).details == ()
