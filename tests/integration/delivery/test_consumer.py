"""A consumer at work: FastStream's and aiokafka's traps, against the real broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import delivery_kit as kit
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from faststream.kafka import KafkaBroker

from mrk_delivery.consumer import run_consumer
from mrk_delivery.errors import GapError
from mrk_delivery.events import Fact
from mrk_delivery.gaps import accept_gap
from mrk_delivery.subscribe import subscribe
from mrk_delivery.subscription import Subscription
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
async def admin(kafka: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await client.start()
    yield client
    await client.close()


@pytest.fixture
async def topic(admin: AIOKafkaAdminClient, topic_prefix: str) -> str:
    name = f"{topic_prefix}in"
    await admin.create_topics([NewTopic(name, 3, 1)])
    return name


@pytest.fixture
async def lone(admin: AIOKafkaAdminClient, topic_prefix: str) -> str:
    """A topic of one partition."""
    name = f"{topic_prefix}lone"
    await admin.create_topics([NewTopic(name, 1, 1)])
    return name


@pytest.fixture
async def producer(kafka: Kafka) -> AsyncIterator[AIOKafkaProducer]:
    client = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await client.start()
    yield client
    await client.stop()


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    await kit.prepare(database)
    async with asyncpg.create_pool(database, min_size=1, max_size=6) as made:
        yield made


@contextlib.asynccontextmanager
async def consuming(
    kafka: Kafka, pool: asyncpg.Pool, *subscriptions: Subscription
) -> AsyncIterator[asyncio.Task[None]]:
    stop = Stop()
    task = asyncio.create_task(
        run_consumer(Settings(kafka.bootstrap), kit.SERVICE, subscriptions, stop, Health(), pool)
    )
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task], timeout=30)
        assert task.done()


async def send(
    producer: AIOKafkaProducer, topic: str, key: str, sequence: int, **more: Any
) -> None:
    record = kit.record(key, sequence, **more)
    await producer.send_and_wait(topic, record.value, key=record.key, headers=list(record.headers))


async def until(pool: asyncpg.Pool, sql: str, expected: int, within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while await pool.fetchval(sql) != expected:
            await asyncio.sleep(0.02)


EFFECTS = "select count(*) from effect"


def sub(apply: Any, topic: str, unique: Any, **changes: Any) -> Subscription:
    return kit.subscription(apply, topic, group=unique("group"), **changes)


async def test_published_before_the_first_start_is_consumed(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    await send(producer, topic, "k", 1)
    async with consuming(kafka, pool, sub(kit.Effects(), topic, unique)):
        await until(pool, EFFECTS, 1)


async def test_a_null_header_among_many_costs_itself_alone(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    subscription = sub(kit.Effects(), topic, unique)
    for number in range(200):
        extra: dict[str, Any] = {"ce_id": None} if number == 77 else {}
        record = kit.record(f"k{number}", 1, **extra)
        await producer.send(topic, record.value, key=record.key, headers=list(record.headers))
    await producer.flush()
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 199)
        await until(pool, "select count(*) from dead_letter", 1)
        await lag_is_zero(kafka, subscription.group, topic)


async def lag_is_zero(kafka: Kafka, group: str, topic: str) -> None:
    client = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, group_id=group)
    await client.start()
    try:
        partitions = [TopicPartition(topic, n) for n in range(3)]
        ends = await client.end_offsets(partitions)
        async with asyncio.timeout(20):
            while any([ends[p] != (await client.committed(p) or 0) for p in partitions]):
                await asyncio.sleep(0.05)
    finally:
        await client.stop()


async def test_a_batch_that_fails_once_comes_again(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    calls = 0

    class Once(kit.Effects):
        async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
            nonlocal calls
            calls += 1
            if calls == 1:
                raise OSError("the network")
            await super().__call__(tx, facts)

    await send(producer, topic, "k", 1)
    async with consuming(kafka, pool, sub(Once(), topic, unique)):
        await until(pool, EFFECTS, 1)
    assert calls == 2


async def test_a_database_that_is_away_makes_no_hot_loop(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    attempts: list[float] = []
    loop = asyncio.get_running_loop()

    class Away(kit.Effects):
        async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
            attempts.append(loop.time())
            if loop.time() - attempts[0] < 10:
                raise ConnectionRefusedError
            await super().__call__(tx, facts)

    # more than one fetch holds: a fetch that waits at the log's end would be a pause as well
    for number in range(300):
        record = kit.record(f"k{number}", 1, words="kata" * 6000)
        await producer.send(topic, record.value, key=record.key, headers=list(record.headers))
    await producer.flush()
    async with consuming(kafka, pool, sub(Away(), topic, unique)):
        await until(pool, EFFECTS, 300, within_s=30)
    assert 3 < len(attempts) < 50


async def test_a_reply_to_header_publishes_nothing(
    kafka: Kafka,
    pool: asyncpg.Pool,
    topic: str,
    admin: AIOKafkaAdminClient,
    producer: AIOKafkaProducer,
    unique: Any,
    topic_prefix: str,
) -> None:
    reply = f"{topic_prefix}reply"
    await admin.create_topics([NewTopic(reply, 1, 1)])
    await send(producer, topic, "k", 1, reply_to=reply.encode())
    async with consuming(kafka, pool, sub(kit.Effects(), topic, unique)):
        await until(pool, EFFECTS, 1)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap)
    await consumer.start()
    ends = await consumer.end_offsets([TopicPartition(reply, 0)])
    await consumer.stop()
    assert list(ends.values()) == [0]


async def test_every_declared_topic_is_read(
    kafka: Kafka,
    pool: asyncpg.Pool,
    admin: AIOKafkaAdminClient,
    producer: AIOKafkaProducer,
    unique: Any,
    topic_prefix: str,
) -> None:
    names = [f"{topic_prefix}{n}" for n in range(3)]
    await admin.create_topics([NewTopic(name, 1, 1) for name in names])
    for name in names:
        await send(producer, name, f"k-{name}", 1)
    subscription = kit.subscription(kit.Effects(), *names, group=unique("group"))
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 3)


def test_no_default_of_a_library_decides_delivery() -> None:
    broker = KafkaBroker("127.0.0.1:9", logger=None)
    subscriber = subscribe(broker, kit.subscription(kit.Effects()), sink=None)  # type: ignore[arg-type]
    options = subscriber.endpoint._connection_args
    assert options["enable_auto_commit"] is False
    assert options["auto_offset_reset"] == "earliest"
    assert subscriber.endpoint.ack_policy.value == "nack_on_error"
    assert subscriber.endpoint._no_reply is True
    assert subscriber.endpoint.topic_names_for_subscribe == ["t.in"]


async def test_a_member_that_joins_during_a_long_batch_causes_no_second_effect(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    started = asyncio.Event()

    class Slow(kit.Effects):
        async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
            await super().__call__(tx, facts)
            started.set()
            await asyncio.sleep(5)

    subscription = sub(Slow(), topic, unique)
    for number in range(60):
        await send(producer, topic, f"k{number}", 1)
    async with consuming(kafka, pool, subscription):
        await asyncio.wait_for(started.wait(), 20)
        other = kit.subscription(kit.Effects(), topic, group=subscription.group)
        async with consuming(kafka, pool, other):
            await until(pool, EFFECTS, 60, within_s=40)
            await lag_is_zero(kafka, subscription.group, topic)
    assert await pool.fetchval("select count(distinct key) from effect") == 60


async def gap(kafka: Kafka, pool: asyncpg.Pool, subscription: Subscription) -> str:
    """What a consumer says that a gap stops."""
    async with consuming(kafka, pool, subscription) as task:
        await asyncio.wait([task], timeout=20)
        assert task.done()
        error = task.exception()
    assert isinstance(error, GapError)
    return str(error)


async def test_a_gap_stops_the_role_and_names_it(
    kafka: Kafka,
    pool: asyncpg.Pool,
    admin: AIOKafkaAdminClient,
    producer: AIOKafkaProducer,
    unique: Any,
    lone: str,
) -> None:
    subscription = sub(kit.Effects(), lone, unique)
    await send(producer, lone, "k", 1)
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 1)
    for sequence in range(2, 6):
        await send(producer, lone, "k", sequence)
    await admin.delete_records({TopicPartition(lone, 0): RecordsToDelete(4)})
    told = await gap(kafka, pool, subscription)
    assert f"{lone}[0] begins at 4, but 1 comes next: 3 records are gone" in told
    assert await pool.fetchval(EFFECTS) == 1
    options = Settings(kafka.bootstrap).kafka_options()
    assert await accept_gap(pool, options, subscription.group, lone) == {0: 4}
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 2)


async def test_a_gap_on_a_partition_that_was_never_read_is_named_too(
    kafka: Kafka,
    pool: asyncpg.Pool,
    admin: AIOKafkaAdminClient,
    producer: AIOKafkaProducer,
    unique: Any,
    lone: str,
) -> None:
    subscription = sub(kit.Effects(), lone, unique)
    for sequence in range(1, 4):
        await send(producer, lone, "k", sequence)
    await admin.delete_records({TopicPartition(lone, 0): RecordsToDelete(2)})
    told = await gap(kafka, pool, subscription)
    assert f"{lone}[0] begins at 2, but 0 comes next: 2 records are gone" in told
    options = Settings(kafka.bootstrap).kafka_options()
    assert await accept_gap(pool, options, subscription.group, lone) == {0: 2}
    assert await accept_gap(pool, options, subscription.group, lone) == {}
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 1)


async def test_a_database_without_any_position_reads_the_whole_log_again(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    subscription = sub(kit.Effects(), topic, unique)
    await send(producer, topic, "k", 1)
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 1)
        await lag_is_zero(kafka, subscription.group, topic)
    await pool.execute("truncate consumed, handled, effect")
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 1)


async def test_a_database_restored_from_a_backup_reads_again_what_it_lost(
    kafka: Kafka, pool: asyncpg.Pool, topic: str, producer: AIOKafkaProducer, unique: Any
) -> None:
    subscription = sub(kit.Effects(), topic, unique)
    await send(producer, topic, "k", 1)
    await send(producer, topic, "k", 2)
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 2)
        await lag_is_zero(kafka, subscription.group, topic)
    await pool.execute("update consumed set next_offset = 1")
    await pool.execute("delete from handled where sequence = 2")
    await pool.execute("delete from effect where number = 2")
    async with consuming(kafka, pool, subscription):
        await until(pool, EFFECTS, 2)


async def test_a_missing_topic_stops_the_start_by_name(
    kafka: Kafka, pool: asyncpg.Pool, unique: Any
) -> None:
    name = unique("missing")
    async with consuming(kafka, pool, sub(kit.Effects(), name, unique)) as task:
        await asyncio.wait([task], timeout=20)
        assert task.done()
        assert name in str(task.exception())
