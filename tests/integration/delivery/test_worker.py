import asyncio
import time
from collections import deque
from datetime import timedelta

import asyncpg
import pytest
from delivery_kit import SERVICE
from work_kit import (
    QUEUE,
    Scripted,
    queue_up,
    states,
    until,
    until_states,
    work,
    working,
)

from mrk_delivery import work_store
from mrk_delivery.errors import Transient
from mrk_delivery.tx import unit
from mrk_delivery.work import (
    Done,
    Held,
    Job,
    Outcome,
    Refused,
    Retry,
    Skipped,
)
from mrk_telemetry.metrics import REGISTRY


def attempts(outcome: str) -> float:
    labels = {"stage": QUEUE, "outcome": outcome}
    return REGISTRY.get_sample_value("mrk_attempts_total", labels) or 0.0


async def test_work_is_done_in_order_per_lane_with_its_event_in_the_same_transaction(
    pool: asyncpg.Pool,
) -> None:
    handler = Scripted(emits=True)
    await queue_up(pool, *[work(lane, n) for n in range(5) for lane in "abc"])
    async with working(pool, handler):
        await until_states(pool, a_4="done", b_4="done", c_4="done")
    for lane in "abc":
        assert [j.payload["n"] for j in handler.calls if j.lane == lane] == list(range(5))
    assert await pool.fetchval("select count(*) from outbox") == 15
    rows = await pool.fetch("select version from test_event where key = 'a' order by version")
    assert [row["version"] for row in rows] == [1, 2, 3, 4, 5]
    assert await pool.fetchval("select distinct result::text from work") == '{"number": 1}'


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Refused("no such place"), "refused"), (Skipped("nobody"), "skipped"), (Held("x"), "held")],
)
async def test_an_end_is_told_and_the_lane_goes_on(
    pool: asyncpg.Pool, outcome: Outcome, state: str
) -> None:
    handler = Scripted(deque([outcome, Done()]))
    await queue_up(pool, work("a", 1), work("a", 2))
    async with working(pool, handler):
        await until_states(pool, a_1=state, a_2="done")
    assert handler.told == [("a", state), ("a", "done")]


async def test_no_transaction_is_open_while_a_call_is_out(pool: asyncpg.Pool) -> None:
    async def call(_job: Job) -> Outcome:
        rows = await pool.fetch(
            "select state from pg_stat_activity where datname = current_database()"
            " and state like 'idle in transaction%'"
        )
        return Done({"open": len(rows)})

    await queue_up(pool, work("a"))
    async with working(pool, Scripted(deque([call])), concurrency=1):
        await until_states(pool, a_1="done")
    assert await pool.fetchval("select result->>'open' from work") == "0"


async def test_retries_come_back_with_growing_pauses_and_are_not_told(pool: asyncpg.Pool) -> None:
    before = attempts("retry")
    handler = Scripted(deque([Retry("busy"), Transient("later"), Retry("busy"), Done()]))
    await queue_up(pool, work("a", 1), work("a", 2))
    began = time.monotonic()
    async with working(pool, handler, base_s=0.1, cap_s=0.2):
        await until_states(pool, a_1="done", a_2="done")
    assert time.monotonic() - began >= 0.05 + 0.1 + 0.1
    assert [(j.payload["n"], j.attempts) for j in handler.calls] == [
        *((1, n) for n in (1, 2, 3, 4)),
        (2, 1),
    ]
    assert not any(job.repeated for job in handler.calls)
    assert handler.told == [("a", "done"), ("a", "done")]
    assert attempts("retry") - before == 3


async def test_a_pause_that_the_peer_asks_for_is_kept(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Retry("429", after=timedelta(seconds=0.6)), Done()]))
    await queue_up(pool, work("a"))
    began = time.monotonic()
    async with working(pool, handler):
        await until_states(pool, a_1="done")
    assert time.monotonic() - began >= 0.6


async def test_the_last_attempt_ends_in_a_refusal(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Retry("busy")]))
    await queue_up(pool, work("a"))
    async with working(pool, handler, max_attempts=3):
        await until_states(pool, a_1="refused")
    assert len(handler.calls) == 3
    assert handler.told == [("a", "refused")]


async def test_an_erasure_is_acknowledged_when_the_last_call_in_flight_has_ended(
    pool: asyncpg.Pool,
) -> None:
    entered, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def call(job: Job) -> Outcome:
        entered.release()
        await go_on.wait()
        return Done() if job.lane == "a" else Retry("busy")

    handler = Scripted(deque([call]))
    await queue_up(pool, *[work(lane, n, key="k") for lane in "ab" for n in (1, 2)])
    async with working(pool, handler):
        await entered.acquire()
        await entered.acquire()
        async with unit(pool, SERVICE) as tx:
            await tx.lock(["k"])
            assert (await tx.erase("k")).in_flight == 2
        assert handler.drains == []
        go_on.set()
        await until_states(pool, a_1="done", a_2="skipped", b_1="skipped", b_2="skipped")
        await until(lambda: _drained(handler))
    assert handler.drains == ["k"]
    assert sorted(handler.told) == [("a", "done"), ("b", "skipped")]


async def _drained(handler: Scripted) -> bool:
    return bool(handler.drains)


async def test_an_erased_row_whose_lease_expires_may_have_been_received(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a", key="k"))
    async with pool.acquire() as conn:
        await work_store.take(conn, QUEUE, 1, 0.05)
    async with unit(pool, SERVICE) as tx:
        await tx.lock(["k"])
        await tx.erase("k")
    handler = Scripted()
    async with working(pool, handler):
        await until(lambda: _drained(handler))
    assert await states(pool) == {"a-1": "skipped"}
    assert await pool.fetchval("select reason from work") == work_store.ERASED_IN_DOUBT
    assert handler.told == [("a", "skipped")]
    assert handler.looked == []


async def test_the_trace_of_a_row_goes_on_in_its_event(pool: asyncpg.Pool) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await queue_up(pool, work("a", traceparent=trace))
    async with working(pool, Scripted(emits=True)):
        await until_states(pool, a_1="done")
    assert await pool.fetchval("select traceparent from test_event") == trace
