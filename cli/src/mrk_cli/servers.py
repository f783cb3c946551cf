"""Starts Kafka and PostgreSQL again when they die."""

import asyncio
import contextlib
from collections.abc import Sequence

from mrk_cli.notices import Kind, Notice, Tell
from mrk_cli.role_process import Backoff
from mrk_local.errors import LocalError
from mrk_local.kafka import KafkaBroker
from mrk_local.postgres import PostgresServer

_LOOK_S = 0.5


class Keeper:
    """Looks at the servers twice a second and starts those that died, with back-off.

    Args:
        tell: receives what happens.
        servers: what is kept; running when `start` is called.
        backoff: how fast.
    """

    def __init__(
        self, tell: Tell, servers: Sequence[KafkaBroker | PostgresServer], backoff: Backoff
    ) -> None:
        self._tell = tell
        self._servers = servers
        self._backoff = backoff
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look."""
        self._tasks = [asyncio.create_task(self._keep(server)) for server in self._servers]

    async def stop(self) -> None:
        """Look no longer; the servers stay as they are."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep(self, server: KafkaBroker | PostgresServer) -> None:
        name = "Kafka" if isinstance(server, KafkaBroker) else "PostgreSQL"
        deaths = 0
        while True:
            await asyncio.sleep(_LOOK_S)
            if server.running:
                continue
            deaths += 1
            delay = self._backoff.delay(deaths)
            self._tell(Notice(Kind.ROLE_DIED, name, f"ended; started again in {delay:g} s"))
            await asyncio.sleep(delay)
            try:
                await server.start()
            except LocalError as error:
                self._tell(Notice(Kind.STEP_TOLD, name, str(error)))
            else:
                deaths = 0
                self._tell(Notice(Kind.ROLE_READY, name))
