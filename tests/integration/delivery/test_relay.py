"""The relay against the real broker: order, oversize rows, standby, kills."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import delivery_kit as kit
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_delivery import dead_letters
from mrk_delivery.events import Event
from mrk_delivery.relay import run_relay
from mrk_delivery.tx import unit
from mrk_local.testing import Kafka
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop


@dataclass
class Settings:
    dsn: str
    kafka_bootstrap: str

    def kafka_options(self) -> dict[str, Any]:
        return {"bootstrap_servers": self.kafka_bootstrap}


@pytest.fixture
async def topic(kafka: Kafka, topic_prefix: str) -> str:
    name = f"{topic_prefix}out"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 3, 1)])
    await admin.close()
    return name


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    await kit.prepare(database)
    async with asyncpg.create_pool(database, min_size=1, max_size=6) as made:
        yield made


@contextlib.asynccontextmanager
async def relay(
    dsn: str, kafka: Kafka, health: Health | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    stop = Stop()
    task = asyncio.create_task(
        run_relay(Settings(dsn, kafka.bootstrap), kit.SERVICE, stop, health or Health())
    )
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=20)


async def emitted(pool: asyncpg.Pool, topic: str, key: str, *words: str) -> None:
    async with unit(pool, kit.SERVICE) as tx:
        await tx.lock([key])
        for number, text in enumerate(words):
            tx.emit(Event(topic, key, kit.Note(words=text, number=number), kit.NOW))


async def read(kafka: Kafka, topic: str, count: int, *, within_s: float = 15) -> list[Any]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(within_s):
            return [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()


async def drained(pool: asyncpg.Pool) -> None:
    async with asyncio.timeout(20):
        while await pool.fetchval("select count(*) from outbox"):
            await asyncio.sleep(0.01)


async def test_rows_leave_in_order_by_key_with_cloudevents_headers(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    keys = [str(uuid4()) for _ in range(20)]
    for key in keys:
        await emitted(pool, topic, key, *"abcde")
    async with relay(database, kafka):
        records = await read(kafka, topic, 100)
        await drained(pool)
    by_key: dict[bytes, list[int]] = {}
    for record in records:
        by_key.setdefault(record.key, []).append(int(dict(record.headers)["ce_sequence"]))
    assert by_key == {key.encode(): [1, 2, 3, 4, 5] for key in keys}
    headers = dict(records[0].headers)
    assert headers["ce_type"] == b"test.note.v1"
    assert headers["content-type"] == b"application/json"
    assert "traceparent" not in headers
    assert len({record.partition for record in records}) == 3


async def test_the_same_key_lands_where_the_java_client_puts_it(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    # from Kafka's own test of its default partitioner: murmur2("foobar") = -790332482
    await emitted(pool, topic, "foobar", "a", "b")
    async with relay(database, kafka):
        records = await read(kafka, topic, 2)
    assert {record.partition for record in records} == {(-790332482 & 0x7FFFFFFF) % 3}


async def test_an_oversize_row_moves_aside_and_others_leave(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    await emitted(pool, topic, "big", "first", "second")
    await emitted(pool, topic, "small", "a", "b")
    # a limit that was lowered after the row was written
    await pool.execute("update test_event set body = $1 where key = 'big' and version = 1",
                       b'{"words": "' + b"x" * 2_000_000 + b'"}')  # fmt: skip
    async with relay(database, kafka):
        first = await read(kafka, topic, 2)
        assert {record.key for record in first} == {b"small"}
        async with asyncio.timeout(20):
            while not await pool.fetchval("select count(*) from outbox_dead"):
                await asyncio.sleep(0.01)
        dead = await pool.fetchrow("select id, version from outbox_dead")
        assert dead is not None
        assert dead["version"] == 1
        assert await pool.fetchval("select count(*) from outbox where key = 'big'") == 1
        await emitted(pool, topic, "small", "c")
        await read(kafka, topic, 3)
        await pool.execute("update test_event set body = '{}' where key = 'big' and version = 1")
        await dead_letters.redrive_outbox(pool, dead["id"])
        records = await read(kafka, topic, 5)
    big = [int(dict(r.headers)["ce_sequence"]) for r in records if r.key == b"big"]
    assert big == [1, 2]


async def test_one_relay_is_active_and_the_standby_takes_over(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    async with relay(database, kafka) as first:
        await emitted(pool, topic, "k", "a")
        await read(kafka, topic, 1)
        async with relay(database, kafka) as second:
            await pool.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                # other workers' relays run on the same server
                " where application_name = 'relay' and datname = current_database() and pid in"
                " (select pid from pg_locks where locktype = 'advisory' and granted)"
            )
            await asyncio.wait([first], timeout=20)
            assert first.done()
            assert first.exception() is not None
            await emitted(pool, topic, "k", "b")
            await read(kafka, topic, 2)
            assert not second.done()


async def test_a_relay_is_ready_once_it_can_send_and_a_standby_once_it_stands_by(
    pool: asyncpg.Pool, database: str, kafka: Kafka
) -> None:
    away, standby = Health(), Health()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and never listening: every connection is refused
        nowhere = Kafka(f"127.0.0.1:{nobody.getsockname()[1]}", kafka.log_dir)
        async with relay(database, nowhere, away):
            held = "select exists (select from pg_locks where locktype = 'advisory' and granted)"
            held += " and exists (select from pg_stat_activity where application_name = 'relay'"
            held += " and datname = current_database())"
            await _until(lambda: pool.fetchval(held))
            assert not away.readyz()[0]
            async with relay(database, kafka, standby):
                await _until(lambda: asyncio.sleep(0, standby.readyz()[0]))
            assert not away.readyz()[0]


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await holds():
            await asyncio.sleep(0.01)


async def test_a_row_that_commits_late_with_a_lower_id_is_published(
    pool: asyncpg.Pool, database: str, kafka: Kafka, topic: str
) -> None:
    async with relay(database, kafka):
        async with unit(pool, kit.SERVICE) as slow:
            slow.create("slow")
            slow.emit(Event(topic, "slow", kit.Note(), kit.NOW))
            await slow.flush()
            await emitted(pool, topic, "quick", "a")
            await read(kafka, topic, 1)
        records = await read(kafka, topic, 2)
    assert {record.key for record in records} == {b"slow", b"quick"}
