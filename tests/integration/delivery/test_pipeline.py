"""The consumer's transaction: guard, isolation, parking, dead letters, tombstones."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import delivery_kit as kit
import pytest

from mrk_delivery import dead_letters
from mrk_delivery.errors import TooManyBadError
from mrk_delivery.events import Event, Fact
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.replay import replay
from mrk_delivery.tx import Tx, unit


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    await kit.prepare(database)
    async with asyncpg.create_pool(database, min_size=1, max_size=6) as made:
        yield made


async def effects(pool: asyncpg.Pool, key: str) -> list[int]:
    rows = await pool.fetch("select number from effect where key = $1 order by id", key)
    return [row["number"] for row in rows]


async def test_a_batch_takes_effect_once_in_order_and_emits(pool: asyncpg.Pool) -> None:
    apply = kit.Effects(out="t.out")
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(apply))
    batch = [kit.record(f"k{i % 3}", i // 3 + 1, offset=i) for i in range(30)]
    await pipeline.process(batch)
    await pipeline.process(batch)
    assert await effects(pool, "k1") == list(range(1, 11))
    assert await pool.fetchval("select count(*) from outbox") == 30
    versions = await pool.fetch("select version from test_event where key = 'k2' order by seq")
    assert [row["version"] for row in versions] == list(range(1, 11))
    assert await pool.fetchval("select next_offset from consumed") == 30


class Held(kit.Effects):
    """Applies only where the stream that shares the fact's fate is locked as well."""

    def __init__(self, pool: asyncpg.Pool, kin: str, **more: Any) -> None:
        super().__init__(**more)
        self._pool = pool
        self._kin = kin

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        assert self._kin in tx.streams
        with pytest.raises(asyncpg.LockNotAvailableError):
            await self._pool.fetch("select from stream where key = $1 for update nowait", self._kin)
        await super().__call__(tx, facts)


async def test_streams_that_share_a_facts_fate_are_locked_with_it(pool: asyncpg.Pool) -> None:
    async def kin(_: Any, facts: Sequence[Fact]) -> set[str]:
        return {"relative"} if any(fact.key == "k" for fact in facts) else set()

    other = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects()))
    await other.process([kit.record("relative", 1)])
    failing = Held(pool, "relative", poison={1})
    sub = replace(kit.subscription(failing), kin=kin)
    await Pipeline(pool, kit.SERVICE, sub).process([kit.record("k", 1, offset=1)])
    assert await effects(pool, "k") == []
    row = await pool.fetchval("select id from dead_letter")
    mended = replace(sub, apply=Held(pool, "relative"))
    assert (await dead_letters.redrive(pool, kit.SERVICE, [mended], row)).done == 1
    assert await effects(pool, "k") == [1]


async def test_a_crash_then_a_larger_overlapping_batch(pool: asyncpg.Pool) -> None:
    apply = kit.Effects()
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(apply))
    records = [kit.record("k", i + 1, offset=i) for i in range(8)]
    await pipeline.process(records[:5])
    await pipeline.process(records[2:])
    assert await effects(pool, "k") == list(range(1, 9))


async def test_duplicates_shuffled_leave_the_newest_state(pool: asyncpg.Pool) -> None:
    apply = kit.Effects()
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(apply))
    records = [kit.record("k", i + 1, offset=i) for i in range(10)] * 3
    seed = random.randrange(10**6)
    print("seed", seed)
    random.Random(seed).shuffle(records)
    for start in range(0, 30, 7):
        await pipeline.process(records[start : start + 7])
    assert sorted(await effects(pool, "k")) == list(range(1, 11))
    assert await pool.fetchval("select number from state where key = 'k'") == 10


async def test_a_late_fact_has_its_effect_and_does_not_overwrite(pool: asyncpg.Pool) -> None:
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects()))
    await pipeline.process([kit.record("k", 2, offset=1)])
    await pipeline.process([kit.record("k", 1, offset=0)])
    assert await effects(pool, "k") == [2, 1]
    assert await pool.fetchval("select number from state") == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ce_id": None}, "header"),
        ({"ce_source": b"\xff\xfe"}, "header"),
        ({"ce_type": b"test.unheard-of.v1"}, "unknown type"),
        ({"content__type": b"application/cloudevents+json"}, "structured"),
        ({"ce_sequence": b"-1"}, "ce_sequence"),
        ({"value": b"{"}, "JSON"),
        ({"value": b'{"number": "x"}'}, "number"),
    ],
)
async def test_one_bad_in_500_costs_one_dead_letter(
    pool: asyncpg.Pool, changes: dict[str, Any], code: str
) -> None:
    del code
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects()))
    records = [kit.record(f"k{i}", 1, offset=i) for i in range(500)]
    records[250] = kit.record("k250", 1, offset=250, **changes)
    await pipeline.process(records)
    assert await pool.fetchval("select count(*) from effect") == 499
    letter = await pool.fetchrow("select * from dead_letter")
    assert letter is not None
    assert (letter["key"], letter["state"], letter["offset_no"]) == ("k250", "bad", 250)
    assert await pool.fetchval("select next_offset from consumed") == 500
    assert await pool.fetchval("select key from parked") == "k250"


