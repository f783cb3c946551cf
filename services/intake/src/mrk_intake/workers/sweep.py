"""The sweep: gives up uploads that nobody took, and removes objects that nobody needs."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import asyncpg

from mrk_delivery.errors import is_transient
from mrk_intake.store import held, phones, uploads, waste
from mrk_intake.store.objects import MissingError, Objects
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

ORPHAN_AGE: Final = timedelta(hours=1)
"""How old an object without a row is before it is removed: far longer than from the writing of an
object to the commit of its row (a request's body: two minutes; an examination's lease: one)."""
EVERY_S: Final = 30.0
ORPHANS_EVERY_S: Final = 3600.0
STALL_S: Final = 300.0
"""A sweep that turns no more for so long, in seconds, is stalled: one object has 30 s."""

OWNER: Final = "owner"
"""The object that names the installation whose store this is."""

_SOME: Final = 200


class ForeignStoreError(Exception):
    """The store belongs to another database."""

    log_safe = True


class Sweep:
    """Removes, again and again.

    Args:
        pool: of intake's database.
        objects: the store.
        beat: told at each turn.
    """

    def __init__(self, pool: asyncpg.Pool, objects: Objects, beat: Beat) -> None:
        self._pool = pool
        self._objects = objects
        self._beat = beat

    async def run(self, stop: Stop) -> None:
        """Sweep until stopped. A store or a database that is away is tried again.

        Raises:
            Exception: a defect.
        """
        orphans_at = monotonic()
        while not stop.is_set():
            self._beat.beat()
            try:
                await self.once()
                if monotonic() >= orphans_at:
                    await self.orphans(datetime.now(UTC) - ORPHAN_AGE)
                    orphans_at = monotonic() + ORPHANS_EVERY_S
            except Exception as error:
                if not is_transient(error):
                    raise
                get_logger().warning("sweep.failed", error=type(error).__name__)
            await stop.sleep(EVERY_S)

    async def own(self) -> None:
        """See that the store is this installation's; an empty one becomes it.

        Raises:
            ForeignStoreError: it is another one's: everything in it would be an orphan here.
            StoreAwayError: it cannot be asked now.
        """
        ours = str(await waste.owner(self._pool)).encode()
        try:
            found = await self._objects.whole(OWNER)
        except MissingError:
            await self._objects.put(OWNER, ours)
            return
        if found != ours:
            raise ForeignStoreError(
                "ATTACHMENTS_URL names the store of another installation (see its object"
                f" {OWNER!r}): give each its own folder or prefix"
            )

    async def once(self) -> None:
        """Give up what expired, then remove the objects that rows gave up.

        Raises:
            StoreAwayError: what is left is removed another time.
        """
        while True:
            async with self._pool.acquire() as conn, conn.transaction():
                expired = await uploads.remove_expired(conn, _SOME)
            if expired:
                get_logger().info("uploads.expired", uploads=expired)
            if expired < _SOME:
                break
        while names := await waste.some(self._pool, _SOME):
            self._beat.beat()
            await self._objects.remove(names)
            await waste.gone(self._pool, names)
            metrics.objects_removed("given-up", len(names))
        metrics.objects_waiting(await waste.count(self._pool))
        metrics.held(*await held.counted(self._pool))
        while await phones.forget(self._pool, _SOME) == _SOME:
            self._beat.beat()

    async def orphans(self, before: datetime) -> int:
        """Remove objects that no row names.

        Args:
            before: only those that were written before this instant, by the store's clock.

        Returns:
            How many there were.

        Raises:
            ForeignStoreError: as for `own`.
            StoreAwayError: the next time looks again.
        """
        await self.own()
        removed = 0
        async for some in self._objects.listed():
            self._beat.beat()
            old = [name for name, written in some if written < before and name != OWNER]
            names = await waste.unknown(self._pool, old)
            await self._objects.remove(names)
            removed += len(names)
        if removed:
            get_logger().warning("objects.orphaned", objects=removed)
            metrics.objects_removed("orphan", removed)
        return removed
