"""The `mrk` command over a whole real stack: starts, deaths, left-overs, ends."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psutil
import pytest

from mrk_cli.stack import ROLES

pytestmark = pytest.mark.xdist_group("stack")  # a dozen processes: not beside another stack


class Mrk:
    """Runs the command on one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "mrk_cli.main", *arguments, f"--data={self.data}"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)

    def up(self, *arguments: str) -> None:
        """Start."""
        done = self("up", "--detach", "--no-samples", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr + self._logs()

    def status(self) -> dict[str, Any]:
        done = self("status", "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def until(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 40) -> None:
        """Wait until the status is as wanted."""
        deadline = monotonic() + timeout_s
        while not wanted(status := self.status()):
            assert monotonic() < deadline, status
            sleep(0.3)

    def _logs(self) -> str:
        logs = (self.data / "logs").glob("*.log")
        return "".join(f"\n{log.name}:\n{log.read_text()[-1500:]}" for log in logs)


@pytest.fixture(scope="module")
def mrk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mrk]:
    own = Mrk(tmp_path_factory.mktemp("stack") / "data")
    own.up()
    yield own
    done = own("down")
    assert done.returncode == 0, done.stderr


def _all_ready(status: dict[str, Any]) -> bool:
    return all(role["ready"] for role in status["roles"].values())


def _family(status: dict[str, Any]) -> list[psutil.Process]:
    supervisor = psutil.Process(status["supervisor"])
    return [supervisor, *supervisor.children(recursive=True)]


def test_the_status_names_every_part(mrk: Mrk) -> None:
    status = mrk.status()
    assert set(status["kafka"]) == {"bootstrap", "log_dir"}
    assert set(status["postgres"]) == {"intake", "routing", "spanlapor-bridge", "notify"}
    assert set(status["roles"]) == set(ROLES)
    assert all(set(role) == {"pid", "http", "ready"} for role in status["roles"].values())
    assert set(status["simulators"]) == {"lapor", "mail", "login"}
    assert status["intake"] == status["roles"]["intake.http"]["http"]
    assert status["routing"] == status["roles"]["routing.http"]["http"]
    assert _all_ready(status)
    assert len({role["pid"] for role in status["roles"].values()}) == len(ROLES)


def test_a_killed_role_is_started_again_and_told(mrk: Mrk) -> None:
    before = mrk.status()["roles"]["notify.worker"]["pid"]
    os.kill(before, signal.SIGKILL)
    mrk.until(lambda status: status["roles"]["notify.worker"]["pid"] not in {before, None})
    mrk.until(_all_ready)
    told = (mrk.data / "notices.jsonl").read_text()
    assert "ended by SIGKILL; started again in" in told


def test_a_second_stack_in_the_same_folder_is_refused(mrk: Mrk) -> None:
    done = mrk("up", "--detach")
    assert done.returncode == 1
    assert "already runs" in done.stderr
    assert "mrk status" in done.stderr
    assert _all_ready(mrk.status())


def test_a_roles_log_is_shown_and_a_wrong_name_names_the_right_ones(mrk: Mrk) -> None:
    assert mrk("logs", "kafka", "-n", "5").stdout.count("\n") == 5
    done = mrk("logs", "nobody")
    assert done.returncode == 1
    assert "intake.http" in done.stderr


def test_only_this_user_reads_the_secrets_and_the_state(mrk: Mrk) -> None:
    files = [mrk.data / "state.json", *(mrk.data / "secrets").iterdir()]
    assert len(files) > 10
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    status = mrk.status()
    commands = [" ".join(process.cmdline()) for process in _family(status)]
    secrets = [file.read_text() for file in (mrk.data / "secrets").iterdir()]
    assert not any(secret in command for secret in secrets for command in commands)


def test_everything_listens_on_this_machine_alone(mrk: Mrk) -> None:
    listening = [
        connection.laddr[0]
        for process in _family(mrk.status())
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) > len(ROLES)
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_an_end_leaves_nothing_and_a_second_start_prepares_nothing_again(mrk: Mrk) -> None:
    prepared = mrk.data / "kafka" / "prepared.json"
    before = prepared.stat()
    family = _family(mrk.status())
    assert len(family) > len(ROLES)
    assert mrk("down").returncode == 0
    gone, alive = psutil.wait_procs(family, timeout=1)
    assert not alive
    assert len(gone) == len(family)
    assert mrk("status").returncode == 1
    mrk.up()
    # topics and tables are what costs time beside the processes themselves
    assert prepared.stat().st_mtime_ns == before.st_mtime_ns
    assert _all_ready(mrk.status())


def test_a_killed_supervisors_processes_are_ended_at_the_next_start(mrk: Mrk) -> None:
    family = _family(mrk.status())
    family[0].kill()
    done = mrk("status")
    assert done.returncode == 1
    assert "no stack runs" in done.stderr
    mrk.up()
    assert not [each for each in family if each.is_running() and each.status() != "zombie"]
    assert _all_ready(mrk.status())


async def test_ctrl_c_during_a_start_ends_what_had_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mrk_cli.main", "up", "--no-samples"]
    up = await asyncio.create_subprocess_exec(
        *command, f"--data={tmp_path / 'data'}", stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        while not (tmp_path / "data" / "kafka" / "process.json").exists():  # a file
            await asyncio.sleep(0.05)
        children = psutil.Process(up.pid).children(recursive=True)
        up.send_signal(signal.SIGINT)
        assert await up.wait() == 0
    assert len(children) > 1
    assert not [each for each in children if each.is_running() and each.status() != "zombie"]


def test_a_taken_port_is_named_with_its_part(tmp_path: Path, mrk: Mrk) -> None:
    port = int(mrk.status()["intake"].rpartition(":")[2])
    done = Mrk(tmp_path / "other")("up", "--detach", f"--port-base={port}")
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1, wanted for intake.http, is taken" in done.stderr
    assert "--port-base" in done.stderr
