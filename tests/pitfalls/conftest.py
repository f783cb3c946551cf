"""Tests of this folder use the small service of the delivery tests."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration/delivery"))


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    import delivery_kit as kit  # noqa: PLC0415  # found on the path that this file sets

    await kit.prepare(database)
    async with asyncpg.create_pool(database, min_size=1, max_size=6) as made:
        yield made
