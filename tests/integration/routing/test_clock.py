"""What is due, on a real database: once, by whoever comes first, and never behind an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_routing.domain.due import DueDates
from mrk_routing.store import due
from mrk_routing.workers.clock import CaseClock
from mrk_schemas.agencies import AcceptCase, AskReporter
from mrk_schemas.registry import CASES
from mrk_schemas.reports import QuestionAnswered
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

INBOX = "agency.sdabmbk.inbox.v1"
UNTIL = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@pytest.fixture
def case_clock(pool: asyncpg.Pool, pack: CityPack, clock: FixedClock) -> CaseClock:
    health = Health()
    beat, ready = health.progress("clock", 60), health.condition("database")
    return CaseClock(pool, DueDates(pack), clock, beat, ready)


async def asked(routing: kit.Routing, *numbers: int) -> None:
    await routing.reports(*[kit.received(number) for number in numbers])
    for kind in (AcceptCase, AskReporter):
        await routing.commands(*[kit.command(kind, number=number) for number in numbers])


async def test_without_an_answer_the_case_goes_on_at_the_stated_time_and_once(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await asked(routing, 1, 2)
    before = await routing.case()
    clock.advance(UNTIL - clock.now() - timedelta(seconds=1))
    assert await case_clock.once() == 0
    clock.advance(timedelta(hours=5))  # the role was away for a while
    assert await due.late_s(routing.pool, clock.now()) == pytest.approx(5 * 3600 - 1)
    assert [await case_clock.once() for _ in range(2)] == [2, 0]
    assert await due.late_s(routing.pool, clock.now()) == 0
    told, inbox = (await routing.sent(CASES))[-1], (await routing.sent(INBOX))[-1]
    assert told.type == inbox.type == "case.resumed"
    assert told.body["by"] == "routing"
    assert told.body["case"]["reporter"]
    assert "reporter" not in inbox.body["case"]
    after = await routing.case()
    assert (after["state"], "waiting" in after) == ("in_progress", False)
    moved = {d["clock"]: d for d in after["deadlines"]}["resolution"]
    was = {d["clock"]: d for d in before["deadlines"]}["resolution"]
    assert moved["due_at"] > was["due_at"]
    assert moved["derivation"].endswith(
        "; ditambah 5 hari kerja menunggu pelapor (2 Mar sampai 9 Mar)"
    )
    versions = [e.version for e in await routing.sent() if e.key == kit.complaint(1)]
    assert versions == list(range(1, len(versions) + 1))


async def test_what_is_not_due_after_all_does_not_come_again(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await asked(routing, 1)
    # as a release that knows no wait would leave the row
    await routing.pool.execute("update case_file set body = body - 'waiting'")
    clock.advance(timedelta(days=30))
    assert [await case_clock.once() for _ in range(2)] == [1, 0]
    assert "case.resumed" not in await routing.types()


async def test_two_of_them_share_what_is_due(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await asked(routing, *range(1, 151))
    clock.advance(timedelta(days=30))
    async with held(routing.pool, kit.complaint(7)):
        await asyncio.gather(*(case_clock.once() for _ in range(4)))
        assert await case_clock.once() == 0
        assert (await routing.types()).count("case.resumed") == 298  # one is somebody else's now
    assert await case_clock.once() == 1
    assert (await routing.types()).count("case.resumed") == 300


@asynccontextmanager
async def held(pool: asyncpg.Pool, key: str) -> AsyncIterator[None]:
    """Somebody has a case's stream locked."""
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("select 1 from stream where key = $1 for update", key)
        yield


async def test_an_answer_and_the_time_that_runs_out_take_effect_once_together(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    numbers = range(1, 31)
    await asked(routing, *numbers)
    clock.advance(timedelta(days=30))
    answers = [
        routing.reports(kit.acted(QuestionAnswered, number, note="Timur", question=1))
        for number in numbers
    ]
    await asyncio.gather(*answers, *(case_clock.once() for _ in range(10)))
    await case_clock.once()
    types = [event.type for event in await routing.sent(CASES)]
    assert types.count("case.resumed") + types.count("case.answered") == 30
    # whoever came second: a late answer is information, and no answer is lost
    assert types.count("case.answered") + types.count("case.information-added") == 30
    notes = [event.body.get("note") for event in await routing.sent(INBOX)]
    assert notes.count("Timur") == 30


async def test_it_runs_until_stopped_and_outlives_a_database_that_is_away(
    routing: kit.Routing, clock: FixedClock, pack: CityPack, dsn: str
) -> None:
    await asked(routing, 1)
    clock.advance(timedelta(days=30))
    health, stop = Health(), Stop()
    ready = health.condition("database")
    beat = health.progress("clock", 60)
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1)
    async with pool:
        async with pool.acquire() as conn:
            pid = conn.get_server_pid()
        await routing.pool.execute("select pg_terminate_backend($1)", pid)
        running = asyncio.create_task(CaseClock(pool, DueDates(pack), clock, beat, ready).run(stop))
        async with asyncio.timeout(20):
            while "case.resumed" not in await routing.types():
                await asyncio.sleep(0.02)
        stop.set()
        await running
    assert health.readyz()[0]
