"""A server of its own: kills, left-overs, closed folders, and errors that say what to do."""

import contextlib
import os
import shutil
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from mrk_local.errors import LocalError
from mrk_local.postgres import PostgresServer
from mrk_local.postgres_programs import account, programs


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[PostgresServer]:
    own = PostgresServer(tmp_path / "postgres")
    yield own
    await own.stop()


async def _write(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
    await connection.close()


async def _read(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT sum(n) FROM kept"))
    finally:
        await connection.close()


async def test_committed_rows_survive_every_way_to_stop(server: PostgresServer) -> None:
    await server.start()
    dsn = await server.create_database("mrk_one", "mrk_one")
    await _write(dsn)
    server.kill()
    assert not server.running
    await server.start()
    assert await _read(dsn) == 1
    await server.restart("immediate")
    assert await _read(dsn) == 1
    await server.restart()
    assert await _read(dsn) == 1
    assert await server.create_database("mrk_one", "mrk_one") == dsn, "repeating changes nothing"


async def test_backends_left_by_a_killed_postmaster_do_not_stop_the_next_start(
    server: PostgresServer,
) -> None:
    await server.start()
    assert server.pid is not None
    postmaster = psutil.Process(server.pid)
    children = []
    for child in postmaster.children():
        with contextlib.suppress(psutil.NoSuchProcess):  # some live for a moment after the start
            child.suspend()  # a backend that hangs keeps the shared memory
            children.append(child)
    assert children
    postmaster.send_signal(signal.SIGKILL)
    await server._child.wait(10)
    await server.start()
    assert not any(child.is_running() for child in children)


async def test_a_pid_file_that_names_a_stranger_does_not_stop_the_next_start(
    server: PostgresServer,
) -> None:
    await server.start()
    server.kill()
    pid_file = server.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    await server.start()
    assert server.running


async def test_an_initdb_cut_short_is_done_again(server: PostgresServer) -> None:
    half = server.data / "new-cluster-0000"
    half.mkdir(parents=True)
    (half / "password").write_text("left over")
    await server.start()
    assert not half.exists()


async def test_passwords_are_kept_for_the_owner_alone(server: PostgresServer) -> None:
    await server.start()
    await server.create_database("mrk_one", "mrk_one")
    files = list((server.data / "secrets").iterdir())
    assert {file.name for file in files} == {"postgres.password", "mrk_one.password"}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(file.read_text()) >= 43
    assert stat.S_IMODE((server.data / "secrets").stat().st_mode) == 0o700
    assert not list(server.data.glob("new-cluster-*"))


async def test_lost_passwords_are_named(server: PostgresServer) -> None:
    await server.start()
    await server.stop()
    shutil.rmtree(server.data / "secrets")
    with pytest.raises(LocalError, match="refuses the password"):
        await server.start()
    assert not server.running


async def test_a_taken_port_names_the_port_and_the_mend(server: PostgresServer) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", server.port))
        holder.listen()
        with pytest.raises(LocalError) as caught:
            await server.start()
    assert str(server.port) in caught.value.problem
    assert "--port-base" in caught.value.remedy


async def test_a_folder_closed_to_others_is_no_obstacle_and_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = PostgresServer(closed / "postgres")
    await server.start()
    try:
        assert await server.create_database("mrk_one", "mrk_one")
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700
    finally:
        await server.stop()


async def test_it_never_runs_as_root(server: PostgresServer) -> None:
    await server.start()
    assert server.pid is not None
    assert psutil.Process(server.pid).uids().effective != 0
    who = account(server.cluster)
    assert (who is None) == (os.geteuid() != 0)
    assert (programs() / "pg_dump").exists()


async def test_the_log_holds_neither_statements_nor_values(server: PostgresServer) -> None:
    await server.start()
    connection = await asyncpg.connect(await server.create_database("mrk_one", "mrk_one"))
    await connection.execute("CREATE TABLE names (name text UNIQUE)")
    await connection.execute("INSERT INTO names VALUES ($1)", "Butet Planted")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO names VALUES ($1)", "Butet Planted")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO names VALUES ('Butet Planted')")
    await connection.close()
    log = (server.data / "server.log").read_text()
    assert "duplicate key value" in log, "the error itself is logged"
    assert "Butet" not in log
