import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from delivery_kit import SERVICE
from work_kit import QUEUE, finish, queue_up, take, work

from mrk_delivery import work_store
from mrk_delivery.tx import unit
from mrk_delivery.work import Job, Work


async def states(pool: asyncpg.Pool, lane: str) -> list[str]:
    rows = await pool.fetch("select state from work where lane = $1 order by id", lane)
    return [row["state"] for row in rows]


def places(jobs: list[Job]) -> list[tuple[str, int]]:
    return sorted((job.lane, job.payload["n"]) for job in jobs)


async def test_only_the_oldest_unfinished_row_of_a_lane_is_taken(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2), work("b", 1), work("a", 3))
    first = await take(pool)
    assert places(first) == [("a", 1), ("b", 1)]
    assert await take(pool) == []
    await finish(pool, next(job for job in first if job.lane == "a"))
    assert places(await take(pool)) == [("a", 2)]


async def test_an_attempt_is_committed_with_its_lease(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1))
    (job,) = await take(pool, lease_s=30)
    (row,) = await pool.fetch(
        "select state, attempts, leased_until - clock_timestamp() as left_ from work"
    )
    assert (row["state"], row["attempts"], job.attempts) == ("running", 1, 1)
    assert timedelta(seconds=25) < row["left_"] <= timedelta(seconds=30)


async def test_a_repeated_row_is_stored_once_and_does_not_stop_its_lane(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 1))
    (job,) = await take(pool)
    await finish(pool, job)
    await queue_up(pool, work("a", 1), work("a", 2))
    assert places(await take(pool)) == [("a", 2)]


async def test_a_row_waits_for_its_instant(pool: asyncpg.Pool) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    await queue_up(
        pool, work("a", 1, not_before=later), work("b", 1), work("b", 2, not_before=later)
    )
    (job,) = await take(pool)
    assert job.lane == "b"
    await finish(pool, job)
    assert await take(pool) == []


async def test_a_retry_keeps_its_place_and_blocks_its_lane(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2))
    (job,) = await take(pool)
    async with pool.acquire() as conn, conn.transaction():
        assert await work_store.fence(conn, job, or_unknown=False)
        await work_store.retry(conn, job, 60, "busy")
    assert await take(pool) == []
    await pool.execute("update work set due_at = clock_timestamp() where state = 'ready'"
                       " and due_at < 'infinity'")  # fmt: skip
    (again,) = await take(pool)
    assert (again.payload["n"], again.attempts) == (1, 2)


async def test_a_due_row_still_waits_for_the_earlier_ones_of_its_lane(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2))
    await pool.execute("update work set due_at = clock_timestamp() where dedupe = 'a-2'")
    await pool.execute("update work set due_at = 'tomorrow' where dedupe = 'a-1'")
    assert await take(pool) == []


async def test_an_unknown_row_blocks_its_lane_and_a_held_one_does_not(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2), work("b", 1), work("b", 2))
    a, b = await take(pool)
    async with pool.acquire() as conn, conn.transaction():
        await work_store.doubt(conn, a, "no answer")
        await work_store.finish(conn, b, "held", reason="not filed")
    (job,) = await take(pool)
    assert (job.lane, job.payload["n"]) == ("b", 2)


async def test_released_rows_come_back_in_their_order_one_at_a_time(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2), work("a", 3))
    for _ in range(2):
        (job,) = await take(pool)
        await finish(pool, job, "held")
    (running,) = await take(pool)
    async with unit(pool, SERVICE) as tx:
        await tx.release(QUEUE, "a")
    assert await take(pool) == [], "one call a lane, even when an older row comes back"
    await finish(pool, running)
    for n in (1, 2):
        (job,) = await take(pool)
        assert job.payload["n"] == n
        await finish(pool, job)


async def test_the_database_itself_allows_one_call_a_lane(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2))
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute("update work set state = 'running', leased_until = clock_timestamp()")


async def test_a_late_answer_changes_nothing_after_the_next_attempt_began(
    pool: asyncpg.Pool,
) -> None:
    await queue_up(pool, work("a", 1))
    (late,) = await take(pool)
    async with pool.acquire() as conn, conn.transaction():
        await work_store.retry(conn, late, 0, "busy")
    (current,) = await take(pool)
    async with pool.acquire() as conn, conn.transaction():
        assert not await work_store.fence(conn, late, or_unknown=True)
        assert await work_store.fence(conn, current, or_unknown=False)


