import pytest

from mrk_telemetry.health import Health


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


def test_a_process_that_has_stated_nothing_is_alive_and_not_ready(health: Health) -> None:
    assert health.livez() == (True, {"ok": True, "loops": {}})
    assert health.readyz() == (False, {"ok": False, "conditions": {}})


def test_a_loop_that_stops_beating_ends_liveness(health: Health, clock: Clock) -> None:
    health.progress("relay", 10)
    clock.now += 10
    assert health.livez()[0]
    clock.now += 0.1
    alive, detail = health.livez()
    assert not alive
    assert detail["loops"] == {"relay": {"ok": False, "silent_s": 10.1, "stall_after_s": 10}}


def test_a_beat_gives_the_loop_its_time_again(health: Health, clock: Clock) -> None:
    beat = health.progress("relay", 10)
    clock.now += 9
    beat.beat()
    clock.now += 9
    assert health.livez()[0]


def test_one_stalled_loop_is_enough(health: Health, clock: Clock) -> None:
    health.progress("stalled", 10)
    other = health.progress("other", 10)
    clock.now += 11
    other.beat()
    assert not health.livez()[0]


def test_a_retired_loop_owes_nothing(health: Health, clock: Clock) -> None:
    health.progress("once", 10).retire()
    clock.now += 1000
    assert health.livez()[0]


def test_a_restarted_loop_replaces_its_former_beat(health: Health, clock: Clock) -> None:
    health.progress("loop", 10)
    clock.now += 11
    health.progress("loop", 10)
    assert health.livez()[0]


def test_a_limit_of_nothing_is_refused(health: Health) -> None:
    with pytest.raises(ValueError, match="above 0"):
        health.progress("loop", 0)


def test_a_condition_fails_until_it_is_said_to_hold(health: Health) -> None:
    database = health.condition("database")
    assert health.readyz() == (False, {"ok": False, "conditions": {"database": "not yet"}})
    database.ok()
    assert health.readyz() == (True, {"ok": True, "conditions": {"database": "ok"}})
    database.fail("cannot connect")
    assert health.readyz()[1]["conditions"] == {"database": "cannot connect"}


def test_readiness_does_not_end_liveness(health: Health) -> None:
    health.condition("database").fail("down")
    assert health.livez()[0]


def test_a_condition_is_found_again_by_its_name(health: Health) -> None:
    assert health.condition("database") is health.condition("database")
