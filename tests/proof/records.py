"""Reading back: every record that Kafka holds, and what the simulators were really sent."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition


@dataclass(frozen=True, slots=True)
class Seen:
    """One record of a log."""

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    id: str
    source: str
    sequence: int
    value: bytes


async def read_all(bootstrap: str, topics: Iterable[str] | None = None) -> list[Seen]:
    """All records of these topics (None: all of ours), each partition in its order."""
    parts = await _partitions(bootstrap, topics)
    async with _consumer(bootstrap) as consumer:
        ends = await consumer.end_offsets(parts)
        starts = await consumer.beginning_offsets(parts)
        full = [part for part in parts if ends[part] > starts[part]]
        consumer.assign(full)
        for part in full:
            consumer.seek(part, starts[part])
        left = set(full)
        found: list[Seen] = []
        while left:
            for part, batch in (await consumer.getmany(timeout_ms=1000)).items():
                found += [_seen(record) for record in batch if record.offset < ends[part]]
            left -= {part for part in left if await consumer.position(part) >= ends[part]}
        return found


def gaps(found: Iterable[Seen], source: str) -> list[str]:
    """Complaints of whose versions by a service some are on no topic."""
    versions: dict[str, set[int]] = defaultdict(set)
    for record in found:
        if record.source == source:
            versions[record.key].add(record.sequence)
    return [
        f"{source} {key}: {sorted(told)}"
        for key, told in versions.items()
        if told != set(range(1, len(told) + 1))
    ]


async def end_offsets(bootstrap: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Where each partition ends now."""
    parts = await _partitions(bootstrap, topics)
    async with _consumer(bootstrap) as consumer:
        return {(p.topic, p.partition): n for p, n in (await consumer.end_offsets(parts)).items()}


async def _partitions(bootstrap: str, topics: Iterable[str] | None) -> list[TopicPartition]:
    """All partitions of these topics; a consumer knows only those that it subscribed to."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        names = list(topics) if topics is not None else await client.list_topics()
        wanted = sorted(name for name in names if not name.startswith("__"))
        described = await client.describe_topics(wanted)
    finally:
        await client.close()
    found = [
        TopicPartition(topic["topic"], part["partition"])
        for topic in described
        for part in topic["partitions"]
    ]
    if {part.topic for part in found} != set(wanted):
        raise LookupError(f"the broker does not describe all of {wanted}")
    return found


class _consumer:  # noqa: N801  # used as a function: an AIOKafkaConsumer has no `async with`
    def __init__(self, bootstrap: str) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)

    async def __aenter__(self) -> AIOKafkaConsumer:
        await self._consumer.start()
        return self._consumer

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()


def _seen(record: Any) -> Seen:
    headers = {name: value.decode() for name, value in record.headers}
    return Seen(
        record.topic,
        record.partition,
        record.offset,
        record.key.decode(),
        headers["ce_type"],
        headers["ce_id"],
        headers["ce_source"],
        int(headers.get("ce_sequence", 0)),
        record.value,
    )


async def stored(simulator: str, **query: str) -> list[dict[str, Any]]:
    """What a simulator was sent: its whole store."""
    async with httpx.AsyncClient(base_url=simulator, timeout=60, trust_env=False) as client:
        answer = await client.get("/_sim/records", params=query)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found
