import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from mrk_delivery.database import connect
from mrk_delivery.migrate import MigrationError, migrate

_FIRST = '''
"""The library's tables, and one of its own."""

from alembic import op

from mrk_delivery.schema import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in statements("thing_event"):
        op.execute(statement)
    op.execute("create table own (n int)")
'''
_SECOND = """
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    op.execute("alter table own add column name text")
    op.execute("%s")
"""
_MIGRATE = """
import asyncio, sys
from mrk_delivery.migrate import migrate
asyncio.run(migrate("tiny_service", sys.argv[1]))
"""
_AT_HEAD = """
import asyncio, sys
from mrk_delivery.migrate import migrate
assert asyncio.run(migrate("tiny_service", sys.argv[1])) is False
assert "sqlalchemy" not in sys.modules and "alembic" not in sys.modules
"""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service's folder as in the repository; returns its `versions`."""
    package = tmp_path / "src" / "tiny_service"
    versions = tmp_path / "migrations" / "versions"
    package.mkdir(parents=True)
    versions.mkdir(parents=True)
    (package / "__init__.py").touch()
    (versions / "0001_first.py").write_text(_FIRST)
    monkeypatch.syspath_prepend(str(package.parent))
    return versions


async def columns(dsn: str) -> list[str]:
    conn = await connect(dsn)
    try:
        found = await conn.fetch(
            "select column_name from information_schema.columns where table_name = 'own' order by 1"
        )
    finally:
        await conn.close()
    return [row["column_name"] for row in found]


async def run(service: Path, code: str, dsn: str) -> int:
    path = [str(service.parents[1] / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"PYTHONPATH": os.pathsep.join(path)}
    job = await asyncio.create_subprocess_exec(sys.executable, "-c", code, dsn, env=environment)
    return await job.wait()


async def test_an_empty_database_gets_everything_and_then_only_what_is_new(
    service: Path, database: str
) -> None:
    assert await migrate("tiny_service", database)
    assert await columns(database) == ["n"]
    assert not await migrate("tiny_service", database)
    (service / "0002_second.py").write_text(_SECOND % "select 1")
    assert await migrate("tiny_service", database)
    assert await columns(database) == ["n", "name"]


async def test_several_at_once_wait_for_each_other(service: Path, database: str) -> None:
    first = service / "0001_first.py"
    slow = _FIRST.replace(
        "    for statement", '    op.execute("select pg_sleep(1)")\n    for statement'
    )
    await asyncio.to_thread(first.write_text, slow)
    assert await asyncio.gather(*(run(service, _MIGRATE, database) for _ in range(3))) == [0] * 3
    assert await columns(database) == ["n"]


async def test_a_migration_that_fails_leaves_nothing_of_itself(
    service: Path, database: str
) -> None:
    (service / "0002_second.py").write_text(_SECOND % "select no_such_function()")
    with pytest.raises(Exception, match="no_such_function"):
        await migrate("tiny_service", database)
    assert await columns(database) == ["n"], "the first is kept, the second is undone whole"
    (service / "0002_second.py").write_text(_SECOND % "select 1")
    assert await migrate("tiny_service", database)


async def test_a_database_that_a_newer_release_migrated_is_let_be(
    service: Path, database: str
) -> None:
    (service / "0002_second.py").write_text(_SECOND % "select 1")
    await migrate("tiny_service", database)
    (service / "0002_second.py").unlink()
    with pytest.raises(MigrationError, match=r"0002.*newer"):
        await migrate("tiny_service", database)


async def test_at_head_it_costs_well_below_a_second_without_sqlalchemy(
    service: Path, database: str
) -> None:
    await migrate("tiny_service", database)
    before = os.times()
    assert await run(service, _AT_HEAD, database) == 0
    after = os.times()
    # the processor's seconds: a busy machine stretches the wall clock's
    used = after.children_user + after.children_system
    assert used - before.children_user - before.children_system < 1


@pytest.mark.usefixtures("service")
async def test_a_wrong_password_is_told(database: str) -> None:
    password = urlsplit(database).password
    with pytest.raises(asyncpg.InvalidPasswordError):
        await migrate("tiny_service", database.replace(f":{password}@", ":wrong@"))
