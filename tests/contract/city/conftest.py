from pathlib import Path

import pytest

from mrk_city import CityPack, load_pack

MEDAN = Path(__file__).parents[3] / "deploy" / "city" / "medan"


@pytest.fixture(scope="session")
def pack() -> CityPack:
    return load_pack(MEDAN)
