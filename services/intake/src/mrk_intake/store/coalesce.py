"""Concurrent items gather into one batch; while it is written, the next ones gather.

One batch is in flight at a time: at low load an item waits for nobody, at high load batches grow
by themselves. There is no timer and no wish for a size; before a write the event loop turns some
times, so that requests which have arrived already join it. A batch of some size is written in two
halves: while the database is at the first, the items of the second are made.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from mrk_delivery.errors import is_transient
from mrk_telemetry.logs import get_logger

Given = TypeVar("Given")
Item = TypeVar("Item")
Result = TypeVar("Result")

MOST: Final = 256
WAITING: Final = 768
DEADLINE_S: Final = 8.0
_TURNS: Final = 3
"""Turns of the loop from a readable socket to the item: read, parse and run the handler, submit."""
_WORTH_HALVING: Final = 8
_TICK_S: Final = 0.25
_PAUSES_S: Final = (0.05, 0.5)


class Full(Exception):  # noqa: N818  # it reads as the fact that it states
    """Too many items wait: this one was not taken."""


class GaveUp(Exception):  # noqa: N818  # as Full
    """The item was not confirmed in time. It may have been written."""


@dataclass(slots=True)
class _Waiting(Generic[Given, Result]):
    given: Given
    answer: "asyncio.Future[Result]"
    deadline: float


@dataclass(slots=True)
class _Entry(Generic[Item, Result]):
    item: Item
    answer: "asyncio.Future[Result]"
    deadline: float


class Coalescer(Generic[Given, Item, Result]):
    """Takes items one by one, writes them together.

    A write that fails for a passing reason (`is_transient`) is tried again until its items'
    deadlines; one that fails for good is halved until the guilty item stands alone, so that its
    neighbours are written.

    Args:
        make: makes items of what was given, in order, once, when they are written: what is made
            in a row is made by code that the processor still has in its cache.
        write: writes items in one transaction and returns each item's result in order. It must
            bear being called again with items that were written before: an answer may be lost.
        most: items of one batch.
        waiting: items that may wait; more are refused at once.
        deadline_s: seconds until an item is given up.
    """

    def __init__(
        self,
        make: Callable[[Sequence[Given]], Sequence[Item]],
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int = MOST,
        waiting: int = WAITING,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._make = make
        self._write = write
        self._most = most
        self._limit = waiting
        self._deadline_s = deadline_s
        self._waiting: deque[_Waiting[Given, Result]] = deque()
        self._wake = asyncio.Event()
        self._closing = False

    @property
    def waiting(self) -> int:
        """How many items wait for the next batch."""
        return len(self._waiting)

    async def submit(self, given: Given, /) -> Result:
        """The result of what is made of `given`, once its batch is committed.

        Raises:
            Full: too many wait, or it is closing.
            GaveUp: not confirmed in time; the same may be submitted again.
            Exception: what `make`, or `write`, raises for this one alone.
        """
        if self._closing or len(self._waiting) >= self._limit:
            raise Full
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Result] = loop.create_future()
        self._waiting.append(_Waiting(given, answer, loop.time() + self._deadline_s))
        self._wake.set()
        return await answer

    @contextlib.asynccontextmanager
    async def running(self) -> "AsyncIterator[asyncio.Task[None]]":
        """Write while the block runs; on leaving, what waits is written first.

        Yields:
            The task that writes; it ends early only by a fault.
        """
        task = asyncio.create_task(self._work(), name="coalescer")
        try:
            yield task
        finally:
            self._closing = True
            self._wake.set()
            await task

    async def _work(self) -> None:
        while True:
            if not self._waiting:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            batch: list[_Entry[Item, Result]] = []
            writing: set[asyncio.Task[None]] = set()
            for part in _parts(min(len(self._waiting), self._most)):
                made = self._made(part)
                batch += made
                writing.add(asyncio.create_task(self._settle(made)))
                await asyncio.sleep(0)  # it is on its way before the next part is made
            while writing:
                # a database that hangs must not hang those who wait for it
                written, writing = await asyncio.wait(writing, timeout=_TICK_S)
                for each in written:
                    each.result()
                if writing:
                    self._expire(batch)
                    self._expire(self._waiting)

    def _made(self, most: int) -> list[_Entry[Item, Result]]:
        """The next items; one that cannot be made is answered with why."""
        taken = [self._waiting.popleft() for _ in range(most)]
        waiting = [each for each in taken if not each.answer.done()]
        try:
            items = self._make([each.given for each in waiting])
        except Exception:  # noqa: BLE001  # found out next, and told to whom it concerns
            return [entry for each in waiting if (entry := self._made_alone(each)) is not None]
        return [
            _Entry(item, each.answer, each.deadline)
            for item, each in zip(items, waiting, strict=True)
        ]

    def _made_alone(self, waiting: _Waiting[Given, Result]) -> _Entry[Item, Result] | None:
        try:
            (item,) = self._make([waiting.given])
        except Exception as error:  # noqa: BLE001  # as above
            waiting.answer.set_exception(error)
            return None
        return _Entry(item, waiting.answer, waiting.deadline)

    async def _settle(self, batch: list[_Entry[Item, Result]]) -> None:
        loop = asyncio.get_running_loop()
        pause = _PAUSES_S[0]
        while batch := [e for e in batch if not e.answer.done()]:
            try:
                results = await self._write([e.item for e in batch])
            except Exception as error:  # noqa: BLE001  # goes to whom it concerns
                if not is_transient(error):
                    await self._divide(batch, error)
                    return
                get_logger().warning(
                    "accept.failed", error=type(error).__name__, items=len(batch), again=True
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, _PAUSES_S[1])
                for entry in batch:
                    if loop.time() >= entry.deadline and not entry.answer.done():
                        entry.answer.set_exception(GaveUp())
            else:
                for entry, result in zip(batch, results, strict=True):
                    if not entry.answer.done():
                        entry.answer.set_result(result)
                return

    async def _divide(self, batch: list[_Entry[Item, Result]], error: Exception) -> None:
        if len(batch) == 1:
            if not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        middle = len(batch) // 2
        await self._settle(batch[:middle])
        await self._settle(batch[middle:])

    def _expire(
        self, entries: Sequence[_Entry[Item, Result]] | deque[_Waiting[Given, Result]]
    ) -> None:
        now = asyncio.get_running_loop().time()
        for entry in entries:
            if entry.deadline > now:
                continue
            if not entry.answer.done():
                entry.answer.set_exception(GaveUp())


def _parts(items: int) -> tuple[int, ...]:
    return (items,) if items < _WORTH_HALVING else ((items + 1) // 2, items // 2)
