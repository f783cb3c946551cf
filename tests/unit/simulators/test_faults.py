from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_simulators.faults import Decision, FaultConfigError, FaultPlan

KINDS = {
    "complaint": frozenset({"latency", "reset", "error"}),
    "poll": frozenset({"latency", "error", "repeated"}),
}


def plan(**raw: Any) -> FaultPlan:
    made = FaultPlan(KINDS, {"lookup": True})
    made.configure(raw)
    return made


def kinds(made: FaultPlan, group: str, count: int) -> list[str | None]:
    drawn = (made.draw(group, "").fault for _ in range(count))
    return [fault.kind if fault else None for fault in drawn]


def test_without_a_configuration_nothing_strikes() -> None:
    assert FaultPlan(KINDS).draw("complaint", "") == Decision()


@given(seed=st.integers(0, 2**31), rate=st.floats(0, 0.5))
def test_a_seed_replays_its_faults_whatever_other_groups_do(seed: int, rate: float) -> None:
    raw = {"seed": seed, "rates": {"complaint": {"reset": rate, "error": rate}}}
    alone, beside = plan(**raw), plan(**raw)
    first = kinds(alone, "complaint", 30)
    second = []
    for _ in range(30):
        beside.draw("poll", "")
        second += kinds(beside, "complaint", 1)
    assert first == second


def test_rates_are_kept_and_exclusive() -> None:
    drawn = kinds(
        plan(seed=3, rates={"complaint": {"reset": 0.3, "error": 0.2}}), "complaint", 5000
    )
    assert 0.27 < drawn.count("reset") / 5000 < 0.33
    assert 0.17 < drawn.count("error") / 5000 < 0.23


def test_latency_comes_together_with_another_fault() -> None:
    made = plan(rates={"complaint": {"latency": {"rate": 1, "ms": 250}, "error": 1}})
    decision = made.draw("complaint", "")
    assert decision.latency == 0.25
    assert decision.fault is not None


def test_one_shots_go_in_order_and_only_to_their_group_and_text() -> None:
    made = plan(
        next=[
            {"group": "complaint", "kind": "reset", "contains": "MRK-1"},
            {"group": "complaint", "kind": "error", "times": 2},
        ]
    )
    assert kinds(made, "poll", 1) == [None]
    assert kinds(made, "complaint", 1) == ["error"]
    fault = made.draw("complaint", "the body of MRK-1").fault
    assert fault is not None
    assert fault.kind == "reset"
    assert kinds(made, "complaint", 2) == ["error", None]


def test_a_one_shot_without_a_group_waits_for_a_group_that_knows_it() -> None:
    made = plan(next=[{"kind": "repeated"}])
    assert kinds(made, "complaint", 1) == [None]
    assert kinds(made, "poll", 2) == ["repeated", None]


def test_what_is_shown_can_be_sent_back() -> None:
    raw: dict[str, Any] = {
        "seed": 9,
        "lookup": False,
        "rates": {"complaint": {"error": [{"rate": 0.5, "contains": "x"}, {"rate": 0.1}]}},
        "next": [{"group": "poll", "kind": "error", "rate": 1.0, "times": 3}],
    }
    shown = plan(**raw).describe()
    assert {name: shown[name] for name in raw} == raw


def test_requests_and_faults_are_counted() -> None:
    made = plan(rates={"complaint": {"error": 1}})
    kinds(made, "complaint", 4)
    shown = made.describe()
    assert (shown["requests"], shown["injected"]) == ({"complaint": 4}, {"complaint.error": 4})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([], "not an object"),
        ({"sed": 1}, "unknown sed"),
        ({"seed": "1"}, "seed"),
        ({"lookup": 1}, "lookup"),
        ({"rates": {"nobody": {}}}, "nobody"),
        ({"rates": {"complaint": {"repeated": 1}}}, "repeated"),
        ({"rates": {"complaint": {"error": 1.5}}}, "between 0 and 1"),
        ({"rates": {"complaint": {"error": 0.6, "reset": 0.6}}}, "more than 1"),
        ({"rates": {"complaint": {"error": {"rate": True}}}}, "wrong type"),
        ({"rates": {"complaint": {"error": {"rte": 1}}}}, "unknown rte"),
        ({"next": {}}, "not a list"),
        ({"next": [{"kind": "flood"}]}, "flood"),
        ({"next": [{"group": "poll", "kind": "reset"}]}, "reset"),
        ({"next": [{"group": "x", "kind": "reset"}]}, "unknown group"),
        ({"next": [{"kind": "error", "times": 0}]}, "too small"),
    ],
)
def test_a_wrong_configuration_is_named_and_the_old_one_stays(raw: Any, message: str) -> None:
    made = plan(rates={"complaint": {"error": 1}})
    with pytest.raises(FaultConfigError, match=message):
        made.configure(raw)
    assert kinds(made, "complaint", 1) == ["error"]
