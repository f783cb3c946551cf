"""The domain's clock: real time, plus an offset that tests and trials may set for all roles.

Deadlines and events follow it; leases and retries never do: those follow the database's time.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from mrk_delivery.errors import is_transient
from mrk_telemetry.logs import get_logger

POLL_S: Final = 1.0

_READ: Final = "select moved_by from delivery_clock"
_ADVANCE: Final = "update delivery_clock set moved_by = moved_by + $1 returning moved_by"


class ClockRefused(Exception):  # noqa: N818  # it reads as the fact that it states
    """Time must not be moved here."""

    log_safe = True


class Clock:
    """Tells the domain's time. Real, unless its offset is moved."""

    def __init__(self, moved_by: timedelta = timedelta()) -> None:
        self._moved_by = moved_by

    def now(self) -> datetime:
        """The domain's present instant, UTC."""
        return datetime.now(UTC) + self._moved_by

    @property
    def moved_by(self) -> timedelta:
        """How far it is ahead of real time; below 0 when behind."""
        return self._moved_by


class FixedClock(Clock):
    """Stands still until it is moved; for tests.

    Args:
        at: an instant with a zone.
    """

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it stands at, UTC."""
        return self._at

    def advance(self, by: timedelta) -> None:
        """Move it; backwards too."""
        self._at += by


class _Followed(Clock):
    """Follows the offset in `delivery_clock`."""

    def follow(self, moved_by: timedelta) -> None:
        if moved_by != self._moved_by:
            get_logger().info("clock.moved", moved_by_s=moved_by.total_seconds())
            self._moved_by = moved_by


@contextlib.asynccontextmanager
async def open_clock(
    pool: asyncpg.Pool,
    movable: bool,  # noqa: FBT001  # settings.clock_movable, as it stands
    *,
    poll_s: float = POLL_S,
) -> AsyncIterator[Clock]:
    """The process's clock while the block runs.

    Args:
        pool: of the service's database.
        movable: whether to follow `delivery_clock`; else the clock is real time and asks nobody.
        poll_s: seconds between two looks at the offset.
    """
    if not movable:
        yield Clock()
        return
    clock = _Followed(await moved_by(pool))
    following = asyncio.create_task(_follow(pool, clock, poll_s), name="clock")
    try:
        yield clock
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


async def moved_by(conn: Any) -> timedelta:
    """The offset that roles follow now.

    Args:
        conn: a connection or a pool.
    """
    found: timedelta = await conn.fetchval(_READ)
    return found


async def advance(conn: Any, by: timedelta, environment: str) -> timedelta:
    """Move the clock of every role of this service; they follow within a second or two.

    Args:
        conn: a connection or a pool; commits by itself outside a transaction.
        by: how far; below 0 is back.
        environment: `settings.environment`.

    Returns:
        The offset that holds now.

    Raises:
        ClockRefused: in production.
    """
    if environment == "production":
        raise ClockRefused("the clock is not moved in production")
    found: timedelta = await conn.fetchval(_ADVANCE, by)
    return found


async def _follow(pool: asyncpg.Pool, clock: _Followed, poll_s: float) -> None:
    away = False
    while True:
        await asyncio.sleep(poll_s)
        try:
            clock.follow(await moved_by(pool))
        except Exception as error:
            if not is_transient(error):
                get_logger().exception("clock.not_followed")
                raise
            if not away:  # said once: the roles themselves tell of a database that is away
                get_logger().warning("clock.database_away", error=type(error).__name__)
            away = True
        else:
            away = False
