import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from mrk_delivery.database import Kept, Stopped, closing, connect, keeping, open_pool
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
    async with asyncio.timeout(20), closing(await opening) as pool:
        assert await pool.fetchval("select 1") == 1


async def test_a_wrong_password_is_told_at_once(database: str) -> None:
    parts = urlsplit(database)
    wrong = database.replace(f":{parts.password}@", ":wrong@")
    async with asyncio.timeout(20):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await open_pool(wrong)


async def test_an_address_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(ValueError, match="cannot be understood") as raised:
        await open_pool("mysql://role:secret@host/db")
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


async def _backend(connections: Kept) -> int:
    async with connections.acquire() as conn:
        return int(await conn.fetchval("select pg_backend_pid()"))


async def test_a_kept_connection_is_lent_again_and_given_back(database: str) -> None:
    async with closing(await open_pool(database, max_size=2)) as pool:
        async with keeping(pool) as kept:
            async with kept.acquire() as one, kept.acquire() as other:
                pids = {await each.fetchval("select pg_backend_pid()") for each in (one, other)}
            assert {await _backend(kept) for _ in range(3)} <= pids
            assert pool.get_idle_size() == 0
        assert pool.get_idle_size() == 2


async def test_a_kept_connection_whose_block_failed_goes_back(database: str) -> None:
    async with closing(await open_pool(database, max_size=1)) as pool, keeping(pool) as kept:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with kept.acquire() as conn:
                await conn.execute("select 1 / 0")
        assert pool.get_idle_size() == 1
        assert await _backend(kept)


async def test_a_kept_connection_that_ended_while_it_rested_is_another_one(database: str) -> None:
    async with closing(await open_pool(database, max_size=1)) as pool, keeping(pool) as kept:
        ended = asyncio.Event()
        async with kept.acquire() as conn:
            pid = await conn.fetchval("select pg_backend_pid()")
            conn.add_termination_listener(lambda _: ended.set())
        other = await connect(database)
        try:
            await other.execute("select pg_terminate_backend($1)", pid)
        finally:
            await other.close()
        await asyncio.wait_for(ended.wait(), 20)
        assert await _backend(kept) != pid


async def test_a_kept_connection_that_rested_long_is_another_one(database: str) -> None:
    async with closing(await open_pool(database, max_size=1)) as pool:
        kept = Kept(pool, rested_s=-1)
        assert await _backend(kept) != await _backend(kept)
        await kept.give_back()
