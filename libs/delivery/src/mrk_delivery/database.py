"""Connections to a service's own database: waited for at start, tried again with back-off."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeVar

import asyncpg

from mrk_delivery.errors import is_transient
from mrk_telemetry.health import Beat
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

CONNECT_S: Final = 5.0
COMMAND_S: Final = 30.0
CLOSE_S: Final = 5.0
BACK_OFF_S: Final = (0.1, 3.0)
RESTED_S: Final = 300.0
"""A kept connection that rested longer is not used again: a line may die without a word."""

Opened = TypeVar("Opened")


class Stopped(Exception):  # noqa: N818  # it reads as the fact that it states
    """The process was told to end while it waited for the database."""

    log_safe = True


async def open_pool(  # noqa: PLR0913  # each has a default but the address
    dsn: str,
    *,
    min_size: int = 1,
    max_size: int = 5,
    application_name: str | None = None,
    stop: Stop | None = None,
    beat: Beat | None = None,
) -> asyncpg.Pool:
    """A pool of connections, once the database takes them.

    A database that is away, starting or full is waited for; each failed attempt is logged.
    A returned connection is not reset by a statement of its own: that would double the round
    trips of short transactions. So nothing may leave session state behind (`SET` without
    `LOCAL`, session advisory locks, `LISTEN`, temporary tables): take a connection of your own
    for those.

    Args:
        dsn: `postgresql://role:password@host:port/database`.
        min_size: connections that are opened now.
        max_size: connections that are opened at most; others wait.
        application_name: shown in `pg_stat_activity`, such as `routing.consumer`.
        stop: ends the waiting.
        beat: told at each attempt.

    Raises:
        Stopped: `stop` was set first.
        asyncpg.PostgresError: the database refuses, as for a wrong password: waiting won't help.
        ValueError: the address is no address.
    """

    async def attempt() -> asyncpg.Pool:
        return await asyncpg.create_pool(
            dsn,
            min_size=min_size,
            max_size=max_size,
            timeout=CONNECT_S,
            command_timeout=COMMAND_S,
            server_settings=_server_settings(application_name),
            reset=_nothing_to_reset,
        )

    return await _retried(attempt, stop, beat)


class Acquiring(Protocol):
    """Lends connections; a pool, or `Kept`."""

    def acquire(self) -> AbstractAsyncContextManager[Any]:
        """A connection for the block's time."""
        ...


class Kept:
    """Connections of a pool for one who writes all the time: lending them costs nothing.

    A pool's own lending costs a task, two timers and three futures each time, which a short
    statement feels. As many connections are kept as were lent at once. One whose block failed
    goes back to the pool.

    Args:
        pool: whose connections they are.
        rested_s: seconds after which a kept connection is not used again.
    """

    def __init__(self, pool: asyncpg.Pool, rested_s: float = RESTED_S) -> None:
        self._pool = pool
        self._rested_s = rested_s
        self._free: list[tuple[Any, float]] = []
        self._clock = asyncio.get_running_loop().time

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """A connection for the block's time."""
        conn = await self._taken()
        try:
            yield conn
        except BaseException:
            await self._pool.release(conn)
            raise
        self._free.append((conn, self._clock()))

    async def give_back(self) -> None:
        """The pool gets all that is not lent now; it would wait for them in vain."""
        while self._free:
            await self._pool.release(self._free.pop()[0])

    async def _taken(self) -> Any:
        while self._free:
            conn, since = self._free.pop()
            if self._clock() - since > self._rested_s:
                with contextlib.suppress(asyncpg.InterfaceError):  # it ended, as below
                    conn.terminate()
            elif _lives(conn):
                return conn
        return await self._pool.acquire()


def _lives(conn: Any) -> bool:
    try:
        return not conn.is_closed()
    except asyncpg.InterfaceError:  # it ended while it rested, and its pool knows
        return False


@contextlib.asynccontextmanager
async def keeping(pool: asyncpg.Pool) -> AsyncIterator[Kept]:
    """`Kept` for the block's time; the pool has its connections back after it."""
    kept = Kept(pool)
    try:
        yield kept
    finally:
        await kept.give_back()


@contextlib.asynccontextmanager
async def closing(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """Close the pool after the block; what does not let go in time is cut."""
    try:
        yield pool
    finally:
        try:
            await asyncio.wait_for(pool.close(), CLOSE_S)
        except TimeoutError:
            pool.terminate()


async def connect(
    dsn: str, *, application_name: str | None = None, stop: Stop | None = None
) -> asyncpg.Connection:
    """One connection, for jobs and for session state; waits as `open_pool` does.

    Raises:
        Stopped: `stop` was set first.
        asyncpg.PostgresError: the database refuses.
        ValueError: the address is no address.
    """

    async def attempt() -> asyncpg.Connection:
        return await asyncpg.connect(
            dsn, timeout=CONNECT_S, server_settings=_server_settings(application_name)
        )

    return await _retried(attempt, stop, None)


async def _retried(
    attempt: Callable[[], Awaitable[Opened]], stop: Stop | None, beat: Beat | None
) -> Opened:
    pause = BACK_OFF_S[0]
    waits = stop or Stop()
    while not waits.is_set():
        if beat is not None:
            beat.beat()
        try:
            return await attempt()
        except asyncpg.exceptions.ClientConfigurationError:
            # its message quotes the address, where the password stands
            raise ValueError("the database's address cannot be understood") from None
        except Exception as error:
            if not is_transient(error):
                raise
            get_logger().warning("database.unreachable", error=type(error).__name__)
        await waits.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # jitter, not secrecy
        pause = min(pause * 2, BACK_OFF_S[1])
    raise Stopped("told to end before the database answered")


def _server_settings(application_name: str | None) -> dict[str, str]:
    # the transaction that a stalled role leaves open must not hold its locks for ever
    settings = {
        "idle_in_transaction_session_timeout": "60s",
        "timezone": "UTC",
        # statements are few, prepared, and find their rows by index: planning each anew for the
        # length of its arrays costs more than it could find
        "plan_cache_mode": "force_generic_plan",
    }
    if application_name:
        settings["application_name"] = application_name
    return settings


async def _nothing_to_reset(connection: Any) -> None:
    del connection
