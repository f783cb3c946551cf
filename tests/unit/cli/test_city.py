"""`mrk city` names the default pack where its caller names none."""

import subprocess
import sys
from pathlib import Path

import pytest

from mrk_cli.city import default_pack, with_pack

PACK = str(default_pack())


@pytest.mark.parametrize(
    ("given", "called"),
    [
        (["check"], ["check", PACK]),
        (["check", "--json"], ["check", PACK, "--json"]),
        (["check", "mine", "--json"], ["check", "mine", "--json"]),
        (["explain", "--text", "x"], ["explain", f"--city={PACK}", "--text", "x"]),
        (["explain", "--city", "mine"], ["explain", "--city", "mine"]),
        (["explain", "--city=mine"], ["explain", "--city=mine"]),
        (["explain", "--help"], ["explain", "--help"]),
        (["--help"], ["--help"]),
        ([], []),
    ],
)
def test_the_default_pack(given: list[str], called: list[str]) -> None:
    assert with_pack(given) == called


def test_it_is_in_the_checkout() -> None:
    assert (Path(PACK) / "rules.yaml").is_file()


def test_a_reader_that_has_enough_is_no_error() -> None:
    """As with `mrk city check | head -1`."""
    command = [sys.executable, "-m", "mrk_cli.main", "city", "explain", "--text", "jalan rusak"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as explains:
        assert explains.stdout is not None
        explains.stdout.close()
        assert explains.stderr is not None
        assert explains.stderr.read() == b""
        assert explains.wait() == 141  # as the signal would end it
