"""Lists the public reports that no fact has listed yet: those that nobody has decided about."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.errors import is_transient
from mrk_intake.store import listing
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

EVERY_S: Final = 5.0
LISTER_STALL_S: Final = 120.0
OVERLAP: Final = timedelta(minutes=15)
"""How far each look reaches back: a report's row is committed later than its time says, at most by
as long as a client waits for its answer."""
WHOLE_EVERY_S: Final = 3600.0
"""How often all reports are looked through: an import bears the date of its original."""

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SOME: Final = 500


class Lister:
    """Looks again and again; the first time through all reports.

    Args:
        pool: of intake's database.
        clock: the domain's, by which reports are received.
        beat: told at each turn.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock, beat: Beat) -> None:
        self._pool = pool
        self._clock = clock
        self._beat = beat
        self._since = _EVER
        self._whole_at = monotonic()

    async def run(self, stop: Stop) -> None:
        """List until stopped. A database that is away is tried again.

        Raises:
            Exception: a defect.
        """
        while not stop.is_set():
            self._beat.beat()
            try:
                await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                get_logger().warning("listing.failed", error=type(error).__name__)
            await stop.sleep(EVERY_S)

    async def once(self) -> int:
        """List all that there are now; how many it were."""
        began, listed = self._clock.now(), 0
        if monotonic() >= self._whole_at:
            self._since = _EVER
        while True:
            async with self._pool.acquire() as conn, conn.transaction():
                some = await listing.add_unlisted(conn, self._since, _SOME)
            listed += some
            self._beat.beat()
            if some < _SOME:
                break
        if self._since == _EVER:
            self._whole_at = monotonic() + WHOLE_EVERY_S
        self._since = began - OVERLAP
        if listed:
            metrics.batch("list", listed)
            get_logger().info("reports.listed", reports=listed)
        return listed
