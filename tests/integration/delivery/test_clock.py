import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from mrk_delivery.clock import ClockRefused, advance, open_clock


async def test_every_movable_clock_follows_within_a_second_or_two(pool: asyncpg.Pool) -> None:
    async with (
        open_clock(pool, True, poll_s=0.05) as first,
        open_clock(pool, True, poll_s=0.05) as second,
    ):
        assert abs(first.now() - datetime.now(UTC)) < timedelta(seconds=1)
        assert await advance(pool, timedelta(days=3), "local") == timedelta(days=3)
        async with asyncio.timeout(20):
            while {first.moved_by, second.moved_by} != {timedelta(days=3)}:
                await asyncio.sleep(0.02)
        ahead = second.now() - datetime.now(UTC)
        assert abs(ahead - timedelta(days=3)) < timedelta(seconds=1)


async def test_a_clock_opened_later_knows_the_offset_and_moves_add_up(pool: asyncpg.Pool) -> None:
    await advance(pool, timedelta(hours=5), "test")
    assert await advance(pool, timedelta(hours=-6), "test") == timedelta(hours=-1)
    async with open_clock(pool, True) as clock:
        assert clock.moved_by == timedelta(hours=-1)


async def test_an_immovable_clock_is_real_time(pool: asyncpg.Pool) -> None:
    await advance(pool, timedelta(days=3), "local")
    async with open_clock(pool, False) as clock:
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


async def test_production_refuses(pool: asyncpg.Pool) -> None:
    with pytest.raises(ClockRefused):
        await advance(pool, timedelta(days=3), "production")
    assert await pool.fetchval("select moved_by from delivery_clock") == timedelta()


async def test_a_database_that_goes_away_does_not_stop_the_clock(pool: asyncpg.Pool) -> None:
    await advance(pool, timedelta(days=1), "local")
    async with open_clock(pool, True, poll_s=0.05) as clock:
        await pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        await advance(pool, timedelta(days=1), "local")
        async with asyncio.timeout(20):
            while clock.moved_by != timedelta(days=2):
                await asyncio.sleep(0.02)
