"""The relay's producer: batches by partition, every acknowledgement awaited, rebuilt on failure."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
)
from aiokafka.partitioner import murmur2

from mrk_delivery.events import headers_of
from mrk_delivery.service import Service
from mrk_telemetry.logs import get_logger

MAX_REQUEST_BYTES = 1_000_000
_HOPELESS = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    RecordTooLargeError,
    InvalidTimestampError,
)
_AWAY = (KafkaError, OSError, TimeoutError)


class BrokerAwayError(Exception):
    """The broker did not answer or refused for now: the rows stay and are tried again."""


@dataclass(frozen=True, slots=True)
class Row:
    """An outbox row with its event."""

    id: int
    topic: str
    key: str
    body: bytes
    headers: list[tuple[str, bytes]]
    traceparent: str | None

    @classmethod
    def of(cls, service: Service, found: Any) -> Self:
        """From the relay's query."""
        return cls(
            id=found["id"],
            topic=found["topic"],
            key=found["key"],
            body=found["body"],
            traceparent=found["traceparent"],
            headers=headers_of(
                service,
                id_=found["event_id"],
                type_=found["type"],
                time=found["time"],
                subject=found["key"],
                sequence=found["version"],
                traceparent=found["traceparent"],
                correlation_id=found["correlation_id"],
            ),
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker will never take this row."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """How a round ended. Rows in neither list were not tried."""

    sent: list[Row]
    failed: list[Row]


class Publisher:
    """Sends rows in order per partition; after a failure the producer is made anew.

    One oversize record makes every later healthy record of aiokafka's partition fail, since the
    idempotent producer's sequence has a gap: only a new producer starts a new sequence.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}

    async def connect(self) -> bool:
        """Whether there is a producer; tries to make one where there is none."""
        if self._producer is not None:
            return True
        producer = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=True,
            max_batch_size=MAX_REQUEST_BYTES,
            max_request_size=MAX_REQUEST_BYTES,
            linger_ms=0,
            request_timeout_ms=10_000,
            retry_backoff_ms=100,
            # a topic's partitions never change; metadata is renewed when a leader moves
            metadata_max_age_ms=300_000,
        )
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            get_logger().warning("relay.broker_unreachable", error=type(error).__name__)
            await _discard(producer)
            return False
        self._producer = producer
        return True

    async def close(self) -> None:
        """End the producer; what it had not acknowledged stays in the outbox."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _discard(producer)

    async def send(self, rows: Sequence[Row]) -> Sent:
        """Send rows together, one batch a partition; what doesn't fit waits for the next call.

        When any failed, the producer is gone and the next call makes a new one.

        Raises:
            BrokerAwayError: nothing was sent.
        """
        try:
            batches, alone = await self._batches(rows)
            waits = [self._send_batch(where, builder) for where, _, builder in batches]
            results = await asyncio.gather(*waits, return_exceptions=True)
        except _AWAY as error:
            await self.close()
            raise BrokerAwayError(type(error).__name__) from error
        sent: list[Row] = []
        failed = alone
        for (_, members, _), result in zip(batches, results, strict=True):
            (failed if isinstance(result, BaseException) else sent).extend(members)
        if failed:
            await self.close()
        return Sent(sent, sorted(failed, key=lambda row: row.id))

    async def send_one(self, row: Row) -> Refused | None:
        """Send one row alone.

        Returns:
            None when it is acknowledged; Refused when the broker can never take it.

        Raises:
            BrokerAwayError: anything else; the row stays and is tried again.
        """
        if not await self.connect():
            raise BrokerAwayError("not connected")
        try:
            where = (row.topic, await self._partition(row))
            builder = self._require().create_batch()
            if self._append(builder, row) is None:
                return Refused("larger than the producer's max_request_size")
            await self._send_batch(where, builder)
        except _HOPELESS as error:
            await self.close()
            return Refused(type(error).__name__)
        except _AWAY as error:
            await self.close()
            raise BrokerAwayError(type(error).__name__) from error
        return None

    async def _batches(
        self, rows: Sequence[Row]
    ) -> tuple[list[tuple[tuple[str, int], list[Row], Any]], list[Row]]:
        """One batch a partition, and the rows that fit into none."""
        producer = self._require()
        open_: dict[tuple[str, int], tuple[list[Row], Any]] = {}
        full: set[tuple[str, int]] = set()
        alone: list[Row] = []
        for row in rows:
            where = (row.topic, await self._partition(row))
            if where in full:
                continue
            if where not in open_:
                open_[where] = ([], producer.create_batch())
            members, builder = open_[where]
            if self._append(builder, row) is not None:
                members.append(row)
                continue
            # later rows of this partition must not overtake it
            full.add(where)
            if not members:
                alone.append(row)
        batches = [
            (where, members, builder) for where, (members, builder) in open_.items() if members
        ]
        return batches, alone

    def _append(self, builder: Any, row: Row) -> Any:
        return builder.append(
            key=row.key.encode(), value=row.body, timestamp=None, headers=row.headers
        )

    async def _send_batch(self, where: tuple[str, int], builder: Any) -> None:
        future = await self._require().send_batch(builder, where[0], partition=where[1])
        await future

    async def _partition(self, row: Row) -> int:
        count = self._partitions.get(row.topic)
        if count is None:
            count = len(await self._require().partitions_for(row.topic))
            self._partitions[row.topic] = count
        # the Java client's default: murmur2 without the sign bit
        return int((murmur2(row.key.encode()) & 0x7FFFFFFF) % count)

    def _require(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise KafkaError("the producer was closed after a failure")
        return self._producer


async def _discard(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        # a producer that lost its broker cannot flush; the rows are still in the outbox
        await asyncio.wait_for(producer.stop(), 5)
