"""The examples for agencies pass the conformance kit, and it finds each planted fault."""

import sys
from collections.abc import Callable
from pathlib import Path

import example_kit as kit
import pytest
from faulty import FAULTS

from mrk_conformance.findings import Outcome
from mrk_local.testing import Kafka

PASSED = {Outcome.PASSED}
FAULTY = Path(__file__).parent / "faulty.py"


async def test_the_python_example_passes(
    kafka: Kafka, unique: Callable[[str], str], tmp_path: Path
) -> None:
    command = [sys.executable, str(kit.EXAMPLES / "python/agency.py")]
    found = await kit.outcomes(kafka.bootstrap, unique, tmp_path, command)
    assert set(found.values()) == PASSED, found


@pytest.mark.parametrize(("fault", "rule"), FAULTS.items(), ids=FAULTS)
async def test_each_planted_fault_is_found(
    kafka: Kafka, unique: Callable[[str], str], tmp_path: Path, fault: str, rule: str
) -> None:
    command = [sys.executable, str(FAULTY), fault]
    found = await kit.outcomes(kafka.bootstrap, unique, tmp_path, command, patience=5)
    assert found[rule] is Outcome.FAILED, found
