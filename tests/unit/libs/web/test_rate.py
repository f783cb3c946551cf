import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_web.problems import ProblemError
from mrk_web.rate import RateLimiter, rate_limited


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(2, 3, clock)
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now = 0.5
    assert limiter.take("a") == 0
    assert limiter.take("a") == 0.5


def test_a_long_rest_fills_the_bucket_and_no_more() -> None:
    clock = Clock()
    limiter = RateLimiter(2, 3, clock)
    limiter.take("a")
    clock.now = 1_000_000
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_refused_request_takes_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(1, 1, clock)
    limiter.take("a")
    for _ in range(100):
        assert limiter.take("a") == 1
    clock.now = 1
    assert limiter.take("a") == 0


def test_keys_do_not_share() -> None:
    limiter = RateLimiter(1, 1, Clock())
    assert limiter.take("a") == limiter.take("b") == 0
    assert limiter.take("a") > 0


def test_memory_is_bounded_and_the_longest_unused_is_forgotten() -> None:
    limiter = RateLimiter(1, 1, Clock(), max_keys=2)
    limiter.take("a")
    limiter.take("b")
    limiter.take("a")
    limiter.take("c")
    assert len(limiter) == 2
    assert limiter.take("a") > 0
    assert limiter.take("b") == 0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clock = Clock()
    clock.now = 10
    limiter = RateLimiter(1, 1, clock)
    limiter.take("a")
    clock.now = 0
    assert limiter.take("a") == 1


@given(st.lists(st.floats(0, 5), max_size=50))
def test_no_more_than_burst_and_rate_ever_pass(waits: list[float]) -> None:
    clock = Clock()
    limiter = RateLimiter(2, 3, clock)
    passed = 0
    for wait in waits:
        clock.now += wait
        passed += limiter.take("a") == 0
    assert passed <= 3 + 2 * clock.now + 1e-6


def test_who_waits_as_told_passes() -> None:
    clock = Clock()
    limiter = RateLimiter(0.3, 2, clock)
    limiter.take("a", 2)
    clock.now += limiter.take("a", 2) + 1e-9
    assert limiter.take("a", 2) == 0


def test_a_refusal_is_429_with_whole_seconds() -> None:
    limiter = RateLimiter(0.4, 1, Clock())
    limiter.require("a")
    with pytest.raises(ProblemError) as refused:
        limiter.require("a")
    assert refused.value.problem.status == 429
    assert refused.value.headers == {"retry-after": "3"}
    assert rate_limited(0.01).headers == {"retry-after": "1"}


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0.5), (-1, 1)])
def test_limits_that_let_nothing_through_are_refused(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        RateLimiter(rate, burst)


@pytest.mark.parametrize("cost", [0, 4])
def test_a_cost_that_can_never_be_paid_is_refused(cost: float) -> None:
    with pytest.raises(ValueError, match="cost"):
        RateLimiter(1, 3).take("a", cost)


def test_how_much_is_left_is_told_without_taking() -> None:
    clock = Clock()
    limiter = RateLimiter(2, 4, clock)
    assert (limiter.left("a"), len(limiter)) == (1, 0)
    for _ in range(3):
        limiter.take("a")
    assert limiter.left("a") == limiter.left("a") == 0.25
    assert limiter.until("a", 0.75) == 1
    clock.now = 1
    assert (limiter.left("a"), limiter.until("a", 0.75)) == (0.75, 0)
    clock.now = 100
    assert limiter.left("a") == 1


def test_less_than_a_whole_token_is_nothing_left() -> None:
    clock = Clock()
    limiter = RateLimiter(0.01, 4, clock=clock)
    for _ in range(4):
        assert limiter.take("a") == 0
    clock.now += 99
    assert limiter.left("a") == 0
    assert limiter.until("a", 0.5) == pytest.approx(101)
    clock.now += 2
    assert limiter.left("a") == pytest.approx(0.2525)
