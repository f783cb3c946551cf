"""Tests of this folder share `routing_records`, the city pack and a migrated database."""

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from mrk_city import CityPack, load_pack
from mrk_delivery.clock import FixedClock
from mrk_delivery.database import closing, open_pool
from mrk_delivery.migrate import migrate
from mrk_local.testing import Databases

sys.path.insert(0, str(Path(__file__).parent))

import desk_kit  # found by the line above
import routing_records as kit  # as above


@pytest.fixture(scope="session")
def pack() -> CityPack:
    return load_pack(kit.MEDAN)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 2, 3, 20, 12, tzinfo=UTC))


@pytest.fixture
async def dsn(databases: Databases) -> str:
    async def prepare(dsn: str) -> None:
        assert await migrate("mrk_routing", dsn)

    return await databases.fresh("routing", prepare)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(dsn)
    async with closing(pool):
        yield pool


@pytest.fixture
def routing(pool: asyncpg.Pool, pack: CityPack, clock: FixedClock) -> kit.Routing:
    return kit.Routing(pool, pack, clock)


@pytest.fixture
async def desk(
    pool: asyncpg.Pool, pack: CityPack, clock: FixedClock
) -> AsyncIterator[desk_kit.DeskSite]:
    async with desk_kit.desk_site(pool, pack, clock) as site:
        yield site
