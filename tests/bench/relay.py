"""(b) How fast a relay drains an outbox that was committed at once."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic

import asyncpg
from tests.bench.figures import Figure, middle
from tests.bench.reports import events
from tests.bench.world import World, peer, process, role

from mrk_delivery.tx import unit
from mrk_intake.service import SERVICE

PART = "b relay"
AIM, FLOOR = 20, 10
_LOOK_S = 0.005
_PREFIX = "MRK_INTAKE_"


async def measure(world: World, rounds: int, ours: int, theirs: int) -> list[Figure]:
    """Events a second of both relays, at `ours` and `theirs` rows and at four times as many."""
    found: dict[tuple[str, int], list[float]] = {}
    async with AsyncExitStack() as kept:
        relays = {}
        for name, command, rows in (
            ("ours", role("mrk_intake", "relay"), ours),
            ("peer", peer("relay_rows"), theirs),
        ):
            dsn = await world.database("mrk_intake")
            settings = world.settings(_PREFIX, dsn)
            await kept.enter_async_context(process(world, command, settings, _PREFIX))
            pool = await kept.enter_async_context(asyncpg.create_pool(dsn, min_size=1, max_size=2))
            relays[name] = (pool, rows)
        for pool, _ in relays.values():
            await _drain(world, pool, 200)  # connections and metadata are made
        for _ in range(rounds):
            for times in (1, 4):
                for name, (pool, rows) in relays.items():
                    rate = await _drain(world, pool, rows * times)
                    found.setdefault((name, times), []).append(rate)
    return [
        Figure(
            PART,
            f"{times}×: {ours * times:,} events (peer {theirs * times:,})",
            middle(found["ours", times]),
            "events/s",
            middle(found["peer", times]),
            "publishes row by row",
            AIM,
            FLOOR,
        )
        for times in (1, 4)
    ]


async def _drain(world: World, pool: asyncpg.Pool, rows: int) -> float:
    """Commit an outbox of so many rows; events a second until the last one has left."""
    prepared = events(world.pack, rows)
    async with unit(pool, SERVICE) as tx:
        for event in prepared:
            tx.create(event.key)
            tx.emit(event)
        await tx.flush()
        begun = monotonic()
    # the newest row leaves last: looking for it alone doesn't disturb
    while await pool.fetchval("select id from outbox order by id desc limit 1") is not None:
        await asyncio.sleep(_LOOK_S)
    return rows / (monotonic() - begun)
