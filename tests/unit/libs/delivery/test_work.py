from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_delivery.token_bucket import TokenBucket
from mrk_delivery.work import (
    LONGEST_ASKED_S,
    Done,
    Refused,
    Retry,
    RetryPolicy,
    TellsWhetherSent,
    Unknown,
    Work,
    WorkPolicy,
)

POLICY = WorkPolicy(4, 10.0, 1, 60, 20, 30, 5, max_attempts=3)


@pytest.mark.parametrize(
    ("attempts", "least", "most"), [(1, 0.5, 1), (2, 1, 2), (3, 2, 4), (7, 30, 60), (500, 30, 60)]
)
def test_pauses_double_up_to_the_cap(attempts: int, least: float, most: float) -> None:
    retry = RetryPolicy(base_s=1, cap_s=60)
    assert retry.pause_s(attempts, share=0) == least
    assert retry.pause_s(attempts, share=1) == most


@given(st.integers(1, 100_000), st.floats(0, 1))
def test_no_pause_is_nothing_or_above_the_cap(attempts: int, share: float) -> None:
    assert 0.05 <= RetryPolicy(0.1, 15).pause_s(attempts, share) <= 15


def test_what_the_peer_asks_for_is_the_least_and_is_bounded() -> None:
    retry = RetryPolicy(1, 60)
    assert retry.pause_s(1, 0, timedelta(seconds=90)) == 90
    assert retry.pause_s(7, 1, timedelta(seconds=1)) == 60
    assert retry.pause_s(1, 0, timedelta(days=400)) == LONGEST_ASKED_S
    assert retry.pause_s(1, 0, timedelta(seconds=-5)) == 0.5


@pytest.mark.parametrize(("base", "cap"), [(0, 1), (2, 1), (-1, 1)])
def test_pauses_that_make_no_sense_are_refused(base: float, cap: float) -> None:
    with pytest.raises(ValueError, match="base_s"):
        RetryPolicy(base, cap)


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"rate_per_s": 0},
        {"lease_s": 0},
        {"look_up_every_s": 0},
        {"grace_s": -1},
        {"max_attempts": 0},
        {"base_s": 0},
        {"cap_s": 0.5},
    ],
)
def test_a_policy_that_cannot_work_is_refused(wrong: dict[str, float]) -> None:
    good = {
        "concurrency": 1,
        "rate_per_s": None,
        "base_s": 1,
        "cap_s": 2,
        "lease_s": 20,
        "grace_s": 0,
        "look_up_every_s": 1,
    }
    WorkPolicy(**good)  # type: ignore[arg-type]  # one dict for all kinds of values
    with pytest.raises(ValueError, match=r"must be|needs"):
        WorkPolicy(**(good | wrong))  # type: ignore[arg-type]  # as above


def test_a_call_is_given_up_before_its_lease_ends() -> None:
    assert POLICY.call_s < POLICY.lease_s


def test_only_a_retry_beyond_the_last_attempt_becomes_a_refusal() -> None:
    assert POLICY.decide(Retry("busy"), 2) == Retry("busy")
    assert POLICY.decide(Retry("busy"), 3) == Refused("given up after 3 attempts: busy")
    assert POLICY.decide(Unknown("reset"), 3) == Unknown("reset")
    assert POLICY.decide(Done(), 9) == Done()
    endless = WorkPolicy(1, None, 1, 2, 20, 0, 1)
    assert endless.decide(Retry("busy"), 10_000) == Retry("busy")


def test_a_bucket_gives_the_rate_and_a_second_of_burst() -> None:
    bucket = TokenBucket(10, at=100.0)
    assert bucket.available(100.0) == 10
    bucket.spend(10)
    assert bucket.available(100.0) == 0
    assert bucket.wait_s() == pytest.approx(0.1)
    assert bucket.available(100.25) == 2
    assert bucket.available(999.0) == 10


def test_a_slow_rate_gives_one_at_a_time() -> None:
    bucket = TokenBucket(0.5, at=0.0)
    bucket.spend(1)
    assert bucket.available(1.0) == 0
    assert bucket.wait_s() == pytest.approx(1.0)
    assert bucket.available(2.0) == 1


def test_no_rate_is_no_limit() -> None:
    bucket = TokenBucket(None, at=0.0)
    bucket.spend(1_000)
    assert bucket.available(0.0) is None
    assert bucket.wait_s() == 0


@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.2, 50))
def test_never_more_begins_than_rate_times_time_and_one_burst(
    gaps: list[float], rate: float
) -> None:
    bucket, now, begun = TokenBucket(rate, at=0.0), 0.0, 0
    for gap in gaps:
        now += gap
        count = bucket.available(now) or 0
        bucket.spend(count)
        begun += count
    assert begun <= rate * now + max(1.0, rate) + 1e-6


def test_a_handler_tells_whether_its_call_left_only_if_it_can() -> None:
    class Knows:
        def may_have_left(self, job: object, error: Exception) -> bool:
            del job, error
            return False

    assert isinstance(Knows(), TellsWhetherSent)
    assert not isinstance(object(), TellsWhetherSent)


def test_work_without_a_trace_has_none() -> None:
    row = Work("q", "l", "k", "send", {}, "d", not_before=datetime(2026, 3, 2, tzinfo=UTC))
    assert row.traceparent is None
