"""A keeper's service ends with its owner, and nothing of a killed owner's run stays in memory."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from mrk_local import folders, keeper
from mrk_local.postgres import PostgresServer
from mrk_local.processes import ProcessId


def test_a_killed_owners_service_ends_and_its_data_is_removed(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        facts = keeper.shared("postgres", data, owner.pid)
        kept = ProcessId.read(data / "keeper.json")
        assert kept is not None
        server = PostgresServer(Path(facts["data"]), int(facts["port"]))
        assert asyncio.run(_answers(server.admin_dsn))
        owner.kill()
    assert psutil.Process(kept.pid).wait(40) == 0
    assert not data.exists()
    with pytest.raises(OSError, match="Connect call failed"):
        asyncio.run(_answers(f"postgresql://127.0.0.1:{server.port}"))


async def _answers(dsn: str) -> bool:
    connection = await asyncpg.connect(dsn)
    await connection.close()
    return True


def test_data_lies_in_memory_only_where_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_MEMORY", tmp_path)
    assert folders.in_memory(0) == tmp_path
    assert folders.in_memory(2**60) is None
    monkeypatch.setattr(folders, "_MEMORY", tmp_path / "absent")
    assert folders.in_memory(0) is None
