"""(d) From a report's acceptance to its case in Kafka, at a steady rate.

intake's roles `http` and `relay` and routing's `consumer` and `relay` run, each its own process. A
consumer of the bench reads the cases; the broker's own time on each record (LogAppendTime, whole
milliseconds) less `received_at` is the figure.
"""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer
from tests.bench.figures import Figure, percentile
from tests.bench.load import Load, send
from tests.bench.reports import bodies
from tests.bench.world import World, intake_secrets, process, role

from mrk_schemas.cases import CaseAssigned, CaseHandedOn, CaseSentToTriage
from mrk_schemas.registry import CASES

PART = "d received → assigned"
RATES = (200, 1000)
AIM_P50_MS, AIM_P99_MS = 50, 150
_WARM_UP_S = 2.0
_LAST_S = 30.0
_CONNECTIONS = 128
_ROLES = (
    ("mrk_intake", "MRK_INTAKE_", "http"),
    ("mrk_intake", "MRK_INTAKE_", "relay"),
    ("mrk_routing", "MRK_ROUTING_", "consumer"),
    ("mrk_routing", "MRK_ROUTING_", "relay"),
)
_DECIDED = {CaseAssigned.TYPE, CaseHandedOn.TYPE, CaseSentToTriage.TYPE}


async def measure(world: World, seconds: float) -> list[Figure]:
    """Percentiles at each rate."""
    own = {"mrk_intake": intake_secrets(), "mrk_routing": {}}
    async with AsyncExitStack() as kept:
        databases = {package: await world.database(package) for package in own}
        port = 0
        for package, prefix, name in _ROLES:
            settings = world.settings(prefix, databases[package], **own[package])
            started = await kept.enter_async_context(
                process(world, role(package, name), settings, prefix)
            )
            port = port or started.port
        # what other measurements left in the topic is caught up before
        reader = await kept.enter_async_context(_reader(world))
        await _until_quiet(reader)
        figures: list[Figure] = []
        for rate in RATES:
            stored = world.folder / f"bodies-{rate}.json"
            # each is sent once: the same words at the same point would be of the same thing
            made = bodies(world.pack, int(rate * (seconds + _WARM_UP_S)), seed=rate)
            stored.write_text(json.dumps([body.decode() for body in made]))
            load = Load(port, _CONNECTIONS, seconds, _WARM_UP_S, str(stored), rate)
            figures += await _at(reader, load, rate)
    return figures


def _reader(world: World) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        CASES, **world.kafka_options, auto_offset_reset="latest", fetch_max_wait_ms=100
    )


async def _until_quiet(reader: AIOKafkaConsumer) -> None:
    while await reader.getmany(timeout_ms=2000):
        pass


async def _at(reader: AIOKafkaConsumer, load: Load, rate: int) -> list[Figure]:
    sending = asyncio.create_task(send(load))
    found: list[tuple[float, float]] = []
    wanted: int | None = None
    loop = asyncio.get_running_loop()
    ends = loop.time() + load.warm_up + load.seconds + _LAST_S
    while wanted is None or len(found) < wanted:
        for records in (await reader.getmany(timeout_ms=100)).values():
            found += [pair for record in records if (pair := _delay(record)) is not None]
        if wanted is None and sending.done():
            wanted = sending.result().accepted_in_all
        if loop.time() > ends:
            raise RuntimeError(f"{len(found)} of {wanted} reports were decided in time")
    first = min(received for received, _ in found)
    took = sorted(delay for received, delay in found if received >= first + load.warm_up)
    lasted = load.seconds or 1
    reached = f"{len(took) / lasted:.0f}/s reached, largest {took[-1] * 1000:.0f} ms"
    # the aims are for the lower rate; the higher one shows how it grows
    judged = rate == RATES[0]
    return [
        Figure(
            PART,
            f"{rate / RATES[0]:g}×: {rate}/s, {name}",
            percentile(took, share) * 1000,
            "ms",
            aim=aim if judged else None,
            lower=True,
            more=reached,
        )
        for name, share, aim in (("p50", 0.5, AIM_P50_MS), ("p99", 0.99, AIM_P99_MS))
    ]


def _delay(record: Any) -> tuple[float, float] | None:
    """When the report was received (seconds since 1970) and how long its decision took."""
    headers = dict(record.headers)
    if headers["ce_type"].decode() not in _DECIDED:
        return None
    case = json.loads(record.value)["case"]
    received = datetime.fromisoformat(case["received_at"]).timestamp()
    return received, record.timestamp / 1000 - received
