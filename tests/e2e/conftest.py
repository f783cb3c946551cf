"""The whole spine, started once for this folder."""

import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests.proof`, shared with tests/faults

from tests.proof.agencies import one_in_ten  # found by the line above
from tests.proof.city_in_test import City, city_in
from tests.proof.otlp import Receiver, otlp_receiver


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with otlp_receiver() as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> AsyncIterator[City]:
    folder = tmp_path_factory.mktemp("spine")
    seed = secrets.randbits(32)
    async with city_in(folder, seed=seed, otlp_endpoint=receiver.url, asks=one_in_ten) as opened:
        yield opened
