import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mrk_simulators.process import ExitCode, StartupError
from mrk_simulators.store import GroupCommitStore

SCHEMA = "CREATE TABLE IF NOT EXISTS item (name TEXT PRIMARY KEY)"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[GroupCommitStore]:
    made = GroupCommitStore(tmp_path / "folder" / "store.db", SCHEMA)
    yield made
    await made.close()


async def _add(store: GroupCommitStore, name: str) -> str:
    def run(connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO item VALUES (?)", (name,))
        return name

    return await store.write(run)


def _names(store: GroupCommitStore) -> list[str]:
    return [row["name"] for row in store.reader.execute("SELECT name FROM item ORDER BY name")]


async def test_a_write_that_returned_is_read(store: GroupCommitStore) -> None:
    assert await _add(store, "a") == "a"
    assert _names(store) == ["a"]


async def test_one_failed_write_of_a_group_fails_alone(store: GroupCommitStore) -> None:
    names = [f"{number:03}" for number in range(200)]
    outcomes = await asyncio.gather(
        *(_add(store, name) for name in [*names[:100], "000", *names[100:]]),
        return_exceptions=True,
    )
    assert isinstance(outcomes[100], sqlite3.IntegrityError)
    assert [outcome for outcome in outcomes if isinstance(outcome, str)] == names
    assert _names(store) == names


async def test_what_a_failed_write_did_before_is_undone(store: GroupCommitStore) -> None:
    def run(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO item VALUES ('half')")
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(run)
    assert _names(store) == []


async def test_a_cancelled_caller_does_not_undo_its_write(store: GroupCommitStore) -> None:
    task = asyncio.create_task(_add(store, "a"))
    await asyncio.sleep(0)
    task.cancel()
    await _add(store, "b")
    assert _names(store) == ["a", "b"]


async def test_writes_are_there_after_a_reopening(tmp_path: Path) -> None:
    for name in ("a", "b"):
        store = GroupCommitStore(tmp_path / "s.db", SCHEMA)
        await _add(store, name)
        names = _names(store)
        await store.close()
    assert names == ["a", "b"]


async def test_a_held_store_is_refused(store: GroupCommitStore, tmp_path: Path) -> None:
    assert _names(store) == []
    with pytest.raises(StartupError, match="held by another process") as error:
        GroupCommitStore(tmp_path / "folder" / "store.db", SCHEMA)
    assert error.value.code is ExitCode.STORE


async def test_a_snapshot_reads_and_never_writes(store: GroupCommitStore) -> None:
    connection = store.snapshot()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("INSERT INTO item VALUES ('x')")
    connection.close()
