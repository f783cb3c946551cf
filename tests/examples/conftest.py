"""Tests of this folder share `example_kit`, and one broker with topics of many agencies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
