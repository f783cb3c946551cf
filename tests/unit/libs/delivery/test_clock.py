from datetime import UTC, datetime, timedelta, timezone

from mrk_delivery.clock import Clock, FixedClock


def test_a_clock_is_ahead_by_its_offset() -> None:
    clock = Clock(timedelta(days=3))
    ahead = clock.now() - datetime.now(UTC)
    assert timedelta(days=3) - timedelta(seconds=1) < ahead <= timedelta(days=3)
    assert clock.now().tzinfo is UTC


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 3, 2, 15, tzinfo=timezone(timedelta(hours=7))))
    assert clock.now() == clock.now() == datetime(2026, 3, 2, 8, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(hours=-3))
    assert clock.now() == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
