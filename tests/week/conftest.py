"""One working week, played once for this folder."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests.proof`, shared with other folders

from tests.proof.chromium import installed  # found by the path above


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is."""
    return installed()
