"""Reports from the real broker into the real database."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import routing_records as kit
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_delivery.consumer import run_consumer
from mrk_delivery.events import Record
from mrk_local.testing import Kafka
from mrk_routing.consumers.subscriptions import subscriptions
from mrk_routing.service import SERVICE
from mrk_routing.settings import EventSettings
from mrk_schemas.registry import CASES
from mrk_schemas.reports import InformationAdded, ReportWithdrawn, SolutionDisputed
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
    topic = f"{topic_prefix}reports"
    records = [kit.received(number) for number in range(500)]
    records[250] = kit.record(topic, kit.complaint(250), b"not JSON", 1)
    thrice = records * 3
    random.Random(5).shuffle(thrice)
    await _consume(kafka, pool, dsn, pack, clock, topic, thrice)
    assert await pool.fetchval("select count(*) from case_file") == 499
    assert await pool.fetchval("select count(*) from case_event") == 2 * 499 + 1  # its copy
    letters = await pool.fetch("select key, state from dead_letter order by offset_no")
    assert {row["key"] for row in letters} == {kit.complaint(250)}
    assert sorted(row["state"] for row in letters) == ["bad", "queued", "queued"]


async def test_what_reporters_do_takes_effect_once_however_often_it_is_sent(  # fixtures
    kafka: Kafka,
    pool: asyncpg.Pool,
    dsn: str,
    pack: CityPack,
    clock: FixedClock,
    topic_prefix: str,
) -> None:
    life = [
        [
            kit.received(number),
            kit.acted(InformationAdded, number),
            kit.acted(SolutionDisputed, number, sequence=3),
            kit.acted(ReportWithdrawn, number, sequence=4),
        ]
        for number in range(50)
    ]
    records = [record for one in life for record in one + one[1:]]
    await _consume(kafka, pool, dsn, pack, clock, f"{topic_prefix}reports", records)
    query = "select type, count(*) from case_event where topic = $1 group by 1 order by 1"
    found = {kit.short(type_): n for type_, n in await pool.fetch(query, CASES)}
    assert found == dict.fromkeys(
        ("case.assigned", "case.information-added", "case.reopened", "case.withdrawn"), 50
    )
    ended = "select count(*) from case_file where body ->> 'ending' = 'withdrawn'"
    assert await pool.fetchval(ended) == 50
    assert await pool.fetchval("select count(*) from dead_letter") == 0


async def _consume(
    kafka: Kafka,
    pool: asyncpg.Pool,
    dsn: str,
    pack: CityPack,
    clock: FixedClock,
    topic: str,
    records: Sequence[Record],
) -> None:
    """Send the records to the broker, and let the consumer of reports apply them all."""
    group = f"{topic}.group"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=5)
    await admin.start()
    await producer.start()
    try:
        await admin.create_topics([NewTopic(topic, 3, 1)])
        sent = [
            await producer.send(topic, r.value, key=r.key, headers=list(r.headers)) for r in records
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
            while await _committed(kafka, group, topic) < len(records):
                assert not running.done(), await running
                await stop.sleep(0.1)
    finally:
        stop.set()
        await running


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
