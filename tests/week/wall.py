"""The clock on the wall of this city: moved for all roles at once, and who looked at it when."""

import asyncio
import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg

from mrk_cli.supervisor import Stack
from mrk_delivery.clock import advance

LOOK_S: Final = 0.03
SETTLED_S: Final = 60.0
SWEEP: Final = timedelta(seconds=3)
"""Role `clock` looks each second; the rest is for a machine that does other things, too."""
_EDGE: Final = timedelta(seconds=2)
_DUE: Final = "select count(*) from case_file where due_at <= $1"


@dataclass
class Stay:
    """A time that passes by itself, between two moves.

    Attributes:
        since: the first moment of it.
        awake: whether role `clock` runs.
        settled: when nothing was due any more.
        until: the last moment of it.
    """

    since: datetime
    awake: bool
    settled: datetime | None = None
    until: datetime | None = None


class Wall:
    """Moves the clock, and waits until everybody has seen it.

    Args:
        stack: whose roles follow.
        roles: those that act here.
    """

    def __init__(self, stack: Stack, roles: tuple[str, ...]) -> None:
        self._stack = stack
        self._roles = roles
        self._read: dict[str, int] = {}
        self._conns: dict[str, asyncpg.Connection] = {}
        self._offset = timedelta()
        self.awake = True
        self.stays: list[Stay] = []

    async def open(self) -> None:
        """Connect to the databases whose clocks are moved."""
        for service in ("intake", "routing"):
            self._conns[service] = await asyncpg.connect(self._stack.databases[service])

    async def close(self) -> None:
        """End the connections."""
        for conn in self._conns.values():
            await conn.close()

    def now(self) -> datetime:
        """What the clock shows (UTC)."""
        return datetime.now(UTC) + self._offset

    async def move(self, to: datetime) -> None:
        """Move it, and return when every role follows and nothing is due any more."""
        self._leave()
        by = to - self.now()
        moved = [await advance(conn, by, "test") for conn in self._conns.values()]
        assert len(set(moved)) == 1, moved
        self._offset = moved[0]
        self._arrive(to)
        async with asyncio.timeout(SETTLED_S):
            for role in self._roles:
                if self.awake or role != "routing.clock":
                    await self._followed(role)
        await self.settle()

    async def settle(self) -> None:
        """Return when nothing is due any more; at once while role `clock` is away."""
        if self.awake:
            async with asyncio.timeout(SETTLED_S):
                while await self._conns["routing"].fetchval(_DUE, self.now()):
                    await asyncio.sleep(LOOK_S)
            self.stays[-1].settled = self.now()

    async def asleep(self) -> None:
        """Role `clock` is killed, and nobody starts it again."""
        self._leave()
        await self._stack.roles["routing.clock"].stop(grace_s=0)
        self.awake = False
        self._arrive(self.now())

    async def wake(self) -> None:
        """Role `clock` is started again."""
        self._leave()
        self.awake = True
        self._arrive(self.now())
        await self._stack.roles["routing.clock"].start()
        await self._stack.wait_ready(["routing.clock"])
        await self.settle()

    def leave(self) -> None:
        """The play is over."""
        self._leave()

    def _leave(self) -> None:
        if self.stays:
            self.stays[-1].until = self.now()

    def _arrive(self, at: datetime) -> None:
        self.stays.append(Stay(at, self.awake))

    async def _followed(self, role: str) -> None:
        log, wanted = self._stack.layout.log(role), self._offset.total_seconds()
        while True:
            with log.open("rb") as file:
                file.seek(self._read.get(role, 0))
                seen = file.read()
            whole = seen[: seen.rfind(b"\n") + 1]
            self._read[role] = self._read.get(role, 0) + len(whole)
            lines: list[dict[str, Any]] = [
                json.loads(line) for line in whole.splitlines() if b'"clock.moved"' in line
            ]
            if any(line["moved_by_s"] == wanted for line in lines):
                return
            await asyncio.sleep(LOOK_S)


class Looks:
    """When what is due at a moment must have been told at the latest."""

    def __init__(self, stays: list[Stay]) -> None:
        self._stays = stays
        self._since = [stay.since for stay in stays]

    def latest(self, due: datetime) -> datetime | None:
        """The last moment at which it may be told; None: it need not be within the play."""
        at = bisect_right(self._since, due) - 1
        if at >= 0 and self.passes(due):
            stay = self._stays[at]
            if stay.settled is not None and due <= stay.settled:
                return stay.settled
            if stay.until is not None and due <= stay.until - _EDGE:
                return due + SWEEP
        later = (stay for stay in self._stays[at + 1 :] if stay.awake)
        return next((stay.settled for stay in later if stay.settled is not None), None)

    def passes(self, due: datetime, until: datetime | None = None) -> bool:
        """Whether time passes by itself from one moment to another, and role `clock` looks."""
        at = bisect_right(self._since, due) - 1
        stay = self._stays[at]
        last = stay.until if at >= 0 and stay.awake else None
        return last is not None and (until or due) <= last
