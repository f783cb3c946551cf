"""`mrk down`: end a stack that runs detached, or what a killed one left."""

import os
import signal

import psutil
from rich.console import Console

from mrk_cli.layout import Layout
from mrk_cli.state import end_leftovers_of, running
from mrk_local.errors import LocalError

_STOP_S = 120.0
"""Roles may take 25 s, then simulators, Kafka and PostgreSQL theirs."""


def down(layout: Layout) -> int:
    """End it, and return when everything has ended.

    Returns:
        The exit code: 0, also when nothing ran.

    Raises:
        LocalError: it did not end in time.
    """
    console = Console()
    state = running(layout)
    if state is not None:
        process = psutil.Process(state.supervisor.pid)
        os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except psutil.TimeoutExpired as error:
            raise LocalError(
                f"the supervisor (process {process.pid}) did not end within {_STOP_S:g} s",
                f"kill it (kill -9 {process.pid}), then run mrk down again: it ends the rest",
            ) from error
    left = end_leftovers_of(layout) if layout.run.exists() else []
    layout.state.unlink(missing_ok=True)
    if state is None and not left:
        console.print(f"nothing runs with its data in {layout.data}")
    elif left:
        console.print(f"ended {len(left)} processes that a killed supervisor had left")
    else:
        console.print("everything has ended")
    return 0
