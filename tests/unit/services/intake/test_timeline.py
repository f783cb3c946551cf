"""The order of steps, the state, and every handled type's text in both languages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.consumers.timeline import TOPICS, subscription
from mrk_intake.domain.timeline import Placed, Step, StepOut, merged, shown, state_of
from mrk_schemas.registry import types_of

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


@pytest.mark.parametrize(
    "type_",
    ["triage", "assigned", "accepted", "returned", "progress", "resolved", "mirrored",
     "mirror-refused", "notified"],
)  # fmt: skip
def test_each_step_has_its_text_in_both_languages(type_: str) -> None:
    detail = {"agency": "dishub", "national_id": "77", "channel": "email"}
    step = Step(type_, AT, None, detail)  # type: ignore[arg-type]  # the parameter's words
    received, told = shown(AT, [Placed("cases", 1, step)])
    assert received["type"] == "received"
    read = StepOut.model_validate(told)
    assert read.text.id != read.text.en
    assert "{" not in read.text.id + read.text.en
