"""A consumer against a broker that comes late, and one whose loop stalls."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import ge
from typing import Any

import asyncpg
import delivery_kit as kit
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_delivery.consumer import run_consumer
from mrk_delivery.events import Fact
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.tx import Tx
from mrk_local.testing import Kafka
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop


@dataclass
class Settings:
    kafka_bootstrap: str

    def kafka_options(self) -> dict[str, Any]:
        return {"bootstrap_servers": self.kafka_bootstrap}


@pytest.fixture
async def topic(kafka: Kafka, topic_prefix: str) -> str:
    name = f"{topic_prefix}in"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    record = kit.record("k", 1)
    await producer.send_and_wait(name, record.value, key=record.key, headers=record.headers)
    await producer.stop()
    return name


@contextlib.asynccontextmanager
async def consuming(
    bootstrap: str, pool: asyncpg.Pool, subscription: Any, health: Health
) -> AsyncIterator[asyncio.Task[None]]:
    stop = Stop()
    task = asyncio.create_task(
        run_consumer(Settings(bootstrap), kit.SERVICE, [subscription], stop, health, pool)
    )
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=25)  # what is promised to whoever sends SIGTERM
        assert task.done()


async def effects(pool: asyncpg.Pool, expected: int) -> None:
    async with asyncio.timeout(20):
        while await pool.fetchval("select count(*) from effect") != expected:
            await asyncio.sleep(0.02)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):  # either side may hang up
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


@contextlib.asynccontextmanager
async def door(port: int, kafka: Kafka) -> AsyncIterator[None]:
    """Opens the port: from now on it leads to the broker."""
    host, _, real = kafka.bootstrap.rpartition(":")
    copies: set[asyncio.Task[None]] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(host, int(real))
        for each in (_copy(reader, forth), _copy(back, writer)):
            task = asyncio.create_task(each)
            copies.add(task)
            task.add_done_callback(copies.discard)

    server = await asyncio.start_server(pass_on, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for task in list(copies):
            task.cancel()
        await asyncio.gather(*copies, return_exceptions=True)


async def test_a_consumer_started_before_the_broker_recovers(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, unique: Any
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    health = Health()
    subscription = kit.subscription(kit.Effects(), topic, group=unique("group"))
    async with consuming(f"127.0.0.1:{port}", pool, subscription, health) as task:
        await asyncio.wait([task], timeout=1.5)
        assert not task.done()
        assert not health.readyz()[0]
        async with door(port, kafka):
            await effects(pool, 1)
            assert health.readyz()[0]


async def test_a_consumer_whose_broker_falls_silent_at_the_start_ends_when_told(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, unique: Any
) -> None:
    silent, asked = asyncio.Event(), asyncio.Event()

    async def first_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Topics are looked for through the first connection; later ones are never answered."""
        if not silent.is_set():
            silent.set()
            host, _, port = kafka.bootstrap.rpartition(":")
            back, forth = await asyncio.open_connection(host, int(port))
            await asyncio.gather(_copy(reader, forth), _copy(back, writer))
        else:
            asked.set()

    server = await asyncio.start_server(first_only, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    subscription = kit.subscription(kit.Effects(), topic, group=unique("group"))
    async with consuming(f"127.0.0.1:{address[1]}", pool, subscription, Health()) as task:
        await asyncio.wait_for(asked.wait(), 20)
        assert not task.done()
    server.close()


async def test_a_consumer_that_no_longer_turns_is_not_alive(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, unique: Any
) -> None:
    now = 100.0
    stalled, go_on = asyncio.Event(), asyncio.Event()

    class Stalls(kit.Effects):
        async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
            stalled.set()
            await go_on.wait()
            await super().__call__(tx, facts)

    health = Health(lambda: now)
    subscription = kit.subscription(Stalls(), topic, group=unique("group"))
    async with consuming(kafka.bootstrap, pool, subscription, health):
        await asyncio.wait_for(stalled.wait(), 20)
        assert health.livez()[0]
        now += 61
        # the broker is well and answers: only progress tells
        assert not health.livez()[0]
        go_on.set()
        await effects(pool, 1)
        async with asyncio.timeout(20):
            while not health.livez()[0]:
                await asyncio.sleep(0.02)


async def test_the_pauses_between_failed_attempts_grow(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, unique: Any
) -> None:
    """Fewer attempts alone prove nothing: a fetch that waits at the log's end is a pause too."""
    attempts: list[float] = []

    class Away(kit.Effects):
        async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
            attempts.append(asyncio.get_running_loop().time())
            if len(attempts) <= 5:
                raise ConnectionRefusedError
            await super().__call__(tx, facts)

    subscription = kit.subscription(Away(), topic, group=unique("group"))
    async with consuming(kafka.bootstrap, pool, subscription, Health()):
        await effects(pool, 1)
    pauses = [after - before for before, after in pairwise(attempts)]
    assert all(map(ge, pauses, (0.2, 0.4, 0.8, 1.6, 3.2)))


async def test_a_batch_of_500_costs_a_handful_of_statements(database: str) -> None:
    await kit.prepare(database)
    statements: list[str] = []

    async def listen(conn: asyncpg.Connection) -> None:
        conn.add_query_logger(lambda query: statements.append(query.query))

    async with asyncpg.create_pool(database, min_size=1, max_size=1, init=listen) as pool:
        pipeline = Pipeline(pool, kit.SERVICE, kit.subscription(kit.Effects(out="t.out")))
        await pipeline.process([kit.record(f"k{n % 400}", n // 400 + 1) for n in range(500)])
        assert await pool.fetchval("select count(*) from outbox") == 500
    # begin, parked, lock (2), guard (2), the service's own (2), flush, offsets, commit
    assert len(statements) < 20
