"""Child processes with a log file, a record that survives us, and an orderly end.

A process is known by its id together with its creation time, because ids are used again: an id
alone would let us stop a stranger.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from mrk_local.errors import LocalError
from mrk_local.folders import write_whole

_CREATED_WITHIN_S = 1.0
"""Creation times are read back from the kernel's ticks; equal within this many seconds."""


@dataclass(frozen=True)
class ProcessId:
    """One process for ever: its id and when it was created (seconds since 1970, UTC)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The process that has this id now, or None."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    @classmethod
    def read(cls, path: Path) -> "ProcessId | None":
        """What an earlier run wrote, or None when there is nothing readable."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(found["pid"]), float(found["created"]))
        except (OSError, ValueError, KeyError, TypeError):
            # A record torn by a crash says nothing; the port check finds a process still there.
            return None

    def write(self, path: Path) -> None:
        """Keep it for a later run."""
        write_whole(path, json.dumps({"pid": self.pid, "created": self.created}))

    def process(self) -> psutil.Process | None:
        """The living process, or None when it ended (a zombie has ended)."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) <= _CREATED_WITHIN_S
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def end_leftovers(
    records: Iterable[Path], *, grace_s: float, number: signal.Signals = signal.SIGTERM
) -> list[int]:
    """End the processes that an earlier run recorded in these files, all at once.

    Args:
        records: files written by `ProcessId.write`; removed. A missing or torn one says nothing.
        grace_s: how long they may take; then they and their children are killed.
        number: the signal that asks them to end.

    Returns:
        The ids of those that still lived.
    """
    known = {record: ProcessId.read(record) for record in records}
    found = [process for each in known.values() if each and (process := each.process())]
    family = []
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            family += [process, *process.children(recursive=True)]
            process.send_signal(signal.SIGCONT)  # a paused process would not see the request
            process.send_signal(number)
    if psutil.wait_procs(found, timeout=grace_s)[1]:
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(found, timeout=10)
    for record in known:
        record.unlink(missing_ok=True)
    return [process.pid for process in found]


class Child:
    """A process started by us, in a session of its own so that Ctrl-C reaches only us.

    Args:
        name: for messages ("Kafka").
        log: its output is appended here.
        record: its `ProcessId` is kept here while it runs.
    """

    def __init__(self, name: str, log: Path, record: Path) -> None:
        self.name = name
        self.log = log
        self._record = record
        self._process: subprocess.Popen[bytes] | None = None

    def spawn(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        """Start it.

        Args:
            command: the program and its arguments.
            env: its whole environment; None inherits ours.
            cwd: its working folder.
            user: the user id to run as; None stays ours. With `group`.
            group: the group id to run as.

        Raises:
            LocalError: the program cannot be run.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            try:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    cwd=cwd,
                    user=user,
                    group=group,
                    extra_groups=None if group is None else [],
                    start_new_session=True,
                )
            except OSError as error:
                raise LocalError(
                    f"{self.name} cannot be run: {command[0]}: {error.strerror}",
                    "recreate the environment (make clean-env up); see that its files are readable",
                ) from error
        identity = ProcessId.of(self._process.pid)
        if identity is not None:
            identity.write(self._record)

    @property
    def pid(self) -> int | None:
        """Its id while it runs, else None."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended (a paused one runs)."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    async def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit code, or None when it still runs after `timeout_s`."""
        if self._process is None:
            return None
        try:
            return await asyncio.to_thread(self._process.wait, timeout_s)
        except subprocess.TimeoutExpired:
            return None

    async def end(self, number: signal.Signals = signal.SIGTERM, *, grace_s: float) -> int | None:
        """Ask it to end, and kill it and its children when it stays longer than `grace_s`.

        Returns:
            Its exit code; negative for a signal; None if it was never started.
        """
        if self._process is None:
            return None
        if self.running:
            family = self._family()
            self.send(signal.SIGCONT)  # a paused process would not see the request
            self.send(number)
            if await self.wait(grace_s) is None:
                self._kill(family)
                await self.wait(10)
        self._record.unlink(missing_ok=True)
        return self.exit_code

    def kill(self) -> None:
        """SIGKILL for it and everything that it started; returns when it is gone."""
        if self._process is not None and self.running:
            self._kill(self._family())
            self._process.wait(10)
        self._record.unlink(missing_ok=True)

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log, for error messages; without a Java trace's inner frames."""
        if not self.log.exists():
            return "(no log)"
        with self.log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode("utf-8", "replace")
        told = [line for line in text.splitlines() if not line.startswith("\tat ")]
        return "\n".join(told[-lines:])

    def _family(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        try:
            parent = psutil.Process(self._process.pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    @staticmethod
    def _kill(family: Sequence[psutil.Process]) -> None:
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
