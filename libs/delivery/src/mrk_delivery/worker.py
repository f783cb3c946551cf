"""The worker role: takes due rows, makes the calls, settles them; looks up what is unknown."""

import asyncio
import random
from collections.abc import Coroutine
from time import monotonic
from typing import Any, Final

import asyncpg

from mrk_delivery import hooks, work_store
from mrk_delivery.calls import BACK_OFF_S, Caller
from mrk_delivery.errors import is_transient
from mrk_delivery.service import Service
from mrk_delivery.settlement import Settler
from mrk_delivery.token_bucket import TokenBucket
from mrk_delivery.work import Job, Unknown, WorkHandler, WorkPolicy
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat, Condition, Health
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop
from mrk_telemetry.traces import start_span

BUSY_POLL_S: Final = (0.010, 0.020)
IDLE_POLL_S: Final = (0.100, 0.200)
BUSY_FOR_S: Final = 5.0
STOP_S: Final = 20.0

_SWEEP_EVERY_S: Final = 1.0
_MEASURE_EVERY_S: Final = 5.0
_HEAL_EVERY_S: Final = 30.0
_STALL_S: Final = 60.0
_SWEEP_ROWS: Final = 100
_LONGEST_REST_S: Final = 1.0


async def run_worker(  # noqa: PLR0913, PLR0917  # a role's wiring, in the order of all roles
    pool: asyncpg.Pool,
    service: Service,
    queue: str,
    handler: WorkHandler,
    policy: WorkPolicy,
    stop: Stop,
    health: Health,
) -> None:
    """Work on one queue until stopped; calls in flight then have 20 s to end.

    What is still running after that is left: its lease expires and it becomes unknown.
    A database that is away is waited for. Several workers may share a queue; `policy` counts
    per process.

    Raises:
        Exception: a defect; rows in flight are left to their leases.
    """
    ready = health.condition("database")
    beat = health.progress(f"work {queue}", _STALL_S)
    worker = _Worker(pool, Settler(pool, service, handler, policy), queue, stop, beat, ready)
    get_logger().info("worker.started", queue=queue)
    try:
        await worker.run()
    finally:
        await worker.end()
        beat.retire()


class _Due:
    """Something that is done every so often."""

    __slots__ = ("_at", "_every_s")

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._at = 0.0

    def now(self) -> bool:
        """Whether its time has come; it is then set for the next."""
        if monotonic() < self._at:
            return False
        self._at = monotonic() + self._every_s
        return True

    def soon(self) -> None:
        """Its time has come already."""
        self._at = 0.0


