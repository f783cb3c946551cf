"""What a role does not use, it does not import."""

import subprocess
import sys

import pytest

_KAFKA = ("aiokafka", "faststream")


@pytest.mark.parametrize(
    "modules",
    ["entry, tx, schema, events, errors",
     "work, worker, settlement, calls", "clock, database, settings, migrate, hooks"],
)  # fmt: skip
def test_these_never_import_kafka(modules: str) -> None:
    code = (
        f"from mrk_delivery import {modules}\nimport sys\n"
        f"found = [m for m in {_KAFKA} if m in sys.modules]\n"
        "heavy = [m for m in ('sqlalchemy', 'alembic') if m in sys.modules]\n"
        "assert not found and not heavy, (found, heavy)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
