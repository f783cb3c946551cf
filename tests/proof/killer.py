"""Kills roles at named points of their work, and counts only kills that interrupted some."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from mrk_cli.supervisor import Stack

ROUNDS: Final = int(os.environ.get("MRK_TEST_ROUNDS", "1"))
"""How many times the kills of CI are given; `make soak` gives more."""

_RELAY: Final = {"relay.before_produce": 4, "relay.after_produce": 3, "relay.after_delete": 3}
_CONSUMER: Final = {
    "consumer.before_commit": 4,
    "consumer.after_commit": 3,
    "consumer.after_offset_commit": 3,
}
_WORKER: Final = {
    "worker.before_take_commit": 3,
    "worker.after_take_commit": 3,
    "worker.before_call": 3,
    "worker.after_call": 3,
    "worker.before_settle_commit": 3,
    "worker.after_settle_commit": 3,
}
KILLS: Final[Mapping[str, Mapping[str, int]]] = {
    "intake.http": {"http.before_commit": 5, "http.after_commit": 5},
    **{f"{s}.relay": _RELAY for s in ("intake", "routing", "spanlapor-bridge", "notify")},
    **{f"{s}.consumer": _CONSUMER for s in ("intake", "routing", "spanlapor-bridge", "notify")},
    **{f"{s}.worker": _WORKER for s in ("spanlapor-bridge", "notify")},
}
"""How often each role is killed at each point of its work."""

ANSWERING: Final = {
    "intake.web": 10, "intake.staff": 10, "intake.internal": 10, "routing.http": 10,
    "intake.worker": 10, "routing.clock": 10, "routing.desk": 10,
    "routing.api": 10, "routing.worker": 10,
}  # fmt: skip
"""Roles that only answer here: killed while a request to them is open. No report of this run has a
photo; intake's worker dies at its own points in tests/integration/intake, routing's in
tests/integration/routing. Nothing gets due."""

_LOOK_S: Final = 0.05
_MOST_REACHES: Final = 4


def _times(points: Mapping[str, int]) -> dict[str, int]:
    return {point: times * ROUNDS for point, times in points.items()}


class Killer:
    """Gives one role its deaths, one after the other.

    Args:
        stack: its roles are started again by their supervisor.
        hooks: the folder of `MRK_HOOKS_DIR`.
        seed: of how often a point is passed before the kill.
    """

    def __init__(self, stack: Stack, hooks: Path, seed: int) -> None:
        self._stack = stack
        self._hooks = hooks
        self._seed = seed
        self.counts: dict[str, Counter[str]] = {}

    async def at_points(self, role: str) -> None:
        """All kills of a role with hook points; a kill counts once the process noted it."""
        rng = random.Random(f"{self._seed}/{role}")
        points = [point for point, n in _times(KILLS[role]).items() for _ in range(n)]
        rng.shuffle(points)
        counts = self.counts.setdefault(role, Counter())
        for point in points:
            before = len(self._fired(role))
            given_to = None
            while len(fired := self._fired(role)) == before:
                # a process that died of something else took its order with it
                if given_to != (starts := self._stack.roles[role].starts):
                    given_to = starts
                    self._order(role, f"{point} {rng.randint(1, _MOST_REACHES)}")
                await asyncio.sleep(_LOOK_S)
            counts[fired[-1]] += 1

    def _order(self, role: str, order: str) -> None:
        draft = self._hooks / f"{role}.new"
        draft.write_text(order)
        draft.rename(self._hooks / role)  # never read half written

    def total(self) -> int:
        """All kills that counted."""
        return sum(sum(counts.values()) for counts in self.counts.values())

    def _fired(self, role: str) -> list[str]:
        noted = self._hooks / f"{role}.fired"
        lines = noted.read_text().splitlines() if noted.exists() else []
        return [line.split()[0] for line in lines]

    async def while_asked(self, role: str, ask: Callable[[], Awaitable[bool]]) -> None:
        """Kills of a role that only answers.

        Args:
            role: "service.role".
            ask: a request to it; whether the kill, which it was open for, cut it off.
        """
        service, _, name = role.partition(".")
        counts = self.counts.setdefault(role, Counter())
        while counts["while asked"] < ANSWERING[role] * ROUNDS:
            await self._stack.wait_ready([role])
            request = asyncio.ensure_future(ask())
            await asyncio.sleep(0)
            killed = self._stack.kill_role(service, name)
            if await request and killed is not None:
                counts["while asked"] += 1

    def short(self) -> dict[str, str]:
        """Roles and points that were not killed as often as they must."""
        wanted = {**KILLS, **{role: {"while asked": n} for role, n in ANSWERING.items()}}
        return {
            f"{role} at {point}": f"{self.counts.get(role, Counter())[point]} of {times}"
            for role, points in wanted.items()
            for point, times in _times(points).items()
            if self.counts.get(role, Counter())[point] < times
        }
