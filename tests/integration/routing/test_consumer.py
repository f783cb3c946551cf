"""Reports from the real broker into the real database."""

import asyncio
import random
from dataclasses import replace

import asyncpg
import routing_records as kit
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_delivery.consumer import run_consumer
from mrk_local.testing import Kafka
from mrk_routing.consumers.subscriptions import subscriptions
from mrk_routing.service import SERVICE
from mrk_routing.settings import EventSettings
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop


async def test_five_hundred_reports_with_duplicates_and_one_poison(  # fixtures
    kafka: Kafka,
    pool: asyncpg.Pool,
    dsn: str,
    pack: CityPack,
    clock: FixedClock,
    topic_prefix: str,
) -> None:
    topic, group = f"{topic_prefix}reports", f"{topic_prefix}group"
    records = [kit.received(number) for number in range(500)]
    records[250] = kit.record(topic, kit.complaint(250), b"not JSON", 1)
    thrice = records * 3
    random.Random(5).shuffle(thrice)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=5)
    await admin.start()
    await producer.start()
    try:
        await admin.create_topics([NewTopic(topic, 3, 1)])
        sent = [
            await producer.send(topic, r.value, key=r.key, headers=list(r.headers)) for r in thrice
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
        await admin.close()

    settings = EventSettings(
        environment="test",
        database_url=dsn,
        listen="127.0.0.1:0",
        kafka_bootstrap=kafka.bootstrap,
        city_pack=kit.MEDAN,
    )
    reports = replace(subscriptions(pack, clock)[0], group=group, topics=(topic,))
    stop, health = Stop(), Health()
    running = asyncio.create_task(run_consumer(settings, SERVICE, [reports], stop, health, pool))
    try:
        async with asyncio.timeout(60):
            while await _committed(kafka, group, topic) < len(thrice):
                assert not running.done(), await running
                await stop.sleep(0.1)
    finally:
        stop.set()
        await running
    assert await pool.fetchval("select count(*) from case_file") == 499
    assert await pool.fetchval("select count(*) from case_event") == 2 * 499 + 1  # its copy
    letters = await pool.fetch("select key, state from dead_letter order by offset_no")
    assert {row["key"] for row in letters} == {kit.complaint(250)}
    assert sorted(row["state"] for row in letters) == ["bad", "queued", "queued"]


async def _committed(kafka: Kafka, group: str, topic: str) -> int:
    client = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap, group_id=group, enable_auto_commit=False
    )
    await client.start()
    try:
        found = [await client.committed(TopicPartition(topic, n)) for n in range(3)]
    finally:
        await client.stop()
    return sum(offset or 0 for offset in found)
