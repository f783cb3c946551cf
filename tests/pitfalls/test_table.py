"""Each trap has a test, and each test that the table names exists."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("table.yaml")
ROWS: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text())["rows"]
KNOWN = 32
"""Traps found so far. A row is never taken out: the libraries keep their traps."""


def problems(row: dict[str, Any], root: Path) -> list[str]:
    """What is wrong with a row; tests are looked for in the source, none is run."""
    found = [] if row.get("tests") else ["no test"]
    for node in row.get("tests", ()):
        file, _, name = node.partition("::")
        path = root / file
        if not path.is_file():
            found.append(f"no file {file}")
        elif name not in named_in(path):
            found.append(f"no test {name} in {file}")
    return found + [
        f"no bench {file}" for file in row.get("bench", ()) if not (root / file).is_file()
    ]


def named_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any("skip" in ast.unparse(each) for each in node.decorator_list)
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["trap"][:50])
def test_a_trap_has_its_tests(row: dict[str, Any]) -> None:
    assert problems(row, ROOT) == []


def test_no_trap_was_lost() -> None:
    assert len(ROWS) >= KNOWN
    assert len({row["trap"] for row in ROWS}) == len(ROWS)


def test_the_list_beside_the_checkout_has_no_more_rows() -> None:
    """Where the design's own list lies beside the checkout, a trap added there needs a row here."""
    listed = ROOT.parent / "shared/pitfalls.md"
    text = listed.read_text() if listed.is_file() else ""
    assert len(re.findall(r"^\| (?!trap |---)", text, re.MULTILINE)) <= len(ROWS)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"trap": "t"}, "no test"),
        ({"trap": "t", "tests": ["tests/nowhere.py::test_x"]}, "no file tests/nowhere.py"),
        (
            {"trap": "t", "tests": ["tests/pitfalls/test_table.py::test_unheard_of"]},
            "no test test_unheard_of in tests/pitfalls/test_table.py",
        ),
    ],
)
def test_a_row_without_its_test_is_found(row: dict[str, Any], reason: str) -> None:
    assert problems(row, ROOT) == [reason]
