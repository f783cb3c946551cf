"""The examples for agencies pass the conformance kit, and it finds each planted fault."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import example_kit as kit
import pytest
from faulty import FAULTS

from mrk_conformance.findings import Outcome
from mrk_local.ports import free_port
from mrk_local.testing import Kafka

PASSED = {Outcome.PASSED}
EXAMPLE = [str(kit.EXAMPLES / "python/agency.py")]
FAULTY = Path(__file__).parent / "faulty.py"


async def test_the_python_example_passes(
    kafka: Kafka, unique: Callable[[str], str], tmp_path: Path
) -> None:
    found = await kit.outcomes(kafka.bootstrap, unique, tmp_path, [sys.executable, *EXAMPLE])
    assert set(found.values()) == PASSED, found


@pytest.mark.parametrize(("fault", "rule"), FAULTS.items(), ids=FAULTS)
async def test_each_planted_fault_is_found(
    kafka: Kafka, unique: Callable[[str], str], tmp_path: Path, fault: str, rule: str
) -> None:
    command = [sys.executable, str(FAULTY), fault]
    found = await kit.outcomes(kafka.bootstrap, unique, tmp_path, command, patience=8)
    assert found[rule] is Outcome.FAILED, found


@pytest.mark.parametrize(("program", "code"), [(EXAMPLE, 0), ([str(FAULTY), "adds a field"], 2)])
async def test_the_command_brings_a_broker_and_ends_by_what_it_found(
    tmp_path: Path, program: list[str], code: int
) -> None:
    port = free_port()
    command = (
        "-m",
        "mrk_cli.main",
        "conformance",
        "--agency",
        "dlh",
        "--port",
        str(port),
        "--json",
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command, "--patience", "10"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(120):
        while b"listens on" not in await process.stderr.readline():
            pass
        bootstrap = f"127.0.0.1:{port}"
        settings = {"KAFKA_BOOTSTRAP": bootstrap, "AGENCY": "dlh", "STATE": str(tmp_path / "db")}
        async with kit.running([sys.executable, *program], **settings):
            said, _ = await process.communicate()
    assert process.returncode == code
    told = json.loads(said)
    assert (told["agency"], told["played"]) == ("dlh", "routing")
    failed = {rule["rule"]: rule for rule in told["rules"] if rule["outcome"] == "failed"}
    if code:
        assert "officer" in failed["schema"]["seen"][0]
    else:
        assert failed == {}
