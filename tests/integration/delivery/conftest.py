"""Tests of this folder share `delivery_kit`."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from mrk_delivery.database import closing, open_pool
from mrk_local.testing import Databases

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    """A database with the library's tables."""
    from delivery_kit import prepare  # noqa: PLC0415  # found on the path that this file sets

    dsn = await databases.fresh("delivery", prepare)
    async with closing(await open_pool(dsn, max_size=12)) as opened:
        yield opened
