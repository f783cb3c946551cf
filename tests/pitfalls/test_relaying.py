"""A relay killed between acknowledgement and delete; an outbox under a held snapshot."""

import asyncio
import contextlib
import os
import random
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import delivery_kit as kit
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_delivery.events import Event, Record
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.relay import run_relay
from mrk_delivery.tx import unit
from mrk_local.testing import Databases, Kafka
from mrk_telemetry import metrics
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop


@dataclass
class Settings:
    dsn: str
    bootstrap: str

    def kafka_options(self) -> dict[str, Any]:
        return {"bootstrap_servers": self.bootstrap}


@pytest.fixture
async def topic(kafka: Kafka, topic_prefix: str) -> str:
    name = f"{topic_prefix}out"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 3, 1)])
    await admin.close()
    return name


async def emitted(pool: asyncpg.Pool, topic: str, keys: list[str], words: str = "kata") -> None:
    async with unit(pool, kit.SERVICE) as tx:
        await tx.lock(keys)
        for key in keys:
            version = tx.streams[key].version + 1
            tx.emit(Event(topic, key, kit.Note(number=version, words=words), kit.NOW))


@contextlib.asynccontextmanager
async def relay(dsn: str, bootstrap: str) -> AsyncIterator[None]:
    stop = Stop()
    task = asyncio.create_task(run_relay(Settings(dsn, bootstrap), kit.SERVICE, stop, Health()))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([task], timeout=20)


async def drained(pool: asyncpg.Pool) -> None:
    async with asyncio.timeout(20):
        while await pool.fetchval("select count(*) from outbox"):
            await asyncio.sleep(0.01)


async def everything(kafka: Kafka, topic: str) -> list[Record]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[Record] = []
        async with asyncio.timeout(20):
            while len(found) < sum(ends.values()):
                raw = await consumer.getone()
                at = datetime.fromtimestamp(raw.timestamp / 1000, UTC)
                found.append(
                    Record(
                        raw.topic,
                        "life-1",
                        raw.partition,
                        raw.offset,
                        raw.key,
                        raw.value,
                        list(raw.headers),
                        at,
                    )
                )
        return found
    finally:
        await consumer.stop()


async def test_a_relay_killed_between_ack_and_delete_changes_nothing_for_readers(
    databases: Databases, kafka: Kafka, topic: str, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    keys = [f"k{n}" for n in range(40)]
    source = await databases.fresh("pitfalls-out", kit.prepare)
    reader = await databases.fresh("pitfalls-in", kit.prepare)
    script = Path(__file__).with_name("relay_process.py")
    async with (
        asyncpg.create_pool(source, min_size=1, max_size=3) as writing,
        asyncpg.create_pool(reader, min_size=1, max_size=3) as reading,
    ):
        for point in ("relay.before_produce", "relay.after_produce", "relay.after_produce"):
            await emitted(writing, topic, keys)
            (tmp_path / "tester.relay").write_text(f"{point} 1")
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(script), source, kafka.bootstrap,
                env={**os.environ, "MRK_HOOKS_DIR": str(tmp_path)},
            )  # fmt: skip
            assert await asyncio.wait_for(process.wait(), 30) == -9
        await emitted(writing, topic, keys)
        async with relay(source, kafka.bootstrap):
            await drained(writing)
        records = await everything(kafka, topic)
        assert len(records) > 4 * len(keys), "no kill interrupted work"
        pipeline = Pipeline(reading, kit.SERVICE, kit.subscription(kit.Effects(), topic))
        start = 0
        while start < len(records):
            step = chance.randint(1, 60)
            await pipeline.process(records[start : start + step])
            start += step
        rows = await reading.fetch("select key, array_agg(number) as n from effect group by key")
        assert {row["key"]: sorted(row["n"]) for row in rows} == {k: [1, 2, 3, 4] for k in keys}
        states = await reading.fetch("select key, number from state")
        assert {row["key"]: row["number"] for row in states} == dict.fromkeys(keys, 4)


async def test_an_outbox_under_a_held_snapshot_still_empties_and_its_age_is_told(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    holder = await asyncpg.connect(database)
    snapshot = holder.transaction(isolation="repeatable_read")
    await snapshot.start()
    await holder.fetchval("select count(*) from outbox")
    try:
        for _ in range(5):
            await emitted(pool, topic, [f"k{n}" for n in range(400)])
        async with relay(database, kafka.bootstrap):
            await drained(pool)
        # its key waits behind a row that the broker refuses: the age is what the alert watches
        await emitted(pool, topic, ["late"])
        await pool.execute("update outbox set created_at = created_at - interval '70 seconds'")
        await pool.execute(
            "insert into outbox_dead (id, topic, key, version, passes, created_at, reason)"
            " values (0, $1, 'late', 0, false, now(), 'too large')",
            topic,
        )
        async with relay(database, kafka.bootstrap), asyncio.timeout(20):
            while (metrics.REGISTRY.get_sample_value("mrk_outbox_age_seconds", {}) or 0) < 70:
                await asyncio.sleep(0.05)
    finally:
        await snapshot.rollback()
        await holder.close()


async def test_the_outbox_age_is_told_while_the_broker_is_away_from_the_start(
    pool: asyncpg.Pool, database: str
) -> None:
    metrics.outbox(0, 0)
    await emitted(pool, "t.out", ["k"])
    await pool.execute("update outbox set created_at = created_at - interval '70 seconds'")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and never listening: every connection is refused
        async with relay(database, f"127.0.0.1:{nobody.getsockname()[1]}"), asyncio.timeout(20):
            while (metrics.REGISTRY.get_sample_value("mrk_outbox_age_seconds", {}) or 0) < 70:
                await asyncio.sleep(0.05)


async def test_the_outbox_is_vacuumed_by_its_own_thresholds(pool: asyncpg.Pool) -> None:
    rows = await pool.fetch(
        "select relname, reloptions from pg_class where relname in ('outbox', 'work')"
    )
    options = {row["relname"]: row["reloptions"] for row in rows}
    for table in ("outbox", "work"):
        assert "autovacuum_vacuum_scale_factor=0" in options[table]
        assert "autovacuum_vacuum_threshold=2000" in options[table]


async def test_a_search_of_the_log_finds_what_was_planted(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    token = f"harmless-{random.randrange(10**12)}"
    await emitted(pool, topic, ["k"], words=f"{token} " * 300)
    async with relay(database, kafka.bootstrap):
        await drained(pool)
    segments = list(kafka.log_dir.glob(f"{topic}-*/*.log"))
    assert len(segments) == 3
    assert sum(token.encode() in segment.read_bytes() for segment in segments) == 1
    found = await pool.fetchval(
        "select count(*) from test_event where position($1::bytea in body) > 0", token.encode()
    )
    assert found == 1
