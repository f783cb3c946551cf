"""Reminders, levels and closings on a real database: each once, whoever sweeps, whatever dies."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_delivery.producer import Row
from mrk_routing.domain.due import DueDates
from mrk_routing.service import SERVICE
from mrk_routing.store import due
from mrk_routing.store.cases import NEVER
from mrk_routing.workers.clock import CaseClock
from mrk_schemas.agencies import AcceptCase, ResolveCase, ReturnCase
from mrk_schemas.mirrors import MirrorAnswered
from mrk_schemas.registry import CASES
from mrk_telemetry.health import Health

INBOX = "agency.sdabmbk.inbox.v1"
STAND_IN = "agency.diskominfo.inbox.v1"
BREACHED = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
"""When the first response is due: nobody accepted."""
MANY = 1_200


def sweeper(pool: asyncpg.Pool, pack: CityPack, clock: FixedClock) -> CaseClock:
    health = Health()
    beat, ready = health.progress("clock", 60), health.condition("database")
    return CaseClock(pool, DueDates(pack), clock, beat, ready)


@pytest.fixture
def case_clock(pool: asyncpg.Pool, pack: CityPack, clock: FixedClock) -> CaseClock:
    return sweeper(pool, pack, clock)


async def swept(case_clock: CaseClock) -> None:
    while await case_clock.once():
        pass


async def told(routing: kit.Routing, type_: str, topic: str = CASES) -> Counter[str]:
    """How often each complaint was told of it."""
    return Counter(event.key for event in await routing.sent(topic) if event.type == type_)


async def test_a_reminder_then_a_level_reach_everybody_and_the_owner(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await routing.reports(kit.received())
    before = await routing.case()
    clock.advance(BREACHED - clock.now() - timedelta(hours=1))
    await swept(case_clock)
    reminded, inbox = (await routing.sent(CASES))[-1], (await routing.sent(INBOX))[-1]
    assert reminded.type == inbox.type == "case.reminded"
    assert (reminded.body["clock"], reminded.body["share"]) == ("first_response", 80)
    assert "reporter" not in inbox.body["case"]
    assert await routing.case() == before  # it changes nothing
    clock.advance(timedelta(hours=1))
    assert [await case_clock.once() for _ in range(2)] == [1, 0]
    told_, inbox = (await routing.sent(CASES))[-1], (await routing.sent(INBOX))[-1]
    assert told_.type == inbox.type == "case.escalated"
    assert told_.body["case"]["escalation"]["level"] == "officer"
    assert "reporter" not in inbox.body["case"]
    assert (await routing.case())["escalation"]["clock"] == "first_response"


async def test_skips_cases_without_an_assignee(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    """Not here: the agency that stands in is told of the untriaged and of the returned."""
    await routing.reports(kit.received(1, category=None, text="zzz"), kit.received(2))
    await routing.commands(kit.command(ReturnCase, number=2))
    clock.advance(timedelta(days=30))
    await swept(case_clock)
    for topic in (CASES, STAND_IN):
        found = await told(routing, "case.escalated", topic)
        # verification, first response and resolution, each once
        assert found == {kit.complaint(1): 3, kit.complaint(2): 3}
    assert await told(routing, "case.escalated", INBOX) == {}


async def test_always_reads_the_first_100(
    routing: kit.Routing, clock: FixedClock, pool: asyncpg.Pool, pack: CityPack
) -> None:
    """Not here: all that are due are found; and of two that sweep at once, each case by one."""
    await routing.reports(*[kit.received(number, restricted=True) for number in range(1, MANY + 1)])
    clock.advance(BREACHED - clock.now())
    both = [sweeper(pool, pack, clock) for _ in range(2)]
    await asyncio.gather(*(swept(each) for each in both))
    await swept(both[0])  # what one had locked as the other looked
    everyone = {kit.complaint(number): 1 for number in range(1, MANY + 1)}
    assert await told(routing, "case.escalated") == everyone
    assert await told(routing, "case.escalated", INBOX) == everyone
    assert await due.late_s(pool, clock.now()) == 0


async def test_publishes_without_a_key(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    """Not here: each record has its complaint as key, so that it stays in the order of its case."""
    await routing.reports(kit.received(1), kit.received(2))
    clock.advance(BREACHED - clock.now())
    await swept(case_clock)
    rows = await routing.pool.fetch(
        "select o.*, e.id as event_id, e.type, e.time, e.traceparent, e.correlation_id, e.body"
        " from outbox o join case_event e using (key, version, topic)"
        " where e.type like '%escalated%'"
    )
    records = [Row.of(SERVICE, row) for row in rows]
    assert {record.key for record in records} == {kit.complaint(1), kit.complaint(2)}
    for number in (1, 2):
        versions = [e.version for e in await routing.sent() if e.key == kit.complaint(number)]
        assert versions == list(range(1, len(versions) + 1))


async def test_after_an_outage_one_level_is_told_and_those_below_are_named(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await routing.reports(kit.received())
    clock.advance(timedelta(days=12))  # past the third working day after it
    await swept(case_clock)
    escalated = [e for e in await routing.sent(CASES) if e.type == "case.escalated"]
    (event,) = escalated
    assert event.body["case"]["escalation"]["level"] == "secretary"
    assert event.body["skipped"] == ["officer", "head"]
    reminders = [e.body["clock"] for e in await routing.sent(CASES) if e.type == "case.reminded"]
    assert "first_response" not in reminders


async def test_a_solved_case_is_closed_when_the_window_ends(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase), kit.command(ResolveCase))
    windows = {d["clock"]: d["due_at"] for d in (await routing.case())["deadlines"]}
    until = datetime.fromisoformat(windows["confirmation"])
    clock.advance(until - clock.now() - timedelta(seconds=1))
    assert await case_clock.once() == 0
    clock.advance(timedelta(seconds=1))
    assert [await case_clock.once() for _ in range(2)] == [1, 0]
    closed, inbox = (await routing.sent(CASES))[-1], (await routing.sent(INBOX))[-1]
    assert closed.type == inbox.type == "case.closed"
    assert closed.body["reason"] == "confirmation-window"
    assert (await routing.case())["ending"] == "closed"
    (row,) = await routing.cases()
    assert row["due_at"] == NEVER


async def test_what_another_authority_solved_is_closed_on_no_agencys_topic(
    routing: kit.Routing, clock: FixedClock, case_clock: CaseClock
) -> None:
    await routing.reports(kit.received(category="power"))
    await routing.mirrors(kit.mirrored(MirrorAnswered, "pln", final=True))
    clock.advance(timedelta(days=60))
    assert await case_clock.once() == 1
    assert (await routing.case())["ending"] == "closed"
    assert {event.topic for event in await routing.sent()} == {CASES}


async def test_cases_of_a_release_without_clocks_get_theirs_on_the_first_sweep(
    routing: kit.Routing, case_clock: CaseClock
) -> None:
    await routing.reports(kit.received(1), kit.received(2), kit.erased(2))
    was = {row["complaint_id"]: row["due_at"] for row in await routing.cases()}
    await routing.pool.execute("update case_file set due_at = null, clocks = null")
    assert [await case_clock.once() for _ in range(2)] == [2, 0]
    assert {row["complaint_id"]: row["due_at"] for row in await routing.cases()} == was
    assert was[kit.complaint(2)] == NEVER
    assert "case.reminded" not in await routing.types()


async def test_one_that_is_killed_loses_nothing_and_its_standby_goes_on(
    routing: kit.Routing, dsn: str
) -> None:
    await routing.reports(*[kit.received(number, restricted=True) for number in range(1, MANY + 1)])
    count = "select count(*) from case_event where type like '%case.escalated%' and topic = $1"
    # the roles' time is real, and by it all of this is long overdue
    started = [await _role(dsn) for _ in range(2)]
    try:
        async with asyncio.timeout(60):
            while not await routing.pool.fetchval(count, CASES):
                await asyncio.sleep(0.002)
            started[0].send_signal(signal.SIGKILL)
            while await due.late_s(routing.pool, datetime.now(UTC)):
                await asyncio.sleep(0.05)
    finally:
        for each in started:
            if each.returncode is None:
                each.terminate()
            await each.wait()
    assert started[0].returncode == -signal.SIGKILL
    # of first response and resolution, each once
    assert set((await told(routing, "case.escalated")).values()) == {2}
    assert len(await told(routing, "case.escalated")) == MANY
    assert await told(routing, "case.escalated") == await told(routing, "case.escalated", INBOX)


async def _role(dsn: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mrk_routing", "clock"),
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("MRK_")},
            "MRK_ROUTING_ENVIRONMENT": "test",
            "MRK_ROUTING_DATABASE_URL": dsn,
            "MRK_ROUTING_LISTEN": "127.0.0.1:0",
            "MRK_ROUTING_CITY_PACK": str(kit.MEDAN),
        },
        stdout=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
    )
