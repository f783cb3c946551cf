import asyncio
import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from mrk_telemetry.runtime import Stop

PROGRAM = """
import asyncio, sys
from mrk_telemetry.logs import configure_logging
from mrk_telemetry.runtime import Stop, run_role

async def main(stop: Stop):
    configure_logging("s", "r")
    print("up", flush=True)
    {body}

run_role(main)
"""


def start(body: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(body=body)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def end(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]]]:
    # not communicate(): it reads past the lines that readline has taken into its buffer
    assert process.stdout is not None
    with process.stdout as out:
        lines = [json.loads(line) for line in out]
    return process.wait(timeout=30), lines


def test_a_role_ends_with_its_code() -> None:
    assert end(start("return 3"))[0] == 3
    assert end(start("return None"))[0] == 0
    assert end(start("raise SystemExit(78)"))[0] == 78


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_role_end_by_itself(number: signal.Signals) -> None:
    process = start("await stop.wait(); return 5")
    process.send_signal(number)
    code, lines = end(process)
    assert code == 5
    assert [line["event"] for line in lines] == ["role.stopping", "role.ended"]


def test_a_second_signal_ends_it_at_once() -> None:
    process = start("await stop.wait(); print('{}', flush=True); await asyncio.Event().wait()")
    process.terminate()
    assert process.stdout is not None
    while process.stdout.readline() != "{}\n":
        pass
    process.terminate()
    assert end(process)[0] == 128 + signal.SIGTERM


def test_an_error_that_gets_out_is_logged_once_and_ends_with_1() -> None:
    code, lines = end(start("raise ValueError('it broke')"))
    assert code == 1
    assert [line["event"] for line in lines] == ["role.failed"]
    assert lines[0]["error"]["type"] == "builtins.ValueError"


def test_a_task_that_nobody_awaits_is_told_without_its_payload() -> None:
    body = (
        "asyncio.get_running_loop().call_soon(lambda: int('Budi Santoso'));"
        "await asyncio.sleep(0); await asyncio.sleep(0)"
    )
    code, lines = end(start(body))
    assert code == 0
    assert lines[0]["event"] == "role.task-failed"
    assert "Budi" not in json.dumps(lines)


async def test_sleep_is_cut_short_by_the_wish_to_end() -> None:
    stop = Stop()
    sleeping = asyncio.create_task(stop.sleep(60))
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(20):
        assert await sleeping
    assert stop.is_set()


async def test_sleep_says_whether_to_end() -> None:
    stop = Stop()
    assert not await stop.sleep(0.001)
    assert not await stop.sleep(0)
    stop.set()
    assert await stop.sleep(0)
    assert await stop.sleep(60)
    await stop.wait()


async def test_work_is_awaited_unless_the_process_is_to_end() -> None:
    stop = Stop()

    async def fails() -> None:
        raise ValueError

    assert not await stop.interrupts(asyncio.sleep(0))
    with pytest.raises(ValueError):  # noqa: PT011  # its type is all there is
        await stop.interrupts(fails())
    asyncio.get_running_loop().call_soon(stop.set)
    assert await stop.interrupts(asyncio.Event().wait())
