"""What a running stack says of itself, and the lock that lets only one run in a data folder."""

import contextlib
import fcntl
import json
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from mrk_cli.layout import Layout
from mrk_local.errors import LocalError
from mrk_local.folders import make_folder, write_whole
from mrk_local.processes import ProcessId, end_leftovers

Phase = Literal["starting", "ready", "stopping"]


@dataclass(frozen=True)
class KafkaState:
    """Where the broker listens and keeps its segments."""

    bootstrap: str
    log_dir: str


@dataclass(frozen=True)
class State:
    """A running stack.

    Args:
        supervisor: its process.
        phase: how far it is.
        kafka: the broker.
        postgres: each service's database address, with its password.
        roles: each role's base address ("intake.http").
        simulators: each simulator's base address ("lapor", "mail", "login").
        environments: each service's settings, for commands that run inside a service.
    """

    supervisor: ProcessId
    phase: Phase
    kafka: KafkaState
    postgres: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str | None] = field(default_factory=dict)
    simulators: dict[str, str] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep it, mode 600."""
        write_whole(path, json.dumps(asdict(self), indent=1), 0o600)

    @classmethod
    def read(cls, path: Path) -> "State | None":
        """What the last stack in this folder wrote; None when there is nothing readable."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            found["supervisor"] = ProcessId(**found["supervisor"])
            found["kafka"] = KafkaState(**found["kafka"])
            return cls(**found)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # a stack that never got so far, or one of another version


def running(layout: Layout) -> State | None:
    """The stack that runs in this folder now, or None: a recorded but dead one doesn't count."""
    state = State.read(layout.state)
    return state if state is not None and state.supervisor.process() is not None else None


def require_running(layout: Layout) -> State:
    """The stack that runs in this folder.

    Raises:
        LocalError: none runs.
    """
    state = running(layout)
    if state is None:
        raise LocalError(
            f"no stack runs with its data in {layout.data}",
            "start one with: make up (or mrk up --data DIR)",
        )
    return state


@contextlib.contextmanager
def only_supervisor(layout: Layout) -> Iterator[None]:
    """Hold this data folder for one supervisor; the system frees it when the holder dies.

    Raises:
        LocalError: another supervisor holds it; names it.
    """
    make_folder(layout.run)
    with (layout.run / "supervisor.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            state = State.read(layout.state)
            who = f"process {state.supervisor.pid}" if state else "another process"
            raise LocalError(
                f"a stack already runs with its data in {layout.data} ({who})",
                f"look at it with: mrk status --data {layout.data}; "
                f"end it with: mrk down --data {layout.data}; or choose another --data DIR",
            ) from error
        yield


def end_leftovers_of(layout: Layout) -> list[int]:
    """End what a killed supervisor left running: roles first, then Kafka and PostgreSQL.

    Returns:
        The ids of the processes that still lived.
    """
    ended = end_leftovers(sorted(layout.run.glob("*.json")), grace_s=25)
    ended += end_leftovers([layout.postgres / "process.json"], grace_s=20, number=signal.SIGINT)
    return ended + end_leftovers([layout.kafka / "process.json"], grace_s=25)
