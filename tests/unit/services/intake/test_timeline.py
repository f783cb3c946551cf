"""The order of steps, the state, and every handled type's text in both languages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.consumers.timeline import TOPICS, subscription
from mrk_intake.domain.timeline import Placed, Step, StepOut, merged, shown, state_of
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


def test_what_routing_has_heard_is_not_shown() -> None:
    (_, step) = shown(AT, [heard(1, "in_progress", 2)])
    assert "report_version" not in step


@pytest.mark.parametrize(
    "type_",
    ["triage", "assigned", "accepted", "returned", "progress", "resolved", "mirrored",
     "mirror-refused", "notified", "information", "withdrawn", "confirmed", "disputed", "rated",
     "forwarded", "reopened", "closed", "set-aside"],
)  # fmt: skip
def test_each_step_has_its_text_in_both_languages(type_: str) -> None:
    detail = {"agency": "dishub", "national_id": "77", "channel": "email"}
    step = Step(type_, AT, None, detail)  # type: ignore[arg-type]  # the parameter's words
    received, told = shown(AT, [Placed("cases", 1, step)])
    assert received["type"] == "received"
    read = StepOut.model_validate(told)
    assert read.text.id != read.text.en
    assert "{" not in read.text.id + read.text.en
