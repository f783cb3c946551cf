import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator

import asyncpg
import pytest
import structlog
from delivery_kit import SERVICE
from work_kit import (
    QUEUE,
    Scripted,
    policy,
    queue_up,
    states,
    until,
    until_states,
    work,
    working,
)

from mrk_delivery import work_store
from mrk_delivery.errors import Transient
from mrk_delivery.settlement import Settler
from mrk_delivery.work import (
    Absent,
    CannotLook,
    Done,
    Job,
    Outcome,
    Resend,
    Retry,
    Unknown,
)
from mrk_telemetry.logs import configure_logging


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    configure_logging("tester", "worker")
    yield lambda: capsys.readouterr().out
    structlog.reset_defaults()


async def test_an_unexpected_error_is_unknown_and_logged_once_without_its_words(
    pool: asyncpg.Pool, logs: Callable[[], str]
) -> None:
    handler = Scripted(deque([RuntimeError("nomor 0812 of a payload")]), deque([CannotLook()]))
    await queue_up(pool, work("a", 1), work("a", 2))
    async with working(pool, handler):
        await until(lambda: _looked(handler, 2))
    assert await states(pool) == {"a-1": "unknown", "a-2": "ready"}
    assert len(handler.calls) == 1, "never sent again blindly"
    assert handler.told == [("a", "unknown")]
    out = logs()
    assert out.count("work.call_failed") == 1
    assert "0812" not in out
    assert "0812" not in await pool.fetchval("select reason from work where id = 1")


async def _looked(handler: Scripted, times: int) -> bool:
    return len(handler.looked) >= times


async def test_a_handler_may_know_that_its_error_came_before_the_call(pool: asyncpg.Pool) -> None:
    class Knowing(Scripted):
        def may_have_left(self, job: Job, error: Exception) -> bool:
            del job
            return not isinstance(error, ConnectionRefusedError)

    handler = Knowing(deque([ConnectionRefusedError(), Done()]))
    await queue_up(pool, work("a"))
    async with working(pool, handler):
        await until_states(pool, a_1="done")
    assert not handler.looked
    assert len(handler.calls) == 2


async def test_a_call_that_outlasts_three_quarters_of_its_lease_is_unknown(
    pool: asyncpg.Pool,
) -> None:
    async def slow(_job: Job) -> Outcome:
        await asyncio.sleep(30)
        return Done()

    handler = Scripted(deque([slow]), deque([CannotLook()]))
    await queue_up(pool, work("a"))
    async with working(pool, handler, lease_s=2):
        await until_states(pool, a_1="unknown")
    assert await pool.fetchval("select reason from work") == "no answer in time"


async def test_what_a_look_up_finds_is_settled_as_done(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Unknown("reset")]), deque([CannotLook(), Done({"number": 9})]))
    await queue_up(pool, work("a", 1))
    async with working(pool, handler):
        await until_states(pool, a_1="done")
    assert len(handler.calls) == 1
    assert handler.told == [("a", "unknown"), ("a", "done")]
    assert await pool.fetchval("select result->>'number' from work") == "9"


async def test_only_an_absence_repeated_after_the_grace_sends_again(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Unknown("reset"), Done()]), deque([Absent()]))
    await queue_up(pool, work("a", 1), work("a", 2))
    began = time.monotonic()
    async with working(pool, handler, grace_s=0.5, look_up_every_s=0.1):
        await until_states(pool, a_1="done", a_2="done")
    assert time.monotonic() - began >= 0.5
    assert len(handler.looked) >= 2
    assert [(j.payload["n"], j.repeated) for j in handler.calls] == [
        (1, False),
        (1, True),
        (2, False),
    ]


async def test_without_a_grace_one_absence_is_still_not_enough(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Unknown("reset"), Done()]), deque([Absent()]))
    await queue_up(pool, work("a"))
    async with working(pool, handler, grace_s=0):
        await until_states(pool, a_1="done")
    assert len(handler.looked) == 2


