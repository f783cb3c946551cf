"""Several processes of one role that come and go, and what their consumer group notices of it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError
from tests.bench.world import ready

from mrk_local.ports import LOOPBACK, free_port

LONGEST_S: Final = 240.0
"""For any one thing to happen: a machine that does much else is slow, not wrong."""
_LOOK_S: Final = 0.1

Sharing = Mapping[str, frozenset[tuple[str, int]]]
"""The partitions of each member, by its id; a process that comes again has a new one."""


class Deaths:
    """Orders to processes to kill themselves at a point of their work, and the kills that were.

    Args:
        folder: a new one, as `MRK_HOOKS_DIR`; of several processes that share it, the first that
            comes to a point after an order takes it.
        name: `<service>.<role>`.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self.folder = folder
        self._order = folder / name
        self._fired = folder / f"{name}.fired"

    def order(self, point: str) -> None:
        """The process that takes it is killed at this point, where it has work in its hands."""
        draft = self._order.with_suffix(".new")
        draft.write_text(f"{point} 1")
        draft.rename(self._order)  # never read half written

    @property
    def points(self) -> list[str]:
        """Where processes were killed, in order."""
        lines = self._fired.read_text().splitlines() if self._fired.exists() else []
        return [line.split()[0] for line in lines]


class Member:
    """One process of a role, started and ended again and again under the same name.

    Args:
        log: where it writes.
        command: of `python`.
        environment: its settings but for `<PREFIX>LISTEN`.
        prefix: of its settings.
        deaths: its orders.
    """

    def __init__(
        self,
        log: Path,
        command: list[str],
        environment: Mapping[str, str],
        prefix: str,
        deaths: Deaths,
    ) -> None:
        self.deaths = deaths
        self._log = log
        self._command = command
        self._listen = f"{prefix}LISTEN"
        inherited = {n: value for n, value in os.environ.items() if not n.startswith("MRK_")}
        self._environment = {**inherited, **environment, "MRK_HOOKS_DIR": str(deaths.folder)}
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0

    async def start(self) -> None:
        """Start it; it joins when it can."""
        self._port = free_port()
        listen = {self._listen: f"{LOOPBACK}:{self._port}"}
        with self._log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._command,
                env={**self._environment, **listen},
                stdout=output,
                stderr=output,
            )

    async def ready(self) -> None:
        """Wait until it says that it is.

        Raises:
            RuntimeError: it ended, or is not ready in time.
        """
        await ready(self._running(), self._port, self._log, LONGEST_S)

    async def leave(self) -> int:
        """End it by SIGTERM once it is ready; returns its exit code.

        Raises:
            RuntimeError: it was not ready in time.
            TimeoutError: it did not end in time.
        """
        await self.ready()
        process = self._running()
        process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(process.wait(), LONGEST_S)

    async def dead(self) -> "Member":
        """Wait until it has ended by itself."""
        await self._running().wait()
        return self

    async def end(self) -> None:
        """End it, however it is."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def told(self) -> str:
        """The end of its log."""
        return self._log.read_text()[-3000:]

    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "it was never started"
        assert self._process.returncode is None, self.told()
        return self._process


async def first_dead(members: Sequence[Member]) -> Member:
    """The first of them that ends."""
    waits = [asyncio.ensure_future(member.dead()) for member in members]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for wait in waits:
            wait.cancel()


@dataclass
class Watcher:
    """Looks how a group's partitions are shared out, as its coordinator tells it.

    Attributes:
        sharings: each that was seen, in order; two in a row are never the same. One that lasted
            for less than a look is not among them.
    """

    bootstrap: str
    group: str
    sharings: list[Sharing] = field(default_factory=list)

    @property
    def sharing(self) -> Sharing:
        """The last one; empty before the first."""
        return self.sharings[-1] if self.sharings else {}

    async def run(self) -> None:
        """Look until cancelled."""
        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await client.start()
        try:
            while True:
                with contextlib.suppress(KafkaError):
                    found = await _sharing(client, self.group)
                    if found and found != self.sharing:
                        self.sharings.append(found)
                await asyncio.sleep(_LOOK_S)
        finally:
            await client.close()

    async def shared_by(self, members: int, others: Sharing) -> Sharing:
        """Wait until so many members have partitions, none of them one of `others`."""
        while len(self.sharing) != members or self.sharing.keys() & others.keys():
            await asyncio.sleep(_LOOK_S)
        return self.sharing


async def _sharing(client: AIOKafkaAdminClient, group: str) -> Sharing:
    """Empty while partitions are being shared out."""
    [response] = await client.describe_consumer_groups([group])
    [described] = response.to_object()["groups"]
    if described["state"] != "Stable":
        return {}
    return {member["member_id"]: _partitions(member) for member in described["members"]}


def _partitions(member: dict[str, Any]) -> frozenset[tuple[str, int]]:
    decoded = ConsumerProtocolMemberAssignment.decode(member["member_assignment"])
    return frozenset((topic, number) for topic, numbers in decoded.assignment for number in numbers)