class _Worker:
    def __init__(  # noqa: PLR0913, PLR0917  # as run_worker
        self,
        pool: asyncpg.Pool,
        settler: Settler,
        queue: str,
        stop: Stop,
        beat: Beat,
        ready: Condition,
    ) -> None:
        self._pool = pool
        self._settler = settler
        self._caller = Caller(queue, settler)
        self._policy = settler.policy
        self._queue = queue
        self._stop = stop
        self._beat = beat
        self._ready = ready
        self._bucket = TokenBucket(settler.policy.rate_per_s, monotonic())
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._defect: BaseException | None = None
        self._last_row = monotonic()
        self._look_first = False
        self._sweep = _Due(_SWEEP_EVERY_S)
        self._look = _Due(min(_SWEEP_EVERY_S, settler.policy.look_up_every_s))
        self._heal = _Due(_HEAL_EVERY_S)
        self._measure = _Due(_MEASURE_EVERY_S)

    async def run(self) -> None:
        stopping = asyncio.create_task(self._wake_at_stop())
        pause = BACK_OFF_S[0]
        try:
            while not self._stop.is_set():
                self._beat.beat()
                if self._defect is not None:
                    raise self._defect
                try:
                    rest = await self._turn()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    self._ready.fail("the database does not answer")
                    get_logger().warning("worker.database_away", error=type(error).__name__)
                    await self._stop.sleep(pause)
                    pause = min(pause * 2, BACK_OFF_S[1])
                    continue
                pause = BACK_OFF_S[0]
                self._ready.ok()
                await self._rest(rest)
        finally:
            stopping.cancel()

    async def end(self) -> None:
        """Let calls in flight end; what does not in time is left to its lease."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_S)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        if left:
            get_logger().warning("worker.abandoned", queue=self._queue, calls=len(left))
            await asyncio.wait(left)

    async def _turn(self) -> float:
        """Begin what may begin; returns how long to rest, in seconds."""
        self._wake.clear()
        await self._keep_house()
        room = self._policy.concurrency - len(self._tasks)
        allowed = self._bucket.available(monotonic())
        budget = room if allowed is None else min(room, allowed)
        if room <= 0:
            return _LONGEST_REST_S  # an ending call wakes us
        if budget <= 0:
            return self._bucket.wait_s()
        begun = await self._begin(budget)
        if begun:
            self._last_row = monotonic()
        if begun == budget:
            return 0.0
        busy = monotonic() - self._last_row < BUSY_FOR_S
        return random.uniform(*(BUSY_POLL_S if busy else IDLE_POLL_S))  # noqa: S311  # jitter

    async def _begin(self, budget: int) -> int:
        """Begin look-ups and calls; neither may starve the other of a scarce budget."""
        looks: list[tuple[Job, int]] = []
        if self._look.now():
            self._look_first = not self._look_first
            share = budget // 2 if budget > 1 else int(self._look_first)
            if share:
                looks = await self._claim(share)
            if len(looks) == share:
                self._look.soon()
        for job, absences in looks:
            self._start(self._caller.look_up(job, absences))
        jobs = await self._take(budget - len(looks)) if budget > len(looks) else []
        for job in jobs:
            self._start(self._attempt(job))
        begun = len(looks) + len(jobs)
        self._bucket.spend(begun)
        return begun

    async def _claim(self, limit: int) -> list[tuple[Job, int]]:
        async with self._pool.acquire() as conn:
            every = self._policy.look_up_every_s
            return await work_store.claim_look_ups(conn, self._queue, limit, every)

    async def _take(self, limit: int) -> list[Job]:
        try:
            async with self._pool.acquire() as conn, conn.transaction():
                jobs = await work_store.take(conn, self._queue, limit, self._policy.lease_s)
                if jobs:
                    hooks.reach("worker.before_take_commit")
        except asyncpg.UniqueViolationError:
            return []  # another worker began one of these lanes: see anew
        if jobs:
            hooks.reach("worker.after_take_commit")
        return jobs

    async def _keep_house(self) -> None:
        if self._sweep.now():
            async with self._pool.acquire() as conn:
                lost = await work_store.expired(conn, self._queue, _SWEEP_ROWS)
            for job in lost:
                get_logger().warning("work.lease_expired", queue=self._queue, work=job.id)
                with start_span(f"expire {self._queue}", traceparent=job.traceparent):
                    await self._settler.expire(job)
                metrics.attempt(self._queue, "expired")
                self._look.soon()
        if self._heal.now():
            async with self._pool.acquire() as conn:
                healed = await work_store.heal(conn, self._queue)
            if healed:
                get_logger().info("work.turns_given", queue=self._queue, lanes=healed)
        if self._measure.now():
            async with self._pool.acquire() as conn:
                metrics.work(self._queue, *await work_store.depth(conn, self._queue))

    async def _attempt(self, job: Job) -> None:
        if isinstance(await self._caller.attempt(job), Unknown):
            self._look.soon()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._defect = task.exception()
        self._wake.set()

    async def _rest(self, seconds: float) -> None:
        """Rest until then, an ending call, or the process's end."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        if self._stop.is_set() or self._defect is not None:
            return
        try:
            async with asyncio.timeout(min(seconds, _LONGEST_REST_S)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _wake_at_stop(self) -> None:
        await self._stop.wait()
        self._wake.set()
