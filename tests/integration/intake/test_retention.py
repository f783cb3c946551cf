"""What has been kept long enough is erased; what is still open never is."""

import asyncio
import json
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mrk_schemas.cases import Case, CaseProgressed, CaseResolved, CaseState
from mrk_schemas.registry import CASES

PACK = Path(__file__).resolve().parents[3] / "deploy/city/medan"


async def _admin(dsn: str, *words: str) -> str:
    environ = {
        "PATH": os.environ["PATH"],
        "MRK_INTAKE_ENVIRONMENT": "test",
        "MRK_INTAKE_DATABASE_URL": dsn,
        "MRK_INTAKE_CITY_PACK": str(PACK),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "retention", *words,
        env=environ, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


def _case(sent: dict[str, Any], state: CaseState, at: datetime) -> Case:
    return Case.model_validate(
        {
            "complaint_id": str(sent["id"]), "tracking_number": sent["tracking_number"],
            "kind": "complaint", "state": state, "owner": "sdabmbk", "anonymous": False,
            "confidential": False, "received_at": at, "changed_at": at,
        }
    )  # fmt: skip


async def _grow_old(intake: Any, sent: dict[str, Any], days: int) -> datetime:
    at = datetime.now().astimezone() - timedelta(days=days)
    await intake.pool.execute("update report set received_at = $2 where id = $1", sent["id"], at)
    return at


@pytest.fixture
async def old(intake: Any, told: Any) -> dict[str, dict[str, Any]]:
    """Reports by what is special about them, all received ten years ago and more."""
    found = {name: await intake.accepted() for name in ("solved", "open", "stirred", "silent")}
    found["whistle"] = await intake.accepted(kind="whistleblowing")
    for sent in found.values():
        long_ago = await _grow_old(intake, sent, 3700)
    for name, events in {
        "solved": [(1, long_ago, CaseResolved, CaseState.RESOLVED)],
        "open": [(1, long_ago, CaseProgressed, CaseState.IN_PROGRESS)],
        "stirred": [
            (1, long_ago, CaseResolved, CaseState.RESOLVED),
            (2, datetime.now().astimezone(), CaseResolved, CaseState.RESOLVED),
        ],
    }.items():
        for sequence, at, model, state in events:
            body = model(case=_case(found[name], state, at), by="sdabmbk")
            await told.by(CASES, (sequence, at, body, str(found[name]["id"])))
    found["young"] = await intake.accepted()
    return found


@pytest.mark.usefixtures("old")
async def test_a_dry_run_counts_and_erases_nothing(intake: Any) -> None:
    rows = [json.loads(line) for line in (await _admin(intake.dsn, "--json")).splitlines()]
    counted = {row["kind"]: (row["due"], row["open"]) for row in rows}
    assert counted["complaint"] == (1, 2)
    assert counted["whistleblowing"] == (1, 0)
    assert all(row["source"] for row in rows)
    erased = await intake.pool.fetchval("select count(*) from report where erased_at is not null")
    assert erased == 0


async def test_what_is_due_is_erased_and_nothing_else(intake: Any, old: Any) -> None:
    assert "2 reports erased" in await _admin(intake.dsn, "--erase")
    rows = await intake.pool.fetch("select id from report where erased_at is not null")
    assert {row["id"] for row in rows} == {old["solved"]["id"], old["whistle"]["id"]}
    vault = await intake.pool.fetchval("select count(*) from vault where wrapped_key is null")
    assert vault == 2
    assert "0 reports erased" in await _admin(intake.dsn, "--erase")
