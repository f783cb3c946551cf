"""Tests of this folder share the city pack and `routing_kit`."""

import sys
from pathlib import Path

import pytest

from mrk_city import CityPack
from mrk_routing.domain.assign import Rules

sys.path.insert(0, str(Path(__file__).parent))

import routing_kit as kit  # found by the line above


@pytest.fixture(scope="session")
def pack() -> CityPack:
    return kit.pack()


@pytest.fixture(scope="session")
def rules(pack: CityPack) -> Rules:
    return Rules(pack)
