import asyncio
import time

import asyncpg
import pytest
from work_kit import QUEUE, finish, queue_up, take, work

from mrk_delivery import work_store


@pytest.mark.parametrize("lanes", [100_000, 10])
async def test_a_poll_stays_quick_with_100_000_rows(pool: asyncpg.Pool, lanes: int) -> None:
    # in long lanes nearly all rows wait for their turn; heads that retry make no work either
    await pool.execute(
        """
        insert into work (queue, lane, key, kind, payload, dedupe, state, due_at)
        select $1, 'l' || n % $2, 'k' || n % $2, 'send', '{"n": 1}', n::text, 'ready',
            case when n < $2 then clock_timestamp() else 'infinity' end
        from generate_series(0, 99999) n
        """,
        QUEUE,
        lanes,
    )
    took = []
    for _ in range(12):
        began = time.perf_counter()
        jobs = await take(pool, 10)
        took.append(time.perf_counter() - began)
        for job in jobs:
            async with pool.acquire() as conn, conn.transaction():
                await work_store.retry(conn, job, 0 if lanes == 10 else 600, "busy")
    assert all(job.queue == QUEUE for job in jobs)
    assert sorted(took)[len(took) // 2] < 0.02, took


async def test_many_takers_never_have_two_of_a_lane_and_keep_its_order(pool: asyncpg.Pool) -> None:
    lanes = [f"l{n}" for n in range(8)]
    await queue_up(pool, *[work(lane, n) for n in range(25) for lane in lanes])
    order: dict[str, list[int]] = {lane: [] for lane in lanes}
    busy: set[str] = set()

    async def taker() -> None:
        idle = 0
        while idle < 20:
            try:
                jobs = await take(pool, 3)
            except asyncpg.UniqueViolationError:
                jobs = []
            idle = 0 if jobs else idle + 1
            for job in jobs:
                assert job.lane not in busy
                busy.add(job.lane)
                order[job.lane].append(job.payload["n"])
            await asyncio.sleep(0.002)
            for job in jobs:
                busy.discard(job.lane)
                await finish(pool, job)

    await asyncio.gather(*(taker() for _ in range(6)))
    assert order == {lane: list(range(25)) for lane in lanes}