@pytest.mark.parametrize("failure", ["poison", "broken"])
async def test_a_failing_fact_is_isolated_and_its_key_waits(
    pool: asyncpg.Pool, failure: str
) -> None:
    faults: dict[str, Any] = {failure: {2}}
    apply = kit.Effects(out="t.out", **faults)
    sub = kit.subscription(apply)
    pipeline = Pipeline(pool, kit.SERVICE, sub)
    records = [kit.record(f"k{i}", n, number=n if i == 7 else 0, offset=i * 10 + n)
               for i in range(10) for n in (1, 2, 3)]  # fmt: skip
    await pipeline.process(records)
    await pipeline.process([kit.record("k7", 4, offset=500)])
    assert await effects(pool, "k7") == [1]
    assert await pool.fetchval("select count(*) from effect where key <> 'k7'") == 27
    states = await pool.fetch("select state, reason from dead_letter order by id")
    assert [row["state"] for row in states] == ["bad", "queued", "queued"]
    assert all("secret" not in row["reason"] for row in states)
    copies = await pool.fetchval(
        "select count(*) from outbox where topic = 'tester.dead-letters.v1'"
    )
    assert copies == 1
    # still broken: the redrive ends at the same row and nothing is lost
    first = await pool.fetchval("select min(id) from dead_letter")
    stuck = await dead_letters.redrive(pool, kit.SERVICE, [sub], first)
    assert (stuck.done, stuck.stuck) == (0, first)
    apply.poison.clear()
    apply.broken.clear()
    assert (await dead_letters.redrive(pool, kit.SERVICE, [sub], first)).done == 3
    assert await effects(pool, "k7") == [1, 2, 3, 4]
    assert await pool.fetchval("select count(*) from parked") == 0
    await pipeline.process([kit.record("k7", 5, offset=501)])
    assert await effects(pool, "k7") == [1, 2, 3, 4, 5]
    with pytest.raises(LookupError):
        await dead_letters.redrive(pool, kit.SERVICE, [sub], first)


async def test_drop_frees_the_key_once_nothing_waits(pool: asyncpg.Pool) -> None:
    sub = kit.subscription(kit.Effects(poison={1}))
    pipeline = Pipeline(pool, kit.SERVICE, sub)
    await pipeline.process([kit.record("k", 1, offset=0), kit.record("k", 2, offset=1)])
    bad, waits = [r["id"] for r in await pool.fetch("select id from dead_letter order by id")]
    assert await dead_letters.drop(pool, kit.SERVICE, bad) is True
    assert (await dead_letters.redrive(pool, kit.SERVICE, [sub], waits)).done == 1
    assert await effects(pool, "k") == [2]
    assert await pool.fetchval("select count(*) from parked") == 0


async def test_a_settled_letter_does_not_park_again_when_its_record_returns(
    pool: asyncpg.Pool,
) -> None:
    apply = kit.Effects(poison={1})
    sub = kit.subscription(apply)
    pipeline = Pipeline(pool, kit.SERVICE, sub)
    records = [kit.record("k", 1, offset=0)]
    await pipeline.process(records)
    await dead_letters.drop(pool, kit.SERVICE, await pool.fetchval("select id from dead_letter"))
    await pipeline.process(records)
    assert await pool.fetchval("select count(*) from parked") == 0
    assert await pool.fetchval("select count(*) from dead_letter") == 1


async def test_a_rebuilt_broker_counts_from_zero_again(pool: asyncpg.Pool) -> None:
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects(poison={1, 2})))
    await pipeline.process([kit.record("a", 1, offset=0)])
    await pipeline.process([kit.record("b", 2, offset=0, topic_id="life-2")])
    assert await pool.fetchval("select count(*) from dead_letter") == 2


