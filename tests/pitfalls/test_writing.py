"""Writers of one key at the same time, and what is written of an erased one."""

import asyncio

import asyncpg
import delivery_kit as kit

from mrk_delivery.events import Event
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.tx import unit

WORDS = "rahasia"


async def write(pool: asyncpg.Pool, number: int) -> None:
    async with unit(pool, kit.SERVICE) as tx:
        await tx.lock(["k"])
        await asyncio.sleep(0)  # whoever does not wait for the lock goes on here
        tx.emit(Event("t.out", "k", kit.Note(number=number, words=WORDS), kit.NOW))


async def test_writers_of_a_key_raise_its_version_one_by_one(pool: asyncpg.Pool) -> None:
    await asyncio.gather(*(write(pool, number) for number in range(40)))
    rows = await pool.fetch("select version from outbox order by id")
    assert [row["version"] for row in rows] == list(range(1, 41))


async def test_what_comes_after_an_erasure_is_written_without_words(pool: asyncpg.Pool) -> None:
    await write(pool, 1)
    async with unit(pool, kit.SERVICE) as tx:
        await tx.lock(["k"])
        await tx.erase("k")
    await write(pool, 2)
    bodies = [row["body"] for row in await pool.fetch("select body from test_event")]
    assert len(bodies) == 2
    assert not [body for body in bodies if WORDS.encode() in body]


async def test_a_fact_about_an_erased_key_is_applied_without_words(pool: asyncpg.Pool) -> None:
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects()))
    await pipeline.process([kit.record("k", 1, offset=0, ce_type=b"test.gone.v1")])
    await pipeline.process([kit.record("k", 2, offset=1, words=WORDS)])
    state = await pool.fetchrow("select number, words from state")
    assert state is not None
    assert tuple(state) == (2, "")


async def test_an_isolated_batch_that_comes_again_has_no_second_effect(pool: asyncpg.Pool) -> None:
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects(broken={99})))
    batch = [kit.record(f"k{n}", 1, offset=n) for n in range(5)]
    batch.append(kit.record("bad", 1, number=99, offset=5))
    await pipeline.process(batch)
    await pipeline.process([*batch, kit.record("worse", 1, number=99, offset=6)])
    assert await pool.fetchval("select count(*) from effect") == 5
