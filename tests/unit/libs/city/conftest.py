import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mrk_city import CityPack, load_pack

MEDAN = Path(__file__).parents[4] / "deploy" / "city" / "medan"

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="session")
def medan() -> Path:
    return MEDAN


@pytest.fixture(scope="session")
def pack() -> CityPack:
    return load_pack(MEDAN)


@pytest.fixture(scope="session")
def unlearnt(tmp_path_factory: pytest.TempPathFactory) -> CityPack:
    """Medan without its model: the vocabulary alone reads."""
    folder = tmp_path_factory.mktemp("unlearnt") / "city"
    shutil.copytree(MEDAN, folder, ignore=shutil.ignore_patterns("*.model", "examples"))
    return load_pack(folder)


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Medan's pack with one text in one file replaced; returns the copy's folder."""
    folder = tmp_path / "city"
    shutil.copytree(MEDAN, folder, ignore=shutil.ignore_patterns("examples"))

    def change(file: str, old: str, new: str) -> Path:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change
