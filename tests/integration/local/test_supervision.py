"""Roles as real processes: deaths, back-off, refusals, ends, ports."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from mrk_cli.layout import Layout
from mrk_cli.notices import Kind, Notice
from mrk_cli.ports import choose, plan
from mrk_cli.probe import ready, status
from mrk_cli.role_process import Backoff, RoleProcess, RoleSpec
from mrk_cli.state import end_leftovers_of
from mrk_local.errors import LocalError
from mrk_local.ports import free_ports, is_free

_SLEEPS = "import time; time.sleep(600)"
_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(600)"
)


class Told:
    """Collects notices, and waits for one."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self._changed = asyncio.Event()

    def __call__(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._changed.set()

    async def until(self, wanted: Callable[[list[Notice]], bool]) -> None:
        async with asyncio.timeout(20):
            while not wanted(self.notices):
                self._changed.clear()
                await self._changed.wait()

    def count(self, kind: Kind) -> int:
        return sum(notice.kind is kind for notice in self.notices)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def role(tmp_path: Path, told: Told) -> AsyncIterator[Callable[..., RoleProcess]]:
    made: list[RoleProcess] = []

    def make(code: str, *, restart: bool = True) -> RoleProcess:
        spec = RoleSpec("a.role", [sys.executable, "-c", code], dict(os.environ), None, restart)
        layout = Layout(tmp_path)
        layout.run.mkdir(exist_ok=True)
        backoff = Backoff(first_s=0.05, cap_s=0.4)
        made.append(RoleProcess(spec, layout.log("a.role"), layout.record("a.role"), told, backoff))
        return made[-1]

    yield make
    for each in made:
        await each.stop(grace_s=0.1)


async def test_a_killed_role_is_started_again_and_the_console_is_told(
    role: Callable[..., RoleProcess], told: Told
) -> None:
    kept = role(_SLEEPS)
    await kept.start()
    first = kept.pid
    assert kept.kill() == first
    await told.until(lambda _: told.count(Kind.ROLE_STARTED) == 2)
    assert kept.pid not in {first, None}
    died = next(notice for notice in told.notices if notice.kind is Kind.ROLE_DIED)
    assert "SIGKILL" in died.text
    assert died.facts == {"code": -9, "again_s": 0.05}


async def test_a_role_that_dies_at_once_backs_off(
    role: Callable[..., RoleProcess], told: Told
) -> None:
    kept = role("raise SystemExit(3)")
    await kept.start()
    await told.until(lambda _: told.count(Kind.ROLE_DIED) == 5)
    delays = [each.facts["again_s"] for each in told.notices if each.kind is Kind.ROLE_DIED]
    assert delays == [0.05, 0.1, 0.2, 0.4, 0.4]


async def test_wrong_settings_are_not_tried_again(
    role: Callable[..., RoleProcess], told: Told
) -> None:
    kept = role("raise SystemExit(78)")
    await kept.start()
    await told.until(lambda _: told.count(Kind.ROLE_REFUSED) == 1)
    await asyncio.sleep(0)
    assert kept.starts == 1
    assert kept.given_up


async def test_a_role_without_restart_stays_down(
    role: Callable[..., RoleProcess], told: Told
) -> None:
    kept = role(_SLEEPS, restart=False)
    await kept.start()
    kept.kill()
    await told.until(lambda _: told.count(Kind.ROLE_REFUSED) == 1)
    assert kept.pid is None


async def test_a_deaf_role_is_killed_after_its_grace(
    role: Callable[..., RoleProcess], tmp_path: Path
) -> None:
    kept = role(_STUBBORN)
    await kept.start()
    log = Layout(tmp_path).log("a.role")
    async with asyncio.timeout(20):
        while "deaf" not in log.read_text():  # a file has no event
            await asyncio.sleep(0.02)
    assert await kept.stop(grace_s=0.2) == -signal.SIGKILL
    assert not Layout(tmp_path).record("a.role").exists()


async def test_a_paused_role_ends_in_order(role: Callable[..., RoleProcess]) -> None:
    kept = role(_SLEEPS)
    await kept.start()
    kept.kill(signal.SIGSTOP)
    assert await kept.stop(grace_s=5) == -signal.SIGTERM


async def test_stopping_during_the_back_off_starts_nothing(
    role: Callable[..., RoleProcess], told: Told
) -> None:
    kept = role("raise SystemExit(3)")
    await kept.start()
    await told.until(lambda _: told.count(Kind.ROLE_DIED) == 4)
    await kept.stop()
    starts = kept.starts
    await asyncio.sleep(0.5)
    assert kept.starts == starts


async def test_what_a_killed_supervisor_left_is_ended(
    role: Callable[..., RoleProcess], tmp_path: Path
) -> None:
    kept = role(_SLEEPS)
    await kept.start()
    assert kept.pid is not None
    left = psutil.Process(kept.pid)
    kept._stopping.set()  # as if our watch had died with its process
    assert await asyncio.to_thread(end_leftovers_of, Layout(tmp_path)) == [left.pid]
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


async def test_a_probe_tells_ready_from_not() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).split()[1]
        code = b"200 OK" if path == b"/readyz" else b"503 No"
        writer.write(b"HTTP/1.1 " + code + b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        assert await ready(base)
        assert await status(f"{base}/livez") == 503
    assert not await ready(base)
    assert await ready(None)


def test_ports_are_kept_unless_taken_since(tmp_path: Path) -> None:
    kept = tmp_path / "ports.json"
    first = plan(["a", "b", "c"], kept, None)
    assert len(set(first.values())) == 3
    assert plan(["a", "b", "c"], kept, None) == first
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", first["b"]))
        holder.listen()
        second = plan(["a", "b", "c", "d"], kept, None)
        assert (second["a"], second["c"]) == (first["a"], first["c"])
        assert second["b"] != first["b"]
        assert len(set(second.values())) == 4
        with pytest.raises(LocalError, match=f"port {first['b']}.*wanted for a"):
            plan(["a"], kept, first["b"])
    kept.write_text("torn")
    assert len(plan(["a"], kept, None)) == 1


def test_a_port_kept_for_two_is_given_once() -> None:
    port = free_ports(1)[0]
    chosen = choose(["a", "b"], {"a": port, "b": port})
    assert chosen["a"] == port
    assert chosen["b"] != port
    assert is_free(chosen["b"])