async def test_a_sure_answer_still_resolves_a_row_whose_lease_expired(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1))
    (job,) = await take(pool)
    async with pool.acquire() as conn, conn.transaction():
        await work_store.doubt(conn, job, "the lease expired")
        assert not await work_store.fence(conn, job, or_unknown=False)
        assert await work_store.fence(conn, job, or_unknown=True)


async def test_absence_counts_only_when_repeated_after_the_grace(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1))
    (job,) = await take(pool)
    async with pool.acquire() as conn:
        await work_store.doubt(conn, job, "no answer")
        assert not await work_store.absent(conn, job, 0, grace_s=0), "once proves nothing"
        assert not await work_store.absent(conn, job, 0, grace_s=0), "the same look-up twice"
        assert not await work_store.absent(conn, job, 1, grace_s=60), "within the grace"
        assert await work_store.absent(conn, job, 2, grace_s=0)
    (again,) = await take(pool)
    assert again.repeated
    assert again.attempts == 2


async def test_a_look_up_is_claimed_once_until_its_next_time(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1))
    (job,) = await take(pool)
    async with pool.acquire() as conn:
        await work_store.doubt(conn, job, "no answer")
        ((claimed, absences),) = await work_store.claim_look_ups(conn, QUEUE, 10, 30)
        assert (claimed.id, absences) == (job.id, 0)
        assert await work_store.claim_look_ups(conn, QUEUE, 10, 30) == []


async def test_only_expired_leases_are_found(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("b", 1))
    (short,) = await take(pool, 1, lease_s=0.001)
    await take(pool, 1, lease_s=60)
    await asyncio.sleep(0.01)
    async with pool.acquire() as conn:
        assert [job.id for job in await work_store.expired(conn, QUEUE, 10)] == [short.id]


async def test_an_erasure_blanks_skips_and_tells_what_was_out(pool: asyncpg.Pool) -> None:
    rows = [work("a", 1), work("a", 2), work("b", 1), work("c", 1), work("c", 2), work("d", 1)]
    await queue_up(pool, *[Work(**{**_fields(row), "key": "k"}) for row in rows])
    a, b, c, d = sorted(await take(pool), key=lambda job: job.lane)
    async with pool.acquire() as conn, conn.transaction():
        await work_store.doubt(conn, b, "no answer")
        await work_store.finish(conn, c, "done", result={"number": 7})
        await work_store.finish(conn, d, "held", reason="waits")
    async with unit(pool, SERVICE) as tx:
        await tx.lock(["k"])
        met = await tx.erase("k")
    assert (met.in_flight, met.unknown, met.finished) == (1, 1, 1)
    assert await pool.fetchval("select count(*) from work where payload <> '{}'") == 0
    assert await states(pool, "a") == ["running", "skipped"]
    assert await states(pool, "b") == ["skipped"]
    assert await states(pool, "c") == ["done", "skipped"]
    assert await states(pool, "d") == ["skipped"]
    assert await pool.fetchval("select reason from work where lane = 'b'") == (
        work_store.ERASED_IN_DOUBT
    )
    assert a.payload == {"n": 1}, "the call in flight has what it needs"


async def test_work_of_an_erased_key_is_stored_without_payload_and_never_runs(
    pool: asyncpg.Pool,
) -> None:
    async with unit(pool, SERVICE) as tx:
        await tx.lock(["k"])
        await tx.erase("k")
        tx.enqueue(work("a", 1, key="k"))
    assert await take(pool) == []
    (row,) = await pool.fetch("select state, payload::text as payload from work")
    assert tuple(row) == ("skipped", "{}")


async def test_a_missed_turn_is_given(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("b", 1), work("b", 2))
    await pool.execute("update work set due_at = 'infinity'")
    assert await take(pool) == []
    async with pool.acquire() as conn:
        assert await work_store.heal(conn, QUEUE) == 2
    assert places(await take(pool)) == [("a", 1), ("b", 1)]


async def test_depth_counts_the_unfinished_and_ages_without_the_held(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", 1), work("a", 2), work("b", 1))
    a, b = await take(pool)
    await finish(pool, a, "held")
    await finish(pool, b)
    await pool.execute("update work set created_at = created_at - interval '1 hour'"
                       " where state = 'ready'")  # fmt: skip
    async with pool.acquire() as conn:
        counts, age_s = await work_store.depth(conn, QUEUE)
    assert counts == {"ready": 1, "held": 1}
    assert 3600 <= age_s < 3700


def _fields(row: Work) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Work.__dataclass_fields__}
