"""(c) How fast routing decides a backlog of reports that waits in Kafka, and how long one takes.

Twice: as it is, with reports that leave category and place to their words and are compared with
others; and as the spine was, with a pack that has neither model nor landmarks and compares nothing,
and with reports that state both.
"""

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, perf_counter

import asyncpg
import yaml
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.bench.figures import Figure, middle, percentile
from tests.bench.reports import Stated, events, received
from tests.bench.world import World, count, peer, process, role

from mrk_cli.city import default_pack
from mrk_delivery.events import headers_of
from mrk_intake.service import SERVICE as INTAKE
from mrk_routing.domain.assign import Rules, assign
from mrk_schemas.registry import REPORTS

PART = "c routing"
AIM, FLOOR = 20, 10
"""Of routing without what reads words: against the peer."""
SHARE_AIM, SHARE_FLOOR = 0.75, 0.5
"""Of routing as it is: of the rate without that."""
DECISION_AIM_MS, DECISION_FLOOR_MS = 1.0, 5.0
"""The slowest of a hundred."""
PEER_TOPIC = "bench.reports.v1"
_PARTITIONS = 12  # as complaint.reports.v1
_LOOK_S = 0.01
_DRAIN_S = 120.0
_PREFIX = "MRK_ROUTING_"
_DECISIONS = 2_000


@dataclass(frozen=True)
class _Runner:
    """One that decides: how it is started, and what it is given."""

    command: list[str]
    topic: str
    number: int
    dsn: str
    stated: Stated
    pack: Path


async def measure(world: World, rounds: int, ours: int, theirs: int) -> list[Figure]:
    """Events a second of both consumers, at `ours` and `theirs` events and at four times that."""
    await _make_topic(world)
    consumer, words, whole = role("mrk_routing", "consumer"), Stated.LITTLE, default_pack()
    bare = await asyncio.to_thread(_bare, world.folder / "bare", world.pack.categories)
    # one database for both of ours: they are one consumer group, whose offsets are in it
    dsn, others = [await world.database("mrk_routing") for _ in range(2)]
    runners = {
        "ours": _Runner(consumer, REPORTS, ours, dsn, words, whole),
        "bare": _Runner(consumer, REPORTS, ours, dsn, Stated.ALL, bare),
        "peer": _Runner(peer("faststream_routing"), PEER_TOPIC, theirs, others, words, whole),
    }
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for times in (1, 4):
            for name, runner in runners.items():
                number = runner.number * times
                await publish(world, runner.topic, number, runner.stated)
                found.setdefault((name, times), []).append(await _drain(world, runner, number))
    rates = {key: middle(values) for key, values in found.items()}
    return [
        *(each for times in (1, 4) for each in _figures(times, ours, theirs, rates)),
        _decision(world),
    ]


def _figures(
    times: int, ours: int, theirs: int, rates: dict[tuple[str, int], float]
) -> list[Figure]:
    work = f"{times}×: {ours * times:,} events"
    whole, bare, peers = (rates[name, times] for name in ("ours", "bare", "peer"))
    return [
        Figure(
            PART,
            f"{work} (peer {theirs * times:,}), nothing read or compared",
            bare,
            "events/s",
            peers,
            "FastStream: a handler call and a transaction an event",
            AIM,
            FLOOR,
        ),
        Figure(
            PART,
            f"{work}, place and category from words, duplicates",
            whole,
            "events/s",
            bare,
            "the line above",
            SHARE_AIM,
            SHARE_FLOOR,
            more=f"{whole / peers:.1f}× FastStream",
        ),
    ]


def _decision(world: World) -> Figure:
    """How long one decision takes, of reports that leave much to their words."""
    rules, now = Rules(world.pack), datetime.now(UTC)
    given = [item.report for item in received(world.pack, _DECISIONS, Stated.LITTLE)]
    assign(given[0], rules, now)  # the calendar's holidays are read once
    took = []
    for report in given:
        begun = perf_counter()
        assign(report, rules, now)
        took.append((perf_counter() - begun) * 1000)
    took.sort()
    return Figure(
        PART,
        f"one decision, p99 of {_DECISIONS:,}",
        percentile(took, 0.99),
        "ms",
        aim=DECISION_AIM_MS,
        floor=DECISION_FLOOR_MS,
        lower=True,
        more=f"p50 {percentile(took, 0.5):.2f} ms",
    )


def _bare(folder: Path, categories: Iterable[str]) -> Path:
    """The city's pack without its model and its landmarks, and by which nothing is compared."""
    shutil.copytree(default_pack(), folder)
    (folder / "category.model").unlink()
    landmarks = folder / "landmarks.csv"
    head, *_ = landmarks.read_text(encoding="utf-8").splitlines(keepends=True)
    landmarks.write_text(head, encoding="utf-8")
    duplicates = folder / "duplicates.yaml"
    given = yaml.safe_load(duplicates.read_text(encoding="utf-8"))
    stated = yaml.safe_dump({**given, "never": sorted(categories)})
    duplicates.write_text(stated, encoding="utf-8")
    return folder


async def publish(world: World, topic: str, number: int, stated: Stated = Stated.MUCH) -> None:
    """Append so many distinct `report.received` events."""
    async with AIOKafkaProducer(**world.kafka_options, linger_ms=5) as producer:
        for event in events(world.pack, number, stated):
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


async def _drain(world: World, runner: _Runner, number: int) -> float:
    """Start the consumer; events a second from its first commit to its last one."""
    conn = await asyncpg.connect(runner.dsn)
    try:
        before = await count(conn, "case_file")
        settings = world.settings(_PREFIX, runner.dsn, CITY_PACK=str(runner.pack))
        async with process(world, runner.command, settings, _PREFIX):
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
