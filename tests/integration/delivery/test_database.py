import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from mrk_delivery.database import Stopped, closing, connect, open_pool
from mrk_local.ports import free_port
from mrk_local.postgres import PostgresServer
from mrk_telemetry.runtime import Stop


async def test_connections_say_whose_they_are_and_speak_utc(database: str) -> None:
    async with closing(await open_pool(database, application_name="tester.worker")) as pool:
        assert await pool.fetchval("show application_name") == "tester.worker"
        assert await pool.fetchval("show timezone") == "UTC"


async def test_returning_a_connection_asks_the_database_nothing(database: str) -> None:
    async with closing(await open_pool(database, max_size=1)) as pool:
        async with pool.acquire() as conn:
            pid = await conn.fetchval("select pg_backend_pid()")
        other = await connect(database)
        try:
            last = await other.fetchval("select query from pg_stat_activity where pid = $1", pid)
        finally:
            await other.close()
    assert last == "select pg_backend_pid()"


async def test_a_transaction_that_was_left_is_rolled_back(database: str) -> None:
    async with closing(await open_pool(database, max_size=1)) as pool:
        await pool.execute("create table t (n int)")

        async def leave() -> None:
            async with pool.acquire() as conn, conn.transaction():
                await conn.execute("insert into t values (1)")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await leave()
        assert await pool.fetchval("select count(*) from t") == 0


async def test_a_database_that_is_away_is_waited_for_until_the_end() -> None:
    stop = Stop()
    dsn = f"postgresql://nobody:x@127.0.0.1:{free_port()}/none"
    waiting = asyncio.create_task(open_pool(dsn, stop=stop))
    await asyncio.sleep(0.4)
    assert not waiting.done()
    stop.set()
    with pytest.raises(Stopped):
        await waiting


async def test_a_database_that_comes_back_is_found(database: str, postgres: PostgresServer) -> None:
    name = urlsplit(database).path.strip("/")
    admin = await connect(postgres.admin_dsn)
    try:
        await admin.execute(f'alter database "{name}" allow_connections false')
        opening = asyncio.create_task(open_pool(database))
        await asyncio.sleep(0.3)
        assert not opening.done()
        await admin.execute(f'alter database "{name}" allow_connections true')
    finally:
        await admin.close()
    async with asyncio.timeout(10), closing(await opening) as pool:
        assert await pool.fetchval("select 1") == 1


async def test_a_wrong_password_is_told_at_once(database: str) -> None:
    parts = urlsplit(database)
    wrong = database.replace(f":{parts.password}@", ":wrong@")
    async with asyncio.timeout(3):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await open_pool(wrong)


async def test_an_address_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="cannot be understood") as raised:
        await open_pool("mysql://role:secret@host/db")
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
