import asyncio
import time
from collections import deque

import asyncpg
from work_kit import (
    QUEUE,
    Running,
    Scripted,
    queue_up,
    states,
    until,
    until_states,
    work,
    working,
)

from mrk_delivery.database import closing, open_pool
from mrk_delivery.work import (
    CannotLook,
    Done,
    Held,
    Job,
    Outcome,
    Unknown,
)
from mrk_local.postgres import PostgresServer
from mrk_telemetry.metrics import REGISTRY


async def _looked(handler: Scripted, times: int) -> bool:
    return len(handler.looked) >= times


async def test_calls_in_flight_never_exceed_the_policy(pool: asyncpg.Pool) -> None:
    async def call(_job: Job) -> Outcome:
        await asyncio.sleep(0.02)
        return Done()

    handler = Scripted(deque([call]))
    await queue_up(pool, *[work(f"l{n}") for n in range(40)])
    async with working(pool, handler, concurrency=3):
        await until_states(pool, **{f"l{n}_1": "done" for n in range(40)})
    assert handler.most == 3


async def test_the_rate_is_kept(pool: asyncpg.Pool) -> None:
    handler = Scripted()
    await queue_up(pool, *[work(f"l{n}") for n in range(40)])
    began = time.monotonic()
    async with working(pool, handler, rate_per_s=20):
        await until_states(pool, **{f"l{n}_1": "done" for n in range(40)})
    assert time.monotonic() - began >= 0.9, "20 at once, the others over a second"


async def test_look_ups_do_not_starve_calls_of_a_scarce_rate(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([*[Unknown("reset")] * 10, Done()]), deque([CannotLook()]))
    await queue_up(pool, *[work(f"u{n}") for n in range(10)])
    async with working(pool, handler, rate_per_s=10, look_up_every_s=0.01):
        await until(lambda: _looked(handler, 5))
        await queue_up(pool, *[work(f"n{n}") for n in range(6)])
        await until_states(pool, **{f"n{n}_1": "done" for n in range(6)})


async def test_a_stop_lets_calls_in_flight_end_and_takes_no_more(pool: asyncpg.Pool) -> None:
    entered = asyncio.Event()

    async def call(_job: Job) -> Outcome:
        entered.set()
        await asyncio.sleep(0.4)
        return Done()

    handler = Scripted(deque([call]))
    await queue_up(pool, work("a", 1), work("a", 2))
    async with working(pool, handler) as running:
        await entered.wait()
        await running.end()
    assert await states(pool) == {"a-1": "done", "a-2": "ready"}
    assert len(handler.calls) == 1


async def test_a_worker_that_loses_the_database_settles_when_it_is_back(
    pool: asyncpg.Pool, postgres: PostgresServer
) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def call(_job: Job) -> Outcome:
        entered.set()
        await go_on.wait()
        return Done()

    handler = Scripted(deque([call]))
    await queue_up(pool, work("a"))
    name = await pool.fetchval("select current_database()")
    async with working(pool, handler) as running:
        await entered.wait()
        admin = await open_pool(postgres.admin_dsn, max_size=1)
        async with closing(admin):
            await admin.execute(f'alter database "{name}" allow_connections false')
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
            )
            go_on.set()
            await until(lambda: _unready(running))
            await admin.execute(f'alter database "{name}" allow_connections true')
        await until_states(pool, a_1="done")
        await until(lambda: _ready(running))
    assert len(handler.calls) == 1


async def _unready(running: Running) -> bool:
    return not running.health.readyz()[0]


async def _ready(running: Running) -> bool:
    return running.health.readyz()[0]


async def test_an_idle_worker_costs_next_to_nothing(pool: asyncpg.Pool) -> None:
    async with working(pool, Scripted()) as running:
        await asyncio.sleep(5.3)  # the busy polling of a start is over
        windows = []
        for _ in range(3):  # a neighbour on the same core makes single windows dearer
            before = time.process_time()
            await asyncio.sleep(2)
            windows.append((time.process_time() - before) / 2)
        alive, _ = running.health.livez()
    assert min(windows) < 0.01, windows
    assert alive


async def test_new_work_is_begun_soon(pool: asyncpg.Pool) -> None:
    handler = Scripted()
    async with working(pool, handler):
        await asyncio.sleep(0.3)
        await queue_up(pool, work("a"))
        async with asyncio.timeout(5):  # half of a lease
            await until_states(pool, a_1="done")


async def test_depth_and_age_are_measured(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Held("waits")]))
    await queue_up(pool, work("a"))
    async with working(pool, handler):
        await until_states(pool, a_1="held")
    async with working(pool, handler):
        await until(_measured)


async def _measured() -> bool:
    labels = {"queue": QUEUE, "state": "held"}
    return REGISTRY.get_sample_value("mrk_work_depth", labels) == 1.0