async def test_most_keys_bad_stops_and_takes_nothing(pool: asyncpg.Pool) -> None:
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects()))
    records = [kit.record(f"k{i}", 1, offset=i, value=b"{" if i % 3 else None) for i in range(30)]
    with pytest.raises(TooManyBadError, match="20 of the last 30 keys"):
        await pipeline.process(records)
    assert await pool.fetchval("select count(*) from dead_letter") == 0
    assert await pool.fetchval("select count(*) from consumed") == 0


async def test_an_erased_key_is_blank_for_ever_and_passes_parking(pool: asyncpg.Pool) -> None:
    apply = kit.Effects(out="t.out", poison={3})
    sub = kit.subscription(apply)
    pipeline = Pipeline(pool, kit.SERVICE, sub)
    await pipeline.process([kit.record("k", n, offset=n, words="rahasia") for n in (1, 2, 3, 4)])
    await pipeline.process([kit.record("k", 5, offset=5, ce_type=b"test.gone.v1")])
    letters = await pool.fetch("select state, body from dead_letter order by id")
    await pipeline.process([kit.record("k", 6, offset=6, words="rahasia lagi")])
    bodies = await pool.fetch("select body from test_event where topic = 't.out'")
    assert len(bodies) == 3
    assert all(b"rahasia" not in row["body"] for row in bodies)
    assert letters[0]["state"] == "dropped"
    assert letters[0]["body"] is None
    assert b"rahasia" not in letters[1]["body"]


async def test_what_queues_after_an_erasure_is_kept_without_words(
    pool: asyncpg.Pool,
) -> None:
    apply = kit.Effects(poison={1})
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(apply))
    await pipeline.process([kit.record("k", n, offset=n, words="rahasia") for n in (1, 2)])
    await pipeline.process([kit.record("k", 3, offset=3, ce_type=b"test.gone.v1")])
    await pipeline.process([kit.record("k", 4, offset=4, words="rahasia")])
    await pipeline.process([kit.record("k", 5, offset=5, words="rahasia", ce_sequence=b"?")])
    rows = await pool.fetch("select offset_no, state, body from dead_letter order by id")
    assert [(row["offset_no"], row["state"]) for row in rows] == [
        (1, "dropped"),
        (2, "queued"),
        (4, "queued"),
        (5, "queued"),
    ]
    assert not any(b"rahasia" in (row["body"] or b"") for row in rows)


async def test_an_erased_key_with_nothing_left_to_redrive_is_free(pool: asyncpg.Pool) -> None:
    pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects(poison={1})))
    await pipeline.process([kit.record("k", 1, offset=1)])
    await pipeline.process([kit.record("k", 2, offset=2, ce_type=b"test.gone.v1")])
    assert await pool.fetchval("select count(*) from parked") == 0
    await pipeline.process([kit.record("k", 3, offset=3, words="rahasia")])
    assert await pool.fetchval("select words from state where number = 3") == ""
    await pipeline.process([kit.record("k", 4, offset=4, words="rahasia", ce_sequence=b"?")])
    letter = await pool.fetchrow("select state, body from dead_letter order by id desc limit 1")
    assert letter is not None
    assert (letter["state"], letter["body"]) == ("dropped", None)
    assert await pool.fetchval("select count(*) from parked") == 0


async def test_replay_keeps_the_ids_and_the_order(pool: asyncpg.Pool) -> None:
    async with unit(pool, kit.SERVICE) as tx:
        tx.create("a")
        for number in range(4):
            tx.emit(Event("t.out", "a", kit.Note(number=number), kit.NOW))
    before = await pool.fetch("select id, version from test_event order by version")
    await pool.execute("delete from outbox")
    async with pool.acquire() as conn:
        assert await replay(conn, kit.SERVICE, topic="t.out") == 4
        assert await replay(conn, kit.SERVICE, topic="t.out") == 0
    rows = await pool.fetch("select version from outbox order by id")
    assert [row["version"] for row in rows] == [1, 2, 3, 4]
    assert before == await pool.fetch("select id, version from test_event order by version")


async def test_two_consumers_of_the_same_fact_have_one_effect(pool: asyncpg.Pool) -> None:
    import asyncio  # noqa: PLC0415  # only here

    apply = kit.Effects(out="t.out")
    pipelines = [Pipeline(pool, kit.SERVICE, kit.subscription(apply)) for _ in range(4)]
    records = [kit.record(f"k{i}", 1, offset=i) for i in range(50)]
    await asyncio.gather(*(p.process(records) for p in pipelines))
    assert await pool.fetchval("select count(*) from effect") == 50
    assert await pool.fetchval("select count(*) from outbox") == 50
