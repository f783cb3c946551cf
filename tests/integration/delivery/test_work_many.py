import asyncio
import json
from datetime import timedelta

import asyncpg
import pytest
from work_kit import QUEUE, finish, queue_up, take, work

from mrk_delivery import work_sql


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
    # pages touched, not seconds: they do not depend on what else the machine does
    for _ in range(5):
        (plan,) = await pool.fetch(
            f"explain (analyze, buffers, format json) {work_sql.TAKE}",
            QUEUE,
            10,
            timedelta(seconds=30),
        )
        (whole,) = json.loads(plan[0])
        pages = whole["Plan"]["Shared Hit Blocks"] + whole["Plan"]["Shared Read Blocks"]
        assert pages < 1_500, pages
        await pool.execute(
            "update work set state = 'ready', leased_until = null,"
            " due_at = clock_timestamp() + $1::interval where state = 'running'",
            timedelta(seconds=0 if lanes == 10 else 600),
        )
    assert await pool.fetchval("select max(attempts) from work") == (5 if lanes == 10 else 1)


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
