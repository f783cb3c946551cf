"""The whole spine, started once for this folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests.proof`, shared with tests/faults
