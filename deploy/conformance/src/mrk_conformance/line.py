"""The wire: one topic is written, the other watched."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from mrk_conformance.ledger import Message
from mrk_delivery.events import Record

_POLL_MS: Final = 100
_LOOKS: Final = 20
_BETWEEN_LOOKS_S: Final = 0.2


class NoTopicError(Exception):
    """A topic of the agency is not on this broker."""


@dataclass(frozen=True, slots=True)
class Line:
    """Writes one topic and reads another from its end as it was at the start."""

    writes: str
    partitions: int
    _producer: AIOKafkaProducer
    _consumer: AIOKafkaConsumer

    async def send(self, messages: Iterable[Message]) -> None:
        """Write messages; each is acknowledged before the next goes."""
        for each in messages:
            await self.write(each.key.encode(), each.value, list(each.headers))

    async def write(
        self, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]
    ) -> None:
        """Write one record as it is, a damaged one too."""
        await self._producer.send_and_wait(self.writes, value, key=key, headers=headers)

    async def read(self) -> list[Record]:
        """What came since; at most a tenth of a second is waited for it."""
        batch = await self._consumer.getmany(timeout_ms=_POLL_MS)
        return [_record(each) for part in batch.values() for each in part]


@asynccontextmanager
async def open_line(
    options: Mapping[str, Any], writes: str, reads: str, *, beginning: bool = False
) -> AsyncIterator[Line]:
    """A line to a broker.

    Args:
        options: aiokafka's: bootstrap_servers and what security needs.
        writes: the topic that is written.
        reads: the topic that is watched.
        beginning: read it from its beginning, not from its end.

    Raises:
        NoTopicError: one of the two topics is missing.
    """
    producer = AIOKafkaProducer(**options, acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
    await producer.start()
    try:
        await consumer.start()
        try:
            await _there(consumer, {writes, reads})
            numbers = await producer.partitions_for(reads)
            read = [TopicPartition(reads, number) for number in sorted(numbers)]
            consumer.assign(read)
            await (consumer.seek_to_beginning if beginning else consumer.seek_to_end)(*read)
            for each in read:
                await consumer.position(each)
            written = await producer.partitions_for(writes)
            yield Line(writes, len(written), producer, consumer)
        finally:
            await consumer.stop()
    finally:
        await producer.stop()


async def _there(consumer: AIOKafkaConsumer, wanted: set[str]) -> None:
    """A topic that was made a moment ago is told of a moment later."""
    for _ in range(_LOOKS):
        missing = wanted - await consumer.topics()
        if not missing:
            return
        await asyncio.sleep(_BETWEEN_LOOKS_S)
    raise NoTopicError(", ".join(sorted(missing)))


def _record(found: Any) -> Record:
    return Record(
        found.topic,
        "",
        found.partition,
        found.offset,
        found.key,
        found.value,
        found.headers,
        datetime.fromtimestamp(found.timestamp / 1000, UTC),
    )
