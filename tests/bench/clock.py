"""(g) How fast role `clock` acts on what is due among a million open cases.

Two processes run of each and share what is due, as the role does with its standby; and the role
once more alone, at the smaller work. Each case is due for one step, a reminder or a level, and
stands still until armed; the time is from that commit until the last events are committed, up to a
second of sleep between two looks included.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from time import monotonic

import asyncpg
from tests.bench.figures import Figure, middle
from tests.bench.reports import received
from tests.bench.world import World, peer, process, role

from mrk_routing.domain.assign import Assigned, NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.escalation import next_at
from mrk_routing.domain.passing import passed
from mrk_routing.store import cases
from mrk_schemas.reports import Report

PART = "g clock"
AIM, FLOOR = 10, 5
LONGEST_S = 10.0
"""For 20,000 due cases, on two cores."""

_PREFIX = "MRK_ROUTING_"
_TEMPLATES = 500
_ID = "01933a7e-0000-7000-8000-%"
_LOOK_S = 0.01
_MULTIPLY = """
with made as (
    insert into case_file (complaint_id, body, words, place, details, handed_to, others_version,
        others_by, received_at, verified_at, first_response_at, resolved_at, clocks, due_at)
    select n.id, t.body || jsonb_build_object('complaint_id', n.id), t.words, t.place, t.details,
        t.handed_to, 2, t.others_by, t.received_at, t.verified_at, t.first_response_at,
        t.resolved_at, t.clocks, 'infinity'
    from (
        select number, '01933a7e-0000-7000-8000-' || lpad(to_hex(number), 12, '0') as id
        from generate_series($1::bigint, $2::bigint) as number
    ) as n
    join (
        select *, row_number() over (order by complaint_id) - 1 as place_no
        from case_file where complaint_id not like $3
    ) as t on t.place_no = n.number % $4
    returning complaint_id
)
insert into stream (key, version) select complaint_id, 2 from made
"""
_ARM = """
update case_file set due_at = $3 where complaint_id = any(
    select '01933a7e-0000-7000-8000-' || lpad(to_hex(number), 12, '0')
    from generate_series($1::bigint, $2::bigint) as number
)
"""
_LEFT = "select exists (select from case_file where due_at <= $1 and due_at < 'infinity')"
_BATCH = 50_000


async def measure(
    world: World, rounds: int, open_cases: int, ours: int, theirs: int
) -> list[Figure]:
    """Cases a second of both, at `ours` and `theirs` due cases and at four times as many."""
    dsn = await world.database("mrk_routing")
    found: dict[tuple[str, int], list[float]] = {}
    taken = 0
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        now = datetime.now(UTC)
        await _fill(pool, world, open_cases, now)
        for _ in range(rounds):
            for name, command, processes, number, works in (
                ("ours", role("mrk_routing", "clock"), 2, ours, (1, 4)),
                ("alone", role("mrk_routing", "clock"), 1, ours, (1,)),
                ("peer", peer("sweep_rows"), 2, theirs, (1, 4)),
            ):
                async with AsyncExitStack() as running:
                    for _ in range(processes):
                        settings = world.settings(_PREFIX, dsn)
                        await running.enter_async_context(
                            process(world, command, settings, _PREFIX)
                        )
                    for times in works:
                        due = number * times
                        rate = await _sweep(pool, taken, due, now)
                        taken += due
                        found.setdefault((name, times), []).append(rate)
        if taken > open_cases:
            raise RuntimeError(f"{open_cases} cases are too few: {taken} were armed")
    return [_figure(times, ours, theirs, open_cases, found) for times in (1, 4)]


def _figure(
    times: int, ours: int, theirs: int, open_cases: int, found: dict[tuple[str, int], list[float]]
) -> Figure:
    rate = middle(found["ours", times])
    took = {
        processes: ours * times / middle(found[name, times])
        for name, processes in (("ours", "two processes"), ("alone", "one"))
        if (name, times) in found
    }
    most = LONGEST_S * times * ours / 20_000
    verdict = "" if max(took.values()) <= most else f": LONGER THAN {most:g} s"
    return Figure(
        PART,
        f"{times}×: {ours * times:,} due of {open_cases:,} (peer {theirs * times:,})",
        rate,
        "cases/s",
        middle(found["peer", times]),
        "case by case, a transaction each",
        AIM,
        FLOOR,
        more=", ".join(f"{who} {seconds:.1f} s" for who, seconds in took.items()) + verdict,
    )


async def _fill(pool: asyncpg.Pool, world: World, number: int, now: datetime) -> None:
    """So many open cases that are due for a step, each of them once it is armed."""
    rules = Rules(world.pack)
    files = [
        file
        for n, each in enumerate(received(world.pack, _TEMPLATES))
        if (file := _late(each.report, rules, now - timedelta(days=6 + n % 30), now)) is not None
    ]
    await cases.insert(pool, files, rules.dues)
    # as many at once as the pool has connections
    await asyncio.gather(
        *(
            pool.execute(_MULTIPLY, first, min(number, first + _BATCH) - 1, _ID, len(files))
            for first in range(0, number, _BATCH)
        )
    )
    await pool.execute("delete from case_file where complaint_id not like $1", _ID)
    await pool.execute("vacuum analyze case_file")
    await pool.execute("vacuum analyze stream")


def _late(report: Report, rules: Rules, at: datetime, now: datetime) -> CaseFile | None:
    """A case of that age, looked after until now but for its newest step; None: it had none yet."""
    decision = assign(report.model_copy(update={"received_at": at}), rules, at)
    if not isinstance(decision, Assigned | NeedsTriage):
        return None
    late, file = None, decision.file
    while (due := next_at(file, rules.dues)) is not None and due <= now:
        outcome = passed(file, due, rules.dues)
        if outcome is None:
            raise RuntimeError("what is due can be done")
        late, file = file, outcome.file
    return late


async def _sweep(pool: asyncpg.Pool, first: int, number: int, now: datetime) -> float:
    """Arm so many cases; a second's share of them until none is due."""
    await pool.execute(_ARM, first, first + number - 1, now)
    begun = monotonic()
    while await pool.fetchval(_LEFT, now):
        await asyncio.sleep(_LOOK_S)
    took = monotonic() - begun
    told = await pool.fetchval(
        "select count(distinct key) from case_event where key >= $1 and key <= $2",
        *(_ID.replace("%", f"{each:012x}") for each in (first, first + number - 1)),
    )
    if told != number:
        raise RuntimeError(f"{number} were due, and {told} were told of")
    return number / took
