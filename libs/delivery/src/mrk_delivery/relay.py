"""The relay: the one active sender of a database's outbox, in order, until the broker has it.

One process holds the advisory lock; a standby waits for it. Deletes run on the lock's own
connection: when that drops, the lock is gone and so is this relay.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Protocol

import asyncpg

from mrk_delivery import hooks
from mrk_delivery.producer import BrokerAwayError, Publisher, Refused, Row
from mrk_delivery.service import Service
from mrk_delivery.topics import require
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat, Condition, Health
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop
from mrk_telemetry.traces import is_sampled, start_span

LOCK = 0x6D726B_72656C  # "mrk" "rel": the same in every service, each has its own database
BATCH_ROWS = 2000
BUSY_POLL_S = 0.007
IDLE_POLL_S = 0.1
BUSY_FOR_S = 5.0
_MEASURE_S = 5.0
_MAX_LINKS = 64

_NEXT = """
select o.id, o.topic, o.key, o.version, e.id as event_id, e.type, e.time, e.traceparent,
    e.correlation_id, e.body
from outbox o join {event_table} e using (key, version, topic)
where o.passes or not exists (
    select 1 from outbox_dead d where d.topic = o.topic and d.key = o.key
)
order by o.id limit $1
"""
_DEAD = """
with gone as (
    delete from outbox where id = $1 returning id, topic, key, version, passes, created_at
)
insert into outbox_dead (id, topic, key, version, passes, created_at, reason)
select id, topic, key, version, passes, created_at, $2 from gone
"""
_DEPTH = """
select (select count(*) from outbox) as depth, (select count(*) from outbox_dead) as dead,
    coalesce(extract(epoch from clock_timestamp() - (select min(created_at) from outbox)), 0) as age
"""


class RelaySettings(Protocol):
    """What the relay needs to know."""

    @property
    def dsn(self) -> str:
        """The database's address with its password."""
        ...

    def kafka_options(self) -> dict[str, Any]:
        """Aiokafka's connection options."""
        ...


