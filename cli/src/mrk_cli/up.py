"""`mrk up`: a whole stack in this terminal until Ctrl-C, or as a process of its own."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import TextIO

from rich.console import Console

from mrk_cli import console as screens
from mrk_cli import journey, samples
from mrk_cli.layout import Layout
from mrk_cli.notices import Kind, Notice
from mrk_cli.stack import Options
from mrk_cli.state import State, require_running, running
from mrk_cli.supervisor import Stack
from mrk_local.errors import LocalError
from mrk_local.folders import make_folder

_DETACHED_S = 600.0
_LOOK_S = 0.1


def foreground(data: Path, options: Options, port_base: int | None, *, with_samples: bool) -> int:
    """Run a stack until SIGINT or SIGTERM, shown on the terminal.

    Returns:
        The exit code: 0 when it ended as asked.
    """
    return asyncio.run(_foreground(data, options, port_base, with_samples=with_samples))


async def _foreground(
    data: Path, options: Options, port_base: int | None, *, with_samples: bool
) -> int:
    console = Console()
    over = _until_signal()
    with screens.StartScreen(console) as screen:
        stack = Stack(data, options, port_base=port_base, tell=screen.tell)
        if not await _started(stack, over):
            return 0
    try:
        state = require_running(stack.layout)
        console.print(screens.places(state))
        intake = state.roles["intake.http"]
        if with_samples and intake is not None:
            sent = await samples.send(intake)
            await journey.follow(console, intake, sent, over)
        else:
            console.print("Ctrl-C ends everything.")
        await over.wait()
    finally:
        await stack.stop()
    return 0


async def supervise(data: Path, options: Options, port_base: int | None) -> int:
    """Run a stack without a terminal: what happens goes to `notices.jsonl`.

    Returns:
        The exit code: 0 when it ended as asked.
    """
    over = _until_signal()
    layout = Layout.absolute(data)
    make_folder(layout.data)
    with layout.notices.open("a", encoding="utf-8", buffering=1) as file:
        stack = Stack(data, options, port_base=port_base, tell=_writer(file))
        if not await _started(stack, over):
            return 0
        await over.wait()
        await stack.stop()
    return 0


def detached(data: Path, options: Options, port_base: int | None, *, with_samples: bool) -> int:
    """Start a supervisor as a process of its own and return when the stack is ready.

    Raises:
        LocalError: it cannot start.
    """
    console = Console()
    layout = Layout.absolute(data)
    make_folder(layout.logs)
    if running(layout) is not None:
        raise LocalError(
            f"a stack already runs with its data in {layout.data}",
            f"look at it with: mrk status --data {layout.data}",
        )
    layout.notices.unlink(missing_ok=True)
    layout.notices.touch(0o644)
    command = [sys.executable, "-m", "mrk_cli.main", "supervise", f"--data={layout.data}"]
    command += [f"--city={options.city}"]
    command += [] if port_base is None else [f"--port-base={port_base}"]
    command += [] if options.otlp_endpoint is None else [f"--otlp={options.otlp_endpoint}"]
    command += ["--clock-movable" if options.clock_movable else "--no-clock-movable"]
    with layout.log("supervisor").open("ab") as log:
        supervisor = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    with screens.StartScreen(console) as screen:
        _follow(layout, supervisor, screen.tell)
    state = require_running(layout)
    console.print(screens.places(state))
    if with_samples:
        _send_samples(console, state)
    console.print(f"look: mrk status --data {data}   end: mrk down --data {data}")
    return 0


def _send_samples(console: Console, state: State) -> None:
    intake = state.roles["intake.http"]
    if intake is not None:
        for sent in asyncio.run(samples.send(intake)):
            console.print(f"sample report {sent.tracking_number}: {sent.status_url}")


async def _started(stack: Stack, over: asyncio.Event) -> bool:
    """Start it; False when a signal came first, and everything has ended again."""
    start = asyncio.create_task(stack.start())
    ended = asyncio.create_task(over.wait())
    await asyncio.wait([start, ended], return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if start.done():
        await start
        return True
    start.cancel()
    await asyncio.wait([start])
    return False


def _until_signal() -> asyncio.Event:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, over.set)
    return over


def _writer(file: TextIO) -> Callable[[Notice], None]:
    def tell(notice: Notice) -> None:
        file.write(notice.line() + "\n")

    return tell


def _follow(
    layout: Layout, supervisor: subprocess.Popen[bytes], tell: Callable[[Notice], None]
) -> None:
    """Show a detached supervisor's notices until it is ready."""
    deadline = monotonic() + _DETACHED_S
    with layout.notices.open(encoding="utf-8") as file:
        while True:
            line = file.readline()
            if line.endswith("\n"):
                notice = Notice.of_line(line)
                tell(notice)
                if notice.kind is Kind.STACK_READY:
                    return
                if notice.kind is Kind.STACK_FAILED:
                    problem, _, remedy = notice.text.partition("\n  What to do: ")
                    raise LocalError(problem, remedy or f"read {layout.log('supervisor')}")
                continue
            if supervisor.poll() is not None or monotonic() > deadline:
                raise LocalError(
                    "the supervisor ended before the stack was ready"
                    if supervisor.poll() is not None
                    else f"the stack was not ready after {_DETACHED_S:g} s",
                    f"read {layout.log('supervisor')}",
                )
            sleep(_LOOK_S)
