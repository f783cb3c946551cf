"""The fixtures of tests/conftest.py give a real broker and real, separate databases."""

from collections.abc import Callable

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_local.postgres import PostgresServer
from mrk_local.testing import Databases, Kafka


async def test_kafka_carries_a_record_and_stamps_it_itself(kafka: Kafka, topic_prefix: str) -> None:
    topic = f"{topic_prefix}smoke"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        sent = await producer.send_and_wait(topic, b"jalan berlubang", key=b"k", timestamp_ms=1)
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        record = await consumer.getone()
    assert record.value == b"jalan berlubang"
    assert record.partition == sent.partition
    assert record.timestamp_type == 1, "LogAppendTime"
    assert record.timestamp > 1_600_000_000_000
    assert (kafka.log_dir / f"{topic}-{record.partition}").is_dir()


async def test_a_missing_topic_is_not_created(kafka: Kafka, topic_prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        described = await admin.describe_topics([f"{topic_prefix}absent"])
        assert described[0]["error_code"] == 3, "unknown topic or partition"
        assert f"{topic_prefix}absent" not in await admin.list_topics()
    finally:
        await admin.close()


async def test_a_database_is_empty_durable_and_closed_to_others(
    databases: Databases, database: str, postgres: PostgresServer
) -> None:
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SHOW fsync") == "on"
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    assert await connection.fetchval("SHOW server_version_num") >= "180000"
    assert await connection.fetch("SELECT FROM pg_tables WHERE schemaname = 'public'") == []
    name = await connection.fetchval("SELECT current_database()")
    await connection.close()
    other = await databases.fresh(role="mrk_stranger")
    stranger = other.rsplit("/", 1)[0] + "/" + name
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(stranger)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://mrk_test:wrong@127.0.0.1:{postgres.port}/{name}")


async def test_a_template_is_prepared_once_and_copied(
    databases: Databases, unique: Callable[[str], str]
) -> None:
    prepared: list[str] = []

    async def prepare(dsn: str) -> None:
        prepared.append(dsn)
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE marker (id int); INSERT INTO marker VALUES (7)")
        await connection.close()

    name = unique("copied").replace("-", "_")
    first = await databases.fresh(name, prepare)
    second = await databases.fresh(name, prepare)
    assert first != second
    assert len(prepared) == 1
    for dsn in (first, second):
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT id FROM marker") == 7
        await connection.close()