@dataclass(slots=True)
class _Relay:
    conn: asyncpg.Connection
    service: Service
    publisher: Publisher
    beat: Beat

    async def round(self) -> int:
        """Send what waits, oldest first; returns how many rows left the outbox."""
        rows = await self._next()
        if not rows:
            return 0
        hooks.reach("relay.before_produce")
        with start_span("relay.publish", links=_links(rows)):
            outcome = await self.publisher.send(rows)
        hooks.reach("relay.after_produce")
        await self._delete(outcome.sent)
        metrics.relay_batch(len(rows), "failed" if outcome.failed else "sent")
        if not outcome.failed:
            return len(outcome.sent)
        get_logger().warning(
            "relay.batch_failed", sent=len(outcome.sent), failed=len(outcome.failed)
        )
        return len(outcome.sent) + await self._singly(outcome.failed)

    async def _next(self) -> list[Row]:
        sql = _NEXT.replace("{event_table}", self.service.event_table)
        return [Row.of(self.service, found) for found in await self.conn.fetch(sql, BATCH_ROWS)]

    async def _delete(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        await self.conn.execute(
            "delete from outbox where id = any($1::bigint[])", [row.id for row in rows]
        )
        hooks.reach("relay.after_delete")
        for topic in {row.topic for row in rows}:
            metrics.events_out(topic, sum(1 for row in rows if row.topic == topic))

    async def _singly(self, rows: Sequence[Row]) -> int:
        """One at a time, in order: a row that fails alone moves aside and its key waits."""
        done = 0
        held: set[tuple[str, str]] = set()
        for row in rows:
            self.beat.beat()
            if (row.topic, row.key) in held:
                continue
            match await self.publisher.send_one(row):
                case None:
                    await self._delete([row])
                    done += 1
                case Refused(reason):
                    await self.conn.execute(_DEAD, row.id, reason)
                    held.add((row.topic, row.key))
                    metrics.relay_batch(1, "dead")
                    get_logger().error("relay.row_dead", outbox_id=row.id, topic=row.topic)
        return done


def _links(rows: Sequence[Row]) -> list[str]:
    sampled = (row.traceparent for row in rows if row.traceparent and is_sampled(row.traceparent))
    return [traceparent for traceparent, _ in zip(sampled, range(_MAX_LINKS), strict=False)]


async def run_relay(
    settings: RelaySettings,
    service: Service,
    stop: Stop,
    health: Health,
    topics: Collection[str] = (),
) -> None:
    """Hold the lock or wait for it; send until stopped.

    Args:
        topics: every topic that the service writes to; checked at start.

    Raises:
        MissingTopicsError: topics are not there; each is named.
        asyncpg.PostgresError, asyncpg.InterfaceError, OSError: the lock's connection dropped: the
            process must end, since another relay may be active.
    """
    log = get_logger()
    ready, broker = health.condition("database"), health.condition("broker")
    ready.fail("not connected yet")
    beat = health.progress("relay", stall_after_s=60)
    async with _connection(settings, stop, beat) as conn:
        if conn is None:
            return
        ready.ok()
        if not await _lock(conn, stop, beat, broker):
            return
        broker.fail("not connected yet")
        # while the broker is away the outbox grows: its age must be told from the first moment
        await require(settings.kafka_options(), topics, stop, beat, lambda: _measure(conn))
        metrics.relay_active(True)
        log.info("relay.active")
        publisher = Publisher(settings.kafka_options())
        relay = _Relay(conn, service, publisher, beat)
        try:
            await _send_until_stopped(relay, stop, broker.ok)
        finally:
            await publisher.close()
            metrics.relay_active(False)


async def _send_until_stopped(relay: _Relay, stop: Stop, connected: Any) -> None:
    last_row = monotonic()
    measured = 0.0
    pause = 0.2
    while not stop.is_set():
        relay.beat.beat()
        if not await relay.publisher.connect():
            # the broker's absence is no reason to end: the outbox keeps everything
            await _measure(relay.conn)
            if await stop.sleep(pause):
                return
            pause = min(pause * 2, 5.0)
            continue
        try:
            sent = await relay.round()
        except BrokerAwayError as error:
            get_logger().warning("relay.broker_away", error=str(error))
            if await stop.sleep(pause):
                return
            pause = min(pause * 2, 5.0)
            continue
        pause = 0.2
        connected()
        now = monotonic()
        if now - measured >= _MEASURE_S:
            await _measure(relay.conn)
            measured = now
        if sent:
            last_row = now
        elif await stop.sleep(BUSY_POLL_S if now - last_row < BUSY_FOR_S else IDLE_POLL_S):
            return


async def _measure(conn: asyncpg.Connection) -> None:
    row = await conn.fetchrow(_DEPTH)
    if row is not None:
        metrics.outbox(row["depth"], float(row["age"]), row["dead"])


@contextlib.asynccontextmanager
async def _connection(
    settings: RelaySettings, stop: Stop, beat: Beat
) -> AsyncIterator[asyncpg.Connection | None]:
    conn: asyncpg.Connection | None = None
    pause = 0.1
    while conn is None and not stop.is_set():
        beat.beat()
        try:
            conn = await asyncpg.connect(
                settings.dsn, timeout=5, server_settings={"application_name": "relay"}
            )
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await stop.sleep(pause)
            pause = min(pause * 2, 2.0)
    try:
        yield conn
    finally:
        if conn is not None:
            with contextlib.suppress(OSError, asyncpg.InterfaceError, TimeoutError):
                # a dead connection is closed already
                await asyncio.wait_for(conn.close(), 5)


async def _lock(conn: asyncpg.Connection, stop: Stop, beat: Beat, broker: Condition) -> bool:
    said = False
    while not await conn.fetchval("select pg_try_advisory_lock($1)", LOCK):
        broker.ok()  # who stands by is ready to: it needs no broker yet
        if not said:
            get_logger().info("relay.standby", since=datetime.now(UTC).isoformat())
            said = True
        beat.beat()
        if await stop.sleep(0.5):
            return False
    return True
