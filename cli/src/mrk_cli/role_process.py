"""One role as a process of its own: started, watched, started again with back-off, ended."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from mrk_cli.notices import Kind, Notice, Tell
from mrk_local.errors import LocalError
from mrk_local.processes import ProcessId, end_leftovers

EXIT_CONFIGURATION = 78
"""sysexits.h EX_CONFIG: settings are wrong; starting again changes nothing."""

STOP_S = 25.0
"""How long a role may take to end in order, in seconds; then it is killed."""


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a role is started again.

    Args:
        first_s: after the first death, in seconds.
        cap_s: at most, in seconds.
        steady_s: a role that lived for so long counts as new.
    """

    first_s: float = 0.5
    cap_s: float = 15.0
    steady_s: float = 30.0

    def delay(self, deaths: int) -> float:
        """Seconds to wait after this many deaths in a row (from 1): doubled each time."""
        return min(self.cap_s, self.first_s * 2.0 ** (min(deaths, 32) - 1))


@dataclass(frozen=True)
class RoleSpec:
    """How to run one role.

    Args:
        name: "service.role".
        command: the program and its arguments.
        env: its whole environment.
        http: the address of its `/livez` and `/readyz`; None serves neither.
        restart: whether a death is followed by a new start.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    http: str | None
    restart: bool = True


class RoleProcess:
    """Keeps one role running until `stop`.

    Args:
        spec: how to run it.
        log: its output is appended here.
        record: its process is recorded here while it runs, for whoever cleans up after a crash.
        tell: receives what happens.
        backoff: how fast it is started again.
    """

    def __init__(
        self, spec: RoleSpec, log: Path, record: Path, tell: Tell, backoff: Backoff
    ) -> None:
        self.spec = spec
        self.log = log
        self.starts = 0
        self._record = record
        self._tell = tell
        self._backoff = backoff
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._again = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def given_up(self) -> bool:
        """Whether it ended and nobody will start it again by itself."""
        return self._watch is not None and self._watch.done()

    async def start(self) -> None:
        """Start it and keep it running. Does nothing when it is kept already."""
        if self._watch is None or self._watch.done():
            self._stopping.clear()
            await asyncio.to_thread(end_leftovers, [self._record], grace_s=STOP_S)
            await self._spawn()
            self._watch = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> int | None:
        """Send a signal to the running process; the watch starts it again if the spec says so.

        Returns:
            The process id that was hit, or None when it did not run.
        """
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pid

    def start_now(self) -> None:
        """Don't wait for the back-off to pass."""
        self._again.set()

    async def stop(self, grace_s: float = STOP_S) -> int | None:
        """SIGTERM, and SIGKILL after `grace_s`; it is not started again.

        Returns:
            The exit code of a process that ran, else None.
        """
        self._stopping.set()
        process = self._process
        code = None
        if process is not None and process.returncode is None:
            self.kill(signal.SIGCONT)
            self.kill(signal.SIGTERM)
            try:
                async with asyncio.timeout(grace_s):
                    code = await process.wait()
            except TimeoutError:
                self.kill()
                code = await process.wait()
        if self._watch is not None:
            await self._watch
        return code

    async def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self.spec.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=out,
                    stderr=asyncio.subprocess.STDOUT,
                    env=dict(self.spec.env),
                    start_new_session=True,  # Ctrl-C is for the supervisor, which ends all in order
                )
            except OSError as error:
                raise LocalError(
                    f"{self.spec.name} cannot be run: {error}",
                    "recreate the environment: remove .venv and run make up again",
                ) from error
        self.starts += 1
        identity = ProcessId.of(self._process.pid)
        if identity is not None:
            identity.write(self._record)
        facts: dict[str, float | int | str | None] = {"pid": self._process.pid}
        self._tell(Notice(Kind.ROLE_STARTED, self.spec.name, facts=facts))

    async def _keep(self) -> None:
        deaths = 0
        while self._process is not None:
            begun = monotonic()
            code = await self._process.wait()
            self._record.unlink(missing_ok=True)
            if self._stopping.is_set():
                return
            if code == EXIT_CONFIGURATION or not self.spec.restart:
                self._say(Kind.ROLE_REFUSED, code, None)
                return
            deaths = 1 if monotonic() - begun > self._backoff.steady_s else deaths + 1
            delay = self._backoff.delay(deaths)
            self._say(Kind.ROLE_DIED, code, delay)
            if await self._stopped_within(delay):
                return
            await self._spawn()
            if self._stopping.is_set():  # asked while the new process was being made
                self.kill(signal.SIGTERM)

    async def _stopped_within(self, delay_s: float) -> bool:
        self._again.clear()
        waits = [asyncio.create_task(event.wait()) for event in (self._stopping, self._again)]
        await asyncio.wait(waits, timeout=delay_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self._stopping.is_set()

    def _say(self, kind: Kind, code: int, delay_s: float | None) -> None:
        again = "" if delay_s is None else f"; started again in {delay_s:g} s"
        text = f"{ending(code)}{again}; its log: {self.log}"
        self._tell(Notice(kind, self.spec.name, text, {"code": code, "again_s": delay_s}))


def ending(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"
