"""The consumer role: subscriptions, gap checks, back-off, lag, graceful stop."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Protocol

import asyncpg
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from mrk_delivery.errors import GapError, TooManyBadError
from mrk_delivery.events import Record
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.service import Service
from mrk_delivery.subscribe import Subscriber, subscribe
from mrk_delivery.subscription import Subscription
from mrk_delivery.topic_ids import topic_ids
from mrk_delivery.topics import require
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat, Health
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop
from mrk_telemetry.traces import is_sampled, start_span

BACK_OFF_S = (0.2, 5.0)
_SASL = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}
_MEASURE_S = 5.0
_STOP_S = 20.0
_MAX_LINKS = 64

_POSITIONS = """
select topic, topic_id, partition_no, next_offset from consumed
where group_id = $1 and topic = any($2::text[])
"""
_OPEN_LETTERS = """
select topic, state, count(*) as n from dead_letter where state in ('bad', 'queued')
group by topic, state
"""


class ConsumerSettings(Protocol):
    """What a consumer needs to know."""

    @property
    def kafka_bootstrap(self) -> str:
        """Kafka's addresses, ``host:port`` separated by commas."""
        ...

    def kafka_options(self) -> dict[str, Any]:
        """Aiokafka's connection options."""
        ...


class _Group:
    """One subscription at work: the sink behind its subscriber."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        service: Service,
        subscription: Subscription,
        stop: Stop,
        beat: Beat,
    ) -> None:
        self.subscription = subscription
        self.subscriber: Subscriber | None = None
        self.fatal: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._pipeline = Pipeline(pool, service, subscription)
        self._pool = pool
        self._service = service
        self._stop = stop
        self._beat = beat
        self._ids: dict[str, str] = {}
        self._next: dict[TopicPartition, int] = {}
        self._pause = BACK_OFF_S[0]

    def topic_id(self, topic: str) -> str:
        return self._ids[topic]

    async def take(self, records: Sequence[Record]) -> None:
        if self.fatal.done():
            raise self.fatal.result()
        links = [r for r in map(_traceparent, records) if r and is_sampled(r)][:_MAX_LINKS]
        try:
            await self._look_for_gap(records)
            with start_span(f"{self.subscription.group} process", links=links):
                await self._pipeline.process(records)
        except (TooManyBadError, GapError) as error:
            self._end(error)
            raise
        except Exception as error:
            get_logger().warning(
                "consumer.batch_failed",
                group=self.subscription.group,
                error=type(error).__name__,
                records=len(records),
            )
            # NACK rewinds without a delay: without this a broken database makes a hot loop
            await self._stop.sleep(self._pause)
            self._pause = min(self._pause * 2, BACK_OFF_S[1])
            raise
        self._pause = BACK_OFF_S[0]
        self._beat.beat()
        for record in records:
            self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def assigned(self, partitions: set[TopicPartition]) -> None:
        self._next.clear()
        pause = 0.2
        while partitions and not self._stop.is_set():
            try:
                await self._check(partitions)
            except (KafkaError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                get_logger().warning("consumer.check_failed", error=type(error).__name__)
                await self._stop.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                return

    async def _check(self, partitions: set[TopicPartition]) -> None:
        """Compare the log with what was consumed; the database's position is the truth."""
        consumer = self._consumer()
        topics = sorted({p.topic for p in partitions})
        self._ids.update(await topic_ids(consumer._client, topics))  # noqa: SLF001  # no public way
        rows = await self._pool.fetch(_POSITIONS, self.subscription.group, topics)
        known = {
            TopicPartition(row["topic"], row["partition_no"]): row["next_offset"]
            for row in rows
            if row["topic_id"] == self._ids[row["topic"]]
        }
        starts = await consumer.beginning_offsets(partitions)
        for partition, start in starts.items():
            stored = known.get(partition, 0)  # what was never read is missing from its beginning
            if start > stored:
                self._end(self._gap(partition, stored, start))
                return
            committed = await consumer.committed(partition)
            if committed is not None and committed > stored:
                # the database was restored from a backup: read again what it lost
                consumer.seek(partition, stored)
                get_logger().warning(
                    "consumer.rewound", topic=partition.topic, partition=partition.partition
                )

    async def _look_for_gap(self, records: Sequence[Record]) -> None:
        """Aiokafka resets an offset that fell out of the log silently: notice the jump."""
        seen: set[TopicPartition] = set()
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            if partition in seen:
                continue
            seen.add(partition)
            expected = self._next.get(partition)
            if expected is not None and record.offset > expected:
                starts = await self._consumer().beginning_offsets([partition])
                if starts[partition] > expected:
                    raise self._gap(partition, expected, starts[partition])

    def _gap(self, partition: TopicPartition, expected: int, start: int) -> GapError:
        return GapError(
            f"{self.subscription.group}: {partition.topic}[{partition.partition}] begins at"
            f" {start}, but {expected} comes next: {start - expected} records are gone. Fill the"
            f" gap with `mrk replay SERVICE --topic {partition.topic}` (the service that writes"
            f" it), then `mrk dead-letters accept-gap {self._service.name}"
            f" --group {self.subscription.group} --topic {partition.topic}`"
        )

    def _end(self, error: Exception) -> None:
        if not self.fatal.done():
            get_logger().critical("consumer.stopped", reason=str(error))
            self.fatal.set_result(error)

    def _consumer(self) -> Any:
        if self.subscriber is None or self.subscriber.consumer is None:
            raise KafkaError("the consumer is not started")
        return self.subscriber.consumer

    async def measure(self) -> None:
        """Lag by topic, in records and in the age of the oldest unread one."""
        consumer = self._consumer()
        lags: dict[str, tuple[int, float]] = dict.fromkeys(self.subscription.topics, (0, 0.0))
        now = datetime.now(UTC).timestamp()
        for partition in consumer.assignment():
            end = consumer.highwater(partition)
            position = self._next.get(partition)
            stamp = consumer.last_poll_timestamp(partition)
            if end is None or position is None:
                continue
            records, seconds = lags[partition.topic]
            behind = max(0, end - position)
            age = max(0.0, now - stamp / 1000) if behind and stamp and stamp > 0 else 0.0
            lags[partition.topic] = (records + behind, max(seconds, age))
        for topic, (records, seconds) in lags.items():
            metrics.lag(topic, records, seconds)


