"""What updates leave behind on a table's pages, removed soon after an erasure or a correction."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from mrk_intake.store import erase
from mrk_telemetry.logs import get_logger

EVERY_S: Final = 60.0


class OldRows:
    """Vacuums after erasures and corrections, at most once in `every_s`: several share one.

    PostgreSQL's own vacuum would come for them, but only once a share of the table has changed:
    until then a wrapped key that was erased could be read from the disk by whoever has the
    master key.

    Args:
        pool: of intake's database.
        every_s: seconds from one vacuum to the next.
    """

    def __init__(self, pool: asyncpg.Pool, every_s: float = EVERY_S) -> None:
        self._pool = pool
        self._every_s = every_s
        self._due = asyncio.Event()

    def left_behind(self) -> None:
        """Something was erased or corrected."""
        self._due.set()

    @contextlib.asynccontextmanager
    async def removed(self) -> AsyncIterator[None]:
        """Remove them while the block runs; what is still due at its end is removed then."""
        task = asyncio.create_task(self._work(), name="old rows")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            if self._due.is_set():
                await self._remove()

    async def _work(self) -> None:
        while True:
            await self._due.wait()
            await self._remove()
            await asyncio.sleep(self._every_s)

    async def _remove(self) -> None:
        self._due.clear()
        try:
            await erase.rid_of_old_rows(self._pool)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._due.set()  # the database's own vacuum comes too, only later
            get_logger().warning("old_rows.left", error=type(error).__name__)
