"""One transaction's unit of work: guard, state, events and work rows commit together.

Everything that the library writes is buffered and flushed in bulk just before the commit, so
that a batch of 500 facts costs a handful of statements.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from mrk_delivery import hooks, work_store
from mrk_delivery.blank import blank_dead_letters, blank_events
from mrk_delivery.errors import TooLarge
from mrk_delivery.events import Body, Event
from mrk_delivery.service import Service
from mrk_delivery.work import Work

MAX_BODY_BYTES = 900_000
"""Below Kafka's default `message.max.bytes` (1,048,588) with room for headers."""

_NEW = "insert into stream (key) select unnest($1::text[]) on conflict do nothing returning key"
_LOCK = """
select key, version, erased_at is not null as erased
from stream where key = any($1::text[]) order by key for update
"""
_FLUSH = """
with created as (
    insert into stream (key, version) select * from unnest($1::text[], $2::bigint[])
), raised as (
    update stream s set version = n.version
    from unnest($3::text[], $4::bigint[]) as n (key, version) where s.key = n.key
), stored as (
    insert into {event_table}
        (topic, key, version, id, type, time, traceparent, correlation_id, body)
    select * from unnest($5::text[], $6::text[], $7::bigint[], $8::uuid[], $9::text[],
        $10::timestamptz[], $11::text[], $12::text[], $13::bytea[])
)
insert into outbox (topic, key, version, passes)
select topic, key, version, passes
from unnest($5::text[], $6::text[], $7::bigint[], $14::boolean[])
    with ordinality as o (topic, key, version, passes, place)
order by place
"""


def sized(body: Body) -> bytes:
    """A body as it is stored.

    Raises:
        TooLarge: it is larger than the broker takes.
    """
    stored = body.to_json()
    if len(stored) > MAX_BODY_BYTES:
        raise TooLarge(f"{body.TYPE}: {len(stored)} bytes, at most {MAX_BODY_BYTES}")
    return stored


