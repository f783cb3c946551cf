"""Tests of this folder share the city pack and `routing_kit`."""

import sys
from pathlib import Path

import pytest

from mrk_city import CityPack, load_pack
from mrk_routing.domain.assign import Rules

sys.path.insert(0, str(Path(__file__).parent))

MEDAN = Path(__file__).parents[4] / "deploy/city/medan"


@pytest.fixture(scope="session")
def pack() -> CityPack:
    return load_pack(MEDAN)


@pytest.fixture(scope="session")
def rules(pack: CityPack) -> Rules:
    return Rules(pack)
