"""(c) How fast routing decides a backlog of reports that waits in Kafka."""

import asyncio
from time import monotonic

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.bench.figures import Figure, middle
from tests.bench.reports import events
from tests.bench.world import World, count, peer, process, role

from mrk_delivery.events import headers_of
from mrk_intake.service import SERVICE as INTAKE
from mrk_schemas.registry import REPORTS

PART = "c routing"
AIM, FLOOR = 20, 10
PEER_TOPIC = "bench.reports.v1"
_PARTITIONS = 12  # as complaint.reports.v1
_LOOK_S = 0.01
_DRAIN_S = 120.0
_PREFIX = "MRK_ROUTING_"


async def measure(world: World, rounds: int, ours: int, theirs: int) -> list[Figure]:
    """Events a second of both consumers, at `ours` and `theirs` events and at four times that."""
    await _make_topic(world)
    runs = {
        "ours": (role("mrk_routing", "consumer"), REPORTS, ours),
        "peer": (peer("faststream_routing"), PEER_TOPIC, theirs),
    }
    databases = {name: await world.database("mrk_routing") for name in runs}
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for times in (1, 4):
            for name, (command, topic, number) in runs.items():
                await publish(world, topic, number * times)
                rate = await _drain(world, command, databases[name], number * times)
                found.setdefault((name, times), []).append(rate)
    return [
        Figure(
            PART,
            f"{times}×: {ours * times:,} events (peer {theirs * times:,})",
            middle(found["ours", times]),
            "events/s",
            middle(found["peer", times]),
            "FastStream: a handler call and a transaction an event",
            AIM,
            FLOOR,
        )
        for times in (1, 4)
    ]


async def publish(world: World, topic: str, number: int) -> None:
    """Append so many distinct `report.received` events."""
    async with AIOKafkaProducer(**world.kafka_options, linger_ms=5) as producer:
        for event in events(world.pack, number):
            headers = headers_of(
                INTAKE,
                id_=event.id,
                type_=event.body.TYPE,
                time=event.time,
                subject=event.key,
                sequence=1,
                traceparent=event.traceparent,
                correlation_id=None,
            )
            await producer.send(
                topic, event.body.to_json(), key=event.key.encode(), headers=headers
            )


async def _make_topic(world: World) -> None:
    admin = AIOKafkaAdminClient(**world.kafka_options)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(PEER_TOPIC, _PARTITIONS, 1)])
    finally:
        await admin.close()


async def _drain(world: World, command: list[str], dsn: str, number: int) -> float:
    """Start the consumer; events a second from its first commit to its last one."""
    conn = await asyncpg.connect(dsn)
    try:
        before = await count(conn, "case_file")
        async with process(world, command, world.settings(_PREFIX, dsn), _PREFIX):
            deadline = monotonic() + _DRAIN_S
            first: tuple[float, int] | None = None
            while (done := await count(conn, "case_file") - before) < number:
                if first is None and done:
                    first = monotonic(), done
                if monotonic() > deadline:
                    raise RuntimeError(f"{done} of {number} events after {_DRAIN_S:g} s")
                await asyncio.sleep(_LOOK_S)
            ended = monotonic()
    finally:
        await conn.close()
    if first is None or first[1] >= number:
        raise RuntimeError(f"{number} events are too few: one look saw them all")
    return (number - first[1]) / (ended - first[0])