@dataclass(slots=True)
class Stream:
    """One key's place in the order of its events: locked by this transaction."""

    key: str
    version: int
    erased: bool
    new: bool = False
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure met: rows in flight, rows whose answer is unknown, rows that had ended."""

    in_flight: int
    unknown: int
    finished: int


@dataclass(slots=True)
class Tx:
    """What may be done inside one transaction. `conn` is for the service's own SQL."""

    conn: asyncpg.pool.PoolConnectionProxy
    service: Service
    streams: dict[str, Stream] = field(default_factory=dict)
    _events: list[tuple[Event, int, bytes]] = field(default_factory=list)
    _work: list[Work] = field(default_factory=list)
    _after: list[Callable[[], None]] = field(default_factory=list)

    async def lock(self, keys: Iterable[str], *, create: bool = True) -> dict[str, Stream]:
        """Lock the streams of `keys`, in sorted order, until the transaction ends.

        Args:
            keys: streams already locked by this transaction are not read again.
            create: start a stream where there is none; False leaves such keys out.
        """
        wanted = sorted(set(keys) - self.streams.keys())
        fresh: set[str] = set()
        if create and wanted:
            fresh = {row["key"] for row in await self.conn.fetch(_NEW, wanted)}
        existing = [key for key in wanted if key not in fresh]
        for key in fresh:
            self.streams[key] = Stream(key, 0, erased=False)
        if existing:
            for key, version, erased in await self.conn.fetch(_LOCK, existing):
                self.streams[key] = Stream(key, version, erased)
        return self.streams

    def create(self, key: str) -> Stream:
        """Start a stream that nobody else can know yet; a repeated key fails the commit."""
        self.streams[key] = Stream(key, 0, erased=False, new=True)
        return self.streams[key]

    def emit(self, event: Event) -> int:
        """Append an event and its outbox row.

        Returns:
            The version that the event raised its stream to: its ``ce_sequence``.

        Raises:
            KeyError: the event's key is not locked here.
            TooLarge: the body is larger than the broker takes.
        """
        stream = self.streams[event.key]
        body = sized(event.body.blanked() if stream.erased else event.body)
        stream.version += 1
        stream.raised = True
        self._events.append((event, stream.version, body))
        return stream.version

    def enqueue(self, work: Work) -> None:
        """Add a work row; one with the same (queue, dedupe) is there already: no effect."""
        self._work.append(work)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this once the transaction is durable; an undone part's calls are dropped.

        For what must not be told before it is true: metrics and log lines. It must not raise.
        """
        self._after.append(call)

    async def release(self, queue: str, lane: str) -> None:
        """Held work of a lane may run again."""
        await self.flush()
        await work_store.release(self.conn, queue, lane)

    async def erase(self, key: str) -> Erasure:
        """Leave a permanent tombstone and blank every copy that this library keeps.

        The key must be locked. Events, dead letters and work rows are blanked: the one edit
        that append-only rows permit. Work that waits is skipped.
        """
        await self.flush()
        self.streams[key].erased = True
        await self.conn.execute(
            "update stream set erased_at = coalesce(erased_at, clock_timestamp()) where key = $1",
            key,
        )
        await blank_events(self.conn, self.service, key)
        await blank_dead_letters(self.conn, self.service, key)
        return Erasure(*await work_store.erase(self.conn, key))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that is undone alone when it raises, buffers and versions included."""
        await self.flush()
        before = {key: (s.version, s.erased) for key, s in self.streams.items()}
        told = len(self._after)
        try:
            async with self.conn.transaction():
                yield
                await self.flush()
        except BaseException:
            self._events.clear()
            self._work.clear()
            del self._after[told:]
            for key in [k for k in self.streams if k not in before]:
                del self.streams[key]
            for key, (version, erased) in before.items():
                stream = self.streams[key]
                stream.version, stream.erased, stream.raised = version, erased, False
            raise

    async def flush(self) -> None:
        """Write what is buffered: one statement for events, one for work rows."""
        changed = [s for s in self.streams.values() if s.new or s.raised]
        if self._events or changed:
            created = [s for s in changed if s.new]
            raised = [s for s in changed if not s.new]
            await self.conn.execute(
                _FLUSH.replace("{event_table}", self.service.event_table),
                [s.key for s in created],
                [s.version for s in created],
                [s.key for s in raised],
                [s.version for s in raised],
                *self._columns(),
            )
            for stream in changed:
                stream.new = stream.raised = False
            self._events.clear()
        if self._work:
            await work_store.insert(self.conn, self._work)
            self._work.clear()

    def _columns(self) -> tuple[list[Any], ...]:
        events = self._events
        return (
            [e.topic for e, _, _ in events],
            [e.key for e, _, _ in events],
            [version for _, version, _ in events],
            [e.id for e, _, _ in events],
            [e.body.TYPE for e, _, _ in events],
            [e.time for e, _, _ in events],
            [e.traceparent for e, _, _ in events],
            [e.correlation_id for e, _, _ in events],
            [body for _, _, body in events],
            [e.passes for e, _, _ in events],
        )


@asynccontextmanager
async def _cut_after(
    conn: asyncpg.pool.PoolConnectionProxy, longest_s: float | None
) -> AsyncIterator[None]:
    """Cut the connection when the block takes longer.

    A cancelled query would first ask the server to cancel it, and a server that hangs never
    answers; a cut connection fails at once.
    """
    if longest_s is None:
        yield
        return
    watch = asyncio.get_running_loop().call_later(longest_s, conn.terminate)
    try:
        yield
    finally:
        watch.cancel()


@asynccontextmanager
async def unit(
    pool: asyncpg.Pool,
    service: Service,
    *,
    points: str | None = None,
    longest_s: float | None = None,
) -> AsyncIterator[Tx]:
    """A transaction with its unit of work: flushed and committed on a normal exit.

    Args:
        points: prefix of the fault tests' hook points around the commit, such as ``consumer``.
        longest_s: seconds after which the connection is cut, where somebody waits for an answer;
            None waits for as long as the server does.
    """
    async with pool.acquire() as conn:
        async with _cut_after(conn, longest_s), conn.transaction():
            tx = Tx(conn, service)
            yield tx
            await tx.flush()
            if points:
                hooks.reach(f"{points}.before_commit")
        if points:
            hooks.reach(f"{points}.after_commit")
    for call in tx._after:  # noqa: SLF001  # one module
        call()
