"""A durable SQLite store whose writes are committed in groups, one fsync for all that wait."""

import asyncio
import fcntl
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from mrk_simulators.process import ExitCode, StartupError

T = TypeVar("T")
GROUP_LIMIT = 512
"""The most writes that one transaction takes, so that none waits for an endless group."""


@dataclass(frozen=True)
class _Write:
    run: Callable[[sqlite3.Connection], Any]
    future: "asyncio.Future[Any]"


class GroupCommitStore:
    """One writing thread, WAL with `synchronous=FULL`: what `write` returned survives SIGKILL.

    Reads go through `reader` (on the caller's thread) and see every write that has returned.
    """

    def __init__(self, path: Path, schema: str) -> None:
        """Open `path`, creating it with `schema` (idempotent SQL) when it is new.

        Raises:
            StartupError: another process holds the store, or the file is not usable.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.with_name(path.name + ".lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartupError(
                ExitCode.STORE, f"the store {path} is held by another process"
            ) from error
        except OSError as error:
            raise StartupError(
                ExitCode.STORE, f"the store {path} cannot be opened: {error.strerror or error}"
            ) from error
        try:
            self._writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._writer.execute("PRAGMA journal_mode=WAL")
            self._writer.execute("PRAGMA synchronous=FULL")
            self._writer.executescript(schema)
            self.reader = self.snapshot()
        except sqlite3.Error as error:
            self._lock.close()
            raise StartupError(
                ExitCode.STORE, f"the store {path} is not usable: {error}"
            ) from error
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Write | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def snapshot(self) -> sqlite3.Connection:
        """A connection of its own that only reads; the caller closes it.

        Any thread may use it, one at a time.
        """
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only=ON")
        return connection

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run `run` in a transaction and return its result once it is on the disk.

        What `run` raises is raised here, its changes undone, its neighbours' kept. A cancelled
        caller does not undo the write.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Write(run, future))
        return await future

    async def close(self) -> None:
        """Finish the writes that were queued and release the file."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self.reader.close()
        self._writer.close()
        self._lock.close()

    def _run(self) -> None:
        while True:
            group, last = self._next_group()
            if group:
                outcomes = self._commit(group)
                self._loop.call_soon_threadsafe(_resolve, group, outcomes)
            if last:
                return

    def _next_group(self) -> tuple[list[_Write], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        group = [first]
        while len(group) < GROUP_LIMIT:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return group, False
            if item is None:
                return group, True
            group.append(item)
        return group, False

    def _commit(self, group: list[_Write]) -> list[Any]:
        """Each write's result, or the exception that it (or the commit) raised."""
        outcomes: list[Any] = []
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for item in group:
                self._writer.execute("SAVEPOINT item")
                try:
                    outcomes.append(item.run(self._writer))
                except Exception as error:  # noqa: BLE001  # handed to the caller that awaits it
                    self._writer.execute("ROLLBACK TO item")
                    outcomes.append(error)
                self._writer.execute("RELEASE item")
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            # Disk full and the like: nobody's write is durable, so nobody may be told so.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            return [error] * len(group)
        return outcomes


def _resolve(group: list[_Write], outcomes: list[Any]) -> None:
    for item, outcome in zip(group, outcomes, strict=True):
        if item.future.done():  # the caller was cancelled; the write stands
            continue
        if isinstance(outcome, Exception):
            item.future.set_exception(outcome)
        else:
            item.future.set_result(outcome)
