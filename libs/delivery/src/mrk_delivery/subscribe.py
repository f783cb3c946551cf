"""The one way to make a subscriber, so that no default of a library decides delivery."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aiokafka import ConsumerRebalanceListener, ConsumerRecord
from aiokafka.structs import TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from mrk_delivery import hooks
from mrk_delivery.events import Record
from mrk_delivery.subscription import Subscription
from mrk_telemetry.health import Beat

MAX_RECORDS = 500


class Sink(Protocol):
    """What stands behind a subscriber."""

    async def take(self, records: Sequence[Record]) -> None:
        """Process records; returns when they are committed, raises to have them again."""

    async def assigned(self, partitions: set[TopicPartition]) -> None:
        """Partitions were given to this member; nothing of them is processed before this ends."""

    def topic_id(self, topic: str) -> str:
        """The id of a topic's present life."""


class _Message(KafkaAckableMessage):
    async def ack(self) -> None:
        await super().ack()
        hooks.reach("consumer.after_offset_commit")


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Waits for the work in flight before a partition goes to another member."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.idle = asyncio.Event()
        self.idle.set()
        self.checked = asyncio.Event()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self.checked.clear()
        if revoked:
            await self.idle.wait()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        await self._sink.assigned(assigned)
        self.checked.set()


class Subscriber:
    """A FastStream batch subscriber under this library's rules, and its consumer's poll."""

    def __init__(self, broker: KafkaBroker, subscription: Subscription, sink: Sink) -> None:
        self.subscription = subscription
        self._sink = sink
        self._listener = _Listener(sink)
        self.endpoint = broker.subscriber(
            *subscription.topics,
            group_id=subscription.group,
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=subscription.poll_ms,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            no_reply=True,
            parser=self._parse,
            decoder=self._decode,
            listener=self._listener,
            session_timeout_ms=15_000,
            heartbeat_interval_ms=3_000,
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=500,
        )
        self.endpoint(self._handle)

    @property
    def consumer(self) -> Any:
        """Aiokafka's consumer, once the broker has started."""
        return self.endpoint.consumer

    async def idle(self) -> None:
        """Wait for the batch in flight, if there is one."""
        await self._listener.idle.wait()

    def watch(self, beat: Beat) -> None:
        """Call every poll progress: a loop that no longer polls is stalled."""
        consumer = self.consumer
        getmany: Callable[..., Awaitable[Any]] = consumer.getmany

        async def watched(*partitions: Any, **options: Any) -> Any:
            beat.beat()
            return await getmany(*partitions, **options)

        consumer.getmany = watched

    async def _parse(self, message: tuple[ConsumerRecord, ...]) -> _Message:
        # FastStream's parser decodes headers itself and loses a whole batch on one null header
        return _Message(
            body=b"",
            headers={},
            raw_message=message,
            correlation_id="",
            message_id="",
            consumer=self.consumer,
        )

    async def _decode(self, message: _Message) -> list[Record]:
        return [self._record(raw) for raw in message.raw_message]

    def _record(self, raw: ConsumerRecord) -> Record:
        return Record(
            topic=raw.topic,
            topic_id=self._sink.topic_id(raw.topic),
            partition=raw.partition,
            offset=raw.offset,
            key=raw.key,
            value=raw.value,
            headers=list(raw.headers),
            logged_at=datetime.fromtimestamp(raw.timestamp / 1000, UTC),
        )

    async def _handle(self, records: list[Record]) -> None:
        self._listener.idle.clear()
        try:
            await self._listener.checked.wait()
            await self._sink.take(records)
        finally:
            self._listener.idle.set()


def subscribe(broker: KafkaBroker, subscription: Subscription, sink: Sink) -> Subscriber:
    """Make the subscriber of a subscription: raw batches, own parser, commit after the handler.

    Offsets are committed after the sink's transaction, never by a timer; a failed batch is
    rewound; nothing is ever answered to a ``reply_to``; a revocation waits for work in flight.
    """
    return Subscriber(broker, subscription, sink)
