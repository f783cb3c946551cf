"""The order of steps, the state, and every handled type's text in both languages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.consumers.timeline import TOPICS, subscription
from mrk_intake.domain.timeline import (
    ENDS,
    Placed,
    Step,
    merged,
    open_question,
    shown,
    state_of,
    step_of,
)
from mrk_intake.domain.timeline_out import StepOut
from mrk_schemas.cases import (
    Case,
    CaseAnswered,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseEscalated,
    CaseMerged,
    CaseProgressed,
    CaseReminded,
    CaseResolved,
    CaseResumed,
    CaseUnmerged,
    ClockName,
)
from mrk_schemas.registry import REPORTS, types_of

AT = datetime(2026, 3, 2, tzinfo=UTC)


def placed(topic: str, sequence: int, minute: int, state: str | None = None) -> Placed:
    step = Step("progress", AT + timedelta(minutes=minute), state, {"agency": "dishub"})
    return Placed(topic, sequence, step)


def test_every_type_of_the_topics_is_handled_or_ignored() -> None:
    found = subscription()
    declared = frozenset().union(*(types_of(topic) for topic in TOPICS))
    assert found.handles | found.ignores == declared
    assert found.handles & found.ignores == frozenset()
    assert {type_ for type_ in declared if ".erased." in type_} == found.passes


def test_within_a_topic_versions_decide_even_where_clocks_go_back() -> None:
    steps = [placed("cases", 1, 10), placed("cases", 2, 3), placed("mirrors", 1, 5)]
    assert [(p.topic, p.sequence) for p in merged(steps)] == [
        ("mirrors", 1), ("cases", 1), ("cases", 2),
    ]  # fmt: skip


@given(st.permutations(range(8)))
def test_the_order_of_arrival_does_not_matter(order: list[int]) -> None:
    steps = [placed("ab"[n % 2], n, n * 7 % 5) for n in range(8)]
    assert merged(steps[n] for n in order) == merged(steps)


def test_the_state_is_the_newest_versions() -> None:
    assert state_of([]) == "received"
    assert state_of([placed("mirrors", 9, 1)]) == "received"
    steps = [placed("cases", 2, 0, "accepted"), placed("cases", 1, 9, "assigned")]
    assert state_of(steps) == "accepted"


def own(sequence: int, state: str | None) -> Placed:
    return Placed(REPORTS, sequence, Step("disputed", AT, state, {}))


def heard(sequence: int, state: str, version: int) -> Placed:
    return Placed("cases", sequence, Step("reopened", AT, state, {"report_version": version}))


def test_a_dispute_stands_until_routing_has_heard_of_it() -> None:
    steps = [placed("cases", 7, 1, "resolved"), own(2, "disputed"), own(3, None)]
    assert state_of(steps) == "disputed"
    assert state_of([*steps, heard(9, "in_progress", 2)]) == "in_progress"
    again = [*steps, heard(9, "in_progress", 2), heard(11, "resolved", 3)]
    assert state_of(again) == "resolved"
    assert state_of([*again, own(4, "disputed")]) == "disputed"


@pytest.mark.parametrize("end", ["withdrawn", "confirmed"])
def test_what_the_reporter_ended_is_ended_at_once_and_for_good(end: str) -> None:
    assert state_of([own(2, end)]) == end
    assert state_of([placed("cases", 9, 1, "accepted"), own(2, end)]) == end


QUESTION = "Di sebelah mana sekolah?"
NAMES = {"id": "Dinas Perhubungan", "en": "Transport Office"}


def case(**changes: Any) -> Case:
    values: dict[str, Any] = {
        "complaint_id": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01", "tracking_number": "7K3-Q9W-XTC",
        "kind": "complaint", "state": "in_progress", "owner": "dishub",
        "owner_name": NAMES["id"], "owner_names": NAMES, "anonymous": False,
        "confidential": False, "received_at": AT, "changed_at": AT,
        "deadlines": [{"clock": "resolution", "due_at": AT, "derivation": "14 hari kerja"}],
    }  # fmt: skip
    return Case.model_validate({**values, **changes})


def asked_step(number: int = 1, heard: int | None = None) -> Step:
    waiting = {"since": AT, "until": AT + timedelta(days=7), "derivation": "5 hari kerja"}
    waits = case(questions=number, waiting=waiting, report_version=heard)
    step = step_of(CaseAsked(case=waits, by="dishub", note=QUESTION), AT)
    assert step is not None
    return step


def test_a_question_waits_until_its_answer_was_heard_of() -> None:
    asking = Placed("cases", 3, asked_step())
    assert state_of([asking]) == "waiting"
    assert open_question([asking]) == asking
    answer = Placed(REPORTS, 2, Step("answered", AT, "in_progress", {"note": "Timur"}))
    assert state_of([asking, answer]) == "in_progress"
    assert open_question([asking, answer]) is None
    after = case(questions=1, report_version=2)
    heard_of = step_of(CaseAnswered(case=after, by="reporter", note="Timur"), AT)
    assert heard_of is not None
    assert (heard_of.type, heard_of.state) == ("continued", "in_progress")
    # a later question waits for another answer
    again = Placed("cases", 8, asked_step(2, heard=2))
    placed_ = [asking, answer, Placed("cases", 5, heard_of), again]
    assert state_of(placed_) == "waiting"
    assert open_question(placed_) == again


def test_only_the_reporter_reads_a_question_and_its_answer() -> None:
    steps = [
        Placed("cases", 3, asked_step()),
        Placed(REPORTS, 2, Step("answered", AT, "in_progress", {"note": "Timur"})),
        Placed(
            "cases", 4, Step("progress", AT, "in_progress", {"agency": "dishub", "note": "Ada"})
        ),
    ]
    own_ = {step["type"]: step for step in shown(AT, steps, proven=True)}
    assert (own_["asked"]["note"], own_["answered"]["note"]) == (QUESTION, "Timur")
    assert own_["asked"]["answer_by"] == "2026-03-09T00:00:00.000Z"
    assert own_["asked"]["answer_by_derivation"] == "5 hari kerja"
    assert own_["asked"]["derivation"] == "14 hari kerja"
    public = {step["type"]: step for step in shown(AT, steps)}
    assert "note" not in public["asked"]
    assert "note" not in public["answered"]
    assert public["progress"]["note"] == "Ada"


def test_after_a_question_every_step_of_the_case_tells_its_dates_anew() -> None:
    for event, by in (
        (CaseProgressed, "dishub"),
        (CaseResolved, "dishub"),
        (CaseResumed, "routing"),
    ):
        step = step_of(event(case=case(questions=1), by=by), AT)
        assert step is not None
        assert step.detail["derivation"] == "14 hari kerja"
    step = step_of(CaseProgressed(case=case(), by="dishub"), AT)
    assert step is not None
    assert "derivation" not in step.detail


def test_a_step_names_its_agency_in_the_readers_language_and_an_old_one_as_it_can() -> None:
    new = step_of(CaseAssigned(case=case(state="assigned"), by="routing"), AT)
    assert new is not None
    later = Step("returned", AT, "returned", {"agency": "dishub"})
    _, first, second = shown(AT, [Placed("cases", 1, new), Placed("cases", 2, later)])
    for step in (first, second):
        assert NAMES["id"] in step["text"]["id"]
        assert NAMES["en"] in step["text"]["en"]
        assert step["agency_names"] == NAMES
    old = Step("assigned", AT, "assigned", {"agency": "dishub", "agency_name": "Dishub"})
    _, told = shown(AT, [Placed("cases", 1, old)])
    assert told["text"] == {"id": "Diteruskan kepada Dishub.", "en": "Assigned to Dishub."}
    _, told = shown(AT, [Placed("cases", 1, later)])
    assert "dishub" in told["text"]["en"]


def test_what_routing_has_heard_is_not_shown() -> None:
    (_, step) = shown(AT, [heard(1, "in_progress", 2)])
    assert "report_version" not in step


@pytest.mark.parametrize(
    "type_",
    ["triage", "assigned", "accepted", "returned", "progress", "resolved", "mirrored",
     "mirror-refused", "notified", "information", "withdrawn", "confirmed", "disputed", "rated",
     "forwarded", "reopened", "closed", "set-aside", "asked", "answered", "continued",
     "unanswered", "handed-on"],
)  # fmt: skip
def test_each_step_has_its_text_in_both_languages(type_: str) -> None:
    detail = {"agency": "dishub", "national_id": "77", "channel": "email"}
    step = Step(type_, AT, None, detail)  # type: ignore[arg-type]  # the parameter's words
    received, told = shown(AT, [Placed("cases", 1, step)])
    assert received["type"] == "received"
    read = StepOut.model_validate(told)
    assert read.text.id != read.text.en
    assert "{" not in read.text.id + read.text.en


def escalated() -> Case:
    names = {"id": "Wali Kota", "en": "Mayor"}
    reached = {"level": "mayor", "names": names, "clock": "resolution", "at": AT}
    return case(escalation=reached)


def test_an_escalation_says_to_whom_in_both_languages() -> None:
    step = step_of(CaseEscalated(case=escalated(), by="routing"), AT)
    assert step is not None
    assert (step.type, step.state) == ("escalated", "in_progress")
    _, told = shown(AT, [Placed("cases", 1, step)])
    assert told["text"] == {
        "id": "Tenggatnya lewat; laporan disampaikan ke Wali Kota.",
        "en": "It is overdue and was raised to: Mayor.",
    }
    assert (told["level"], told["clock"]) == ("mayor", "resolution")


@pytest.mark.parametrize(
    ("reason", "note", "type_"),
    [("confirmation-window", None, "lapsed"), ("dispatcher", "Lokasi tidak ada", "closed")],
)
def test_a_closed_case_says_why_and_is_an_end(reason: str, note: str | None, type_: str) -> None:
    ended = case(state="resolved", ending="closed")
    step = step_of(CaseClosed(case=ended, by="routing", reason=reason, note=note), AT)
    assert step is not None
    assert (step.type, step.state, step.detail.get("note")) == (type_, "closed", note)
    assert state_of([Placed("cases", 1, step)]) in ENDS
    _, told = shown(AT, [Placed("cases", 1, step)])
    assert all(told["text"].values())


def test_a_reminder_is_not_the_publics() -> None:
    reminded = CaseReminded(case=case(), by="routing", clock=ClockName.RESOLUTION, share=50)
    assert step_of(reminded, AT) is None


@pytest.mark.parametrize(("event", "type_"), [(CaseMerged, "joined"), (CaseUnmerged, "alone")])
def test_a_merging_names_no_other_report(
    event: type[CaseMerged | CaseUnmerged], type_: str
) -> None:
    other = "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e02"
    step = step_of(event(case=case(part_of=other), by="routing", note="Sama, 081234567890"), AT)
    assert step is not None
    assert step.type == type_
    _, told = shown(AT, [Placed("cases", 1, step)])
    assert all(told["text"].values())
    assert other not in str(told)
    assert told["note"].startswith("Sama, ")
    assert "081234567890" not in str(told)