async def test_a_peer_that_cannot_be_asked_gets_it_again_without_the_grace(
    pool: asyncpg.Pool,
) -> None:
    handler = Scripted(deque([Unknown("reset"), Done()]), deque([Resend()]))
    await queue_up(pool, work("a"))
    async with working(pool, handler, grace_s=60):
        await until_states(pool, a_1="done")
    assert [job.repeated for job in handler.calls] == [False, True]


async def test_a_look_up_that_fails_leaves_it_unknown(pool: asyncpg.Pool) -> None:
    handler = Scripted(deque([Unknown("reset")]), deque([ValueError("x"), Transient(), Done()]))
    await queue_up(pool, work("a"))
    async with working(pool, handler):
        await until_states(pool, a_1="done")
    assert len(handler.looked) == 3


async def test_the_lease_of_a_killed_worker_ends_as_unknown_never_as_ready(
    pool: asyncpg.Pool,
) -> None:
    await queue_up(pool, work("a", 1), work("a", 2))
    async with pool.acquire() as conn:
        await work_store.take(conn, QUEUE, 10, 0.3)
    handler = Scripted(looks=deque([CannotLook()]))
    async with working(pool, handler):
        await until_states(pool, a_1="unknown")
        await until(lambda: _looked(handler, 1))
    assert handler.calls == []
    assert handler.told == [("a", "unknown")]


async def test_an_answer_after_the_next_attempt_began_is_dropped(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a"))
    settler = Settler(pool, SERVICE, handler := Scripted(), policy())
    async with pool.acquire() as conn:
        (late,) = await work_store.take(conn, QUEUE, 1, 30)
        await work_store.retry(conn, late, 0, "busy")
        (current,) = await work_store.take(conn, QUEUE, 1, 30)
    await settler.answer(late, Done({"number": 1}))
    assert await states(pool) == {"a-1": "running"}
    await settler.answer(current, Done({"number": 2}))
    assert await pool.fetchval("select result->>'number' from work") == "2"
    assert handler.told == [("a", "done")]


async def test_a_late_retry_does_not_take_a_row_out_of_doubt(pool: asyncpg.Pool) -> None:
    await queue_up(pool, work("a"))
    settler = Settler(pool, SERVICE, handler := Scripted(), policy())
    async with pool.acquire() as conn:
        (job,) = await work_store.take(conn, QUEUE, 1, 30)
    await settler.expire(job)
    await settler.answer(job, Retry("busy"))
    assert await states(pool) == {"a-1": "unknown"}
    await settler.answer(job, Done())
    assert await states(pool) == {"a-1": "done"}
    assert handler.told == [("a", "unknown"), ("a", "done")]


async def test_what_cannot_be_recorded_is_not_repeated_until_somebody_looks(
    pool: asyncpg.Pool, logs: Callable[[], str]
) -> None:
    handler = Scripted(broken=True, emits=True)
    await queue_up(pool, work("a", 1), work("b", 1))
    async with working(pool, handler):
        await until_states(pool, a_1="unknown", b_1="unknown")
        await asyncio.sleep(0.3)
        assert (len(handler.calls), len(handler.looked)) == (2, 0)
        handler.broken = False
        await pool.execute("update work set due_at = clock_timestamp() where state = 'unknown'")
        await until_states(pool, a_1="done", b_1="done")
    assert len(handler.calls) == 2
    out = logs()
    assert out.count("work.not_recorded") == 2
    assert "secret words" not in out
    assert await pool.fetchval("select count(*) from outbox") == 2


async def test_a_peer_that_never_answers_and_cannot_be_asked_is_not_flooded(
    pool: asyncpg.Pool,
) -> None:
    handler = Scripted(deque([Unknown("reset")]), deque([Resend()]))
    await queue_up(pool, work("a"))
    async with working(pool, handler, base_s=0.4, cap_s=0.4):
        await until(lambda: _called(handler, 3))
    first, _, third = handler.at[:3]
    assert third - first >= 2 * 0.2  # half of each pause is jitter


async def _called(handler: Scripted, times: int) -> bool:
    return len(handler.calls) >= times
