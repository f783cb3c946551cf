"""Fault tests start a city of their own each."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests.proof`, shared with tests/e2e