async def run_consumer(  # noqa: PLR0913, PLR0917  # what a role is made of
    settings: ConsumerSettings,
    service: Service,
    subscriptions: Sequence[Subscription],
    stop: Stop,
    health: Health,
    pool: asyncpg.Pool,
) -> None:
    """Consume until stopped; the batch in flight is finished first.

    Raises:
        MissingTopicsError: topics are not there; each is named.
        GapError: records are gone from the log that were not consumed here.
        TooManyBadError: most recent keys are bad.
    """
    ready = health.condition("broker")
    ready.fail("not connected yet")
    starting = health.progress("start", stall_after_s=120)
    topics = [topic for s in subscriptions for topic in s.topics]
    await require(settings.kafka_options(), topics, stop, starting)
    broker = _broker(settings)
    groups: list[_Group] = []
    for subscription in subscriptions:
        beat = health.progress(subscription.group, stall_after_s=60)
        group = _Group(pool, service, subscription, stop, beat)
        group.subscriber = subscribe(broker, subscription, group)
        groups.append(group)
    async with AsyncExitStack() as stack:
        await _start(broker, stop, starting)
        stack.push_async_callback(_stop, broker, groups)
        if stop.is_set():
            return
        starting.retire()
        for group in groups:
            if group.subscriber is not None:
                group.subscriber.watch(group._beat)  # noqa: SLF001  # one module
        ready.ok()
        get_logger().info("consumer.started", groups=[s.group for s in subscriptions])
        await _watch(groups, pool, stop)
    for group in groups:
        if group.fatal.done():
            ready.fail(str(group.fatal.result()))
            raise group.fatal.result()


def _broker(settings: ConsumerSettings) -> KafkaBroker:
    """FastStream takes credentials as a value of its own, where aiokafka takes options."""
    options = settings.kafka_options()
    context = options.get("ssl_context")
    user, password = options.get("sasl_plain_username"), options.get("sasl_plain_password")
    security: BaseSecurity | None = None
    if user and password:
        kind = _SASL[options["sasl_mechanism"]]
        security = kind(user, password, use_ssl=context is not None, ssl_context=context)
    elif context is not None:
        security = BaseSecurity(use_ssl=True, ssl_context=context)
    return KafkaBroker(
        options["bootstrap_servers"],
        security=security,
        logger=None,
        apply_types=False,
        graceful_timeout=_STOP_S,
    )


async def _start(broker: KafkaBroker, stop: Stop, beat: Beat) -> None:
    pause = 0.2
    while not stop.is_set():
        beat.beat()
        try:
            await stop.interrupts(broker.start())
        except (KafkaError, OSError) as error:
            get_logger().warning("consumer.broker_unreachable", error=type(error).__name__)
            await broker.stop()
            await stop.sleep(pause)
            pause = min(pause * 2, 5.0)
        else:
            return


async def _stop(broker: KafkaBroker, groups: Sequence[_Group]) -> None:
    # FastStream stops consumers before it drains handlers: wait for the batch first
    waits = [group.subscriber.idle() for group in groups if group.subscriber is not None]
    await asyncio.wait_for(asyncio.gather(*waits), _STOP_S)
    await broker.stop()


async def _watch(groups: Sequence[_Group], pool: asyncpg.Pool, stop: Stop) -> None:
    stopping: asyncio.Future[None] = asyncio.ensure_future(stop.wait())
    try:
        while not stopping.done() and not any(g.fatal.done() for g in groups):
            ends: list[asyncio.Future[Any]] = [stopping, *(g.fatal for g in groups)]
            await asyncio.wait(
                ends,
                timeout=_MEASURE_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            await _measure(groups, pool)
    finally:
        stopping.cancel()


async def _measure(groups: Sequence[_Group], pool: asyncpg.Pool) -> None:
    try:
        for group in groups:
            await group.measure()
        rows = await pool.fetch(_OPEN_LETTERS)
        parked = await pool.fetch("select topic, count(*) as n from parked group by topic")
    except (KafkaError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        get_logger().warning("consumer.not_measured", error=type(error).__name__)
        return
    metrics.dead_letters_open({(r["topic"], r["state"]): r["n"] for r in rows})
    counts = {r["topic"]: r["n"] for r in parked}
    for group in groups:
        for topic in group.subscription.topics:
            metrics.parked(topic, counts.get(topic, 0))


def _traceparent(record: Record) -> str | None:
    for name, value in record.headers:
        if name == "traceparent" and value is not None:
            try:
                return value.decode("ascii")
            except UnicodeDecodeError:
                return None
    return None
