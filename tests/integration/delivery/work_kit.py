"""A handler that a test scripts, and a worker that runs beside the test."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from delivery_kit import NOW, SERVICE, Note

from mrk_delivery import work_store
from mrk_delivery.events import Event
from mrk_delivery.tx import Tx, unit
from mrk_delivery.work import Done, Job, LookUp, Outcome, Told, Work, WorkPolicy, word
from mrk_delivery.worker import run_worker
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

QUEUE = "post"
Step = Outcome | Exception | Callable[[Job], Awaitable[Outcome]]


def policy(**changes: Any) -> WorkPolicy:
    given: dict[str, Any] = {
        "concurrency": 8,
        "rate_per_s": None,
        "base_s": 0.05,
        "cap_s": 0.1,
        "lease_s": 10.0,
        "grace_s": 0.2,
        "look_up_every_s": 0.05,
    }
    return WorkPolicy(**(given | changes))


@dataclass
class Scripted:
    """Answers calls and look-ups from scripts, whose last step stays; may emit a note."""

    steps: deque[Step] = field(default_factory=lambda: deque([Done({"number": 1})]))
    looks: deque[LookUp | Exception] = field(default_factory=lambda: deque([Done({"found": 1})]))
    broken: bool = False
    emits: bool = False
    calls: list[Job] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    looked: list[Job] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    drains: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0

    async def perform(self, job: Job) -> Outcome:
        self.calls.append(job)
        self.at.append(asyncio.get_running_loop().time())
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            step = self.steps.popleft() if len(self.steps) > 1 else self.steps[0]
            if isinstance(step, Exception):
                raise step
            return await step(job) if callable(step) else step
        finally:
            self.now -= 1

    async def look_up(self, job: Job) -> LookUp:
        self.looked.append(job)
        found = self.looks.popleft() if len(self.looks) > 1 else self.looks[0]
        if isinstance(found, Exception):
            raise found
        return found

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        if self.broken:
            raise RuntimeError("secret words of a payload")
        assert job.key in tx.streams
        self.told.append((job.lane, word(outcome)))
        if self.emits:
            tx.emit(Event("t.out", job.key, Note(number=job.id), NOW))

    async def drained(self, tx: Tx, key: str) -> None:
        assert tx.streams[key].erased
        self.drains.append(key)


def work(lane: str, n: int = 1, **changes: Any) -> Work:
    given = {"queue": QUEUE, "lane": lane, "key": lane, "kind": "send", "payload": {"n": n}}
    return Work(**(given | {"dedupe": f"{lane}-{n}"} | changes))


async def queue_up(pool: asyncpg.Pool, *rows: Work) -> None:
    async with unit(pool, SERVICE) as tx:
        await tx.lock([row.key for row in rows])
        for row in rows:
            tx.enqueue(row)


async def take(pool: asyncpg.Pool, limit: int = 100, lease_s: float = 30) -> list[Job]:
    async with pool.acquire() as conn:
        return await work_store.take(conn, QUEUE, limit, lease_s)


async def finish(pool: asyncpg.Pool, job: Job, state: str = "done") -> None:
    async with pool.acquire() as conn, conn.transaction():
        assert await work_store.fence(conn, job, or_unknown=False)
        await work_store.finish(conn, job, state)


async def states(pool: asyncpg.Pool) -> dict[str, str]:
    rows = await pool.fetch("select dedupe, state from work order by id")
    return {row["dedupe"]: row["state"] for row in rows}


async def until(holds: Callable[[], Awaitable[bool]], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not await holds():
            await asyncio.sleep(0.01)


async def until_states(pool: asyncpg.Pool, **wanted: str) -> None:
    asked = {name.replace("_", "-"): state for name, state in wanted.items()}

    async def hold() -> bool:
        found = await states(pool)
        return all(found.get(name) == state for name, state in asked.items())

    await until(hold)


@dataclass
class Running:
    """A worker at work."""

    stop: Stop
    health: Health
    task: asyncio.Task[None]

    async def end(self) -> None:
        self.stop.set()
        await self.task


@asynccontextmanager
async def working(pool: asyncpg.Pool, handler: Any, **changes: Any) -> AsyncIterator[Running]:
    stop, health = Stop(), Health()
    task = asyncio.create_task(
        run_worker(pool, SERVICE, QUEUE, handler, policy(**changes), stop, health)
    )
    try:
        yield Running(stop, health, task)
    finally:
        stop.set()
        await task
