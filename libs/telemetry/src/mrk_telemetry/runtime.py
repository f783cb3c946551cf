"""The life of a role's process: event loop, signals, exit code."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final, Never

import uvloop

from mrk_telemetry.logs import get_logger

FAILED: Final = 1
_YOUNG_OBJECTS: Final = 20_000  # some megabytes; Python's 700 are fewer than one batch makes
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """The wish to end, once given never taken back. Belongs to one event loop."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Wish it."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the process is to end."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Wait until the process is to end."""
        await self._event.wait()

    async def sleep(self, seconds: float) -> bool:
        """Wait, but no longer than until the process is to end.

        Args:
            seconds: how long; 0 or less only lets others run.

        Returns:
            True when the process is to end.
        """
        if self._event.is_set():
            return True
        if seconds <= 0:
            await asyncio.sleep(0)
            return self._event.is_set()
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return self._event.is_set()
        return True

    async def interrupts(self, work: Awaitable[object]) -> bool:
        """Await `work`, or cancel it as soon as the process is to end.

        Returns:
            Whether it was cut off.

        Raises:
            Exception: what `work` raises.
        """
        doing = asyncio.ensure_future(work)
        ending = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait((doing, ending), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
            cut = doing.cancel()
        await asyncio.wait((doing,))
        if not doing.cancelled():
            doing.result()
        return cut


def settle_memory() -> None:
    """What was loaded stays: the garbage collector need not walk over it again.

    Called once a role has loaded what it works with; one that loaded with the collector off has it
    back. Without it every full collection reads some hundred thousand objects that never go
    (measured at intake: a fifth of its processor time, and half of its slowest answers).
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])


Main = Callable[[Stop], Awaitable[int | None]]


def run_role(main: Main) -> Never:
    """Run a role until it ends, and exit the process with its code.

    The first SIGTERM or SIGINT sets `Stop`: the role ends by itself, and what it returns is the
    exit code (None is 0). A second signal exits at once with 128 + its number. An error that
    the role lets out is logged once as `role.failed`, and the code is 1. `SystemExit` keeps its
    code.

    Args:
        main: the role; logging, tracing and the rest are its own to set up.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_supervised(main))
    sys.stdout.flush()
    sys.exit(code)


async def _supervised(main: Main) -> int:
    log = get_logger()
    loop = asyncio.get_running_loop()
    stop = Stop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            log.warning("role.forced", signal=number.name)
            sys.stdout.flush()
            os._exit(128 + number)
        log.info("role.stopping", signal=number.name)
        stop.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    loop.set_exception_handler(_on_task_failure)
    try:
        code = await main(stop)
    except Exception:
        log.exception("role.failed")
        return FAILED
    log.info("role.ended", code=code or 0)
    return code or 0


def _on_task_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # asyncio's own handler prints the repr of task and exception: payloads stand in it
    get_logger().error(
        "role.task-failed", what=str(context.get("message", "")), exc_info=context.get("exception")
    )
