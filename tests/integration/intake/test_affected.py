"""`admin privacy affected`: whom a breach concerns, by pseudonym, and what the list was for."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from typing import Any

from mrk_intake.service import SERVICE
from mrk_intake.store import affected
from mrk_intake.store.affected import Holding
from mrk_intake.store.erase import erase

PURPOSE = "letter about the stolen backup of March"


async def admin(intake: Any, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "privacy", "affected", "--json", *words,
        env={
            "PATH": os.environ["PATH"],
            "MRK_INTAKE_ENVIRONMENT": "test",
            "MRK_INTAKE_DATABASE_URL": intake.dsn,
            "MRK_INTAKE_VAULT_KEY": intake.settings.vault_key.get_secret_value(),
        },
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await process.communicate()
    rows = [json.loads(line) for line in out.decode().splitlines()]
    return process.returncode or 0, rows, said.decode()


async def test_those_whose_data_was_there_are_listed_and_the_list_is_on_record(intake: Any) -> None:
    start = intake.clock.now()
    gone = await intake.accepted()
    intake.clock.advance(timedelta(hours=1))
    await erase(intake.pool, SERVICE, gone["id"], intake.clock.now())
    old = await intake.accepted()
    intake.clock.advance(timedelta(hours=10))
    new = await intake.accepted(reporter=None)
    intake.clock.advance(timedelta(hours=10))
    later = await intake.accepted()
    since, until = start + timedelta(hours=5), start + timedelta(hours=15)
    words = ("--since", since.isoformat(), "--until", until.isoformat(), "--purpose", PURPOSE)

    code, rows, said = await admin(intake, *words)
    assert (code, said) == (0, "")
    assert [row["tracking_number"] for row in rows] == [
        old["tracking_number"], new["tracking_number"],
    ]  # fmt: skip
    assert [row["reach_by"] for row in rows] == ["email", None]
    assert "butet" not in str(rows).lower()
    _, rows, _ = await admin(intake, *words, "--contacts", "--received-within")
    assert [(row["tracking_number"], row["email"]) for row in rows] == [
        (new["tracking_number"], None)
    ]
    wide = ("--since", start.isoformat(), "--until", until.isoformat(), "--purpose", PURPOSE)
    _, rows, _ = await admin(intake, *wide, "--contacts")
    assert rows[0]["tracking_number"] == gone["tracking_number"]
    assert (rows[0]["erased_at"] is None, rows[0]["reporter"], rows[0]["email"]) == (
        False, None, None,
    )  # fmt: skip
    assert rows[1]["email"] == "butet@warga.example"
    assert later["tracking_number"] not in str(rows)
    kept = await intake.pool.fetch("select purpose, asked, reports from operator_read order by id")
    assert [(row["purpose"], row["reports"]) for row in kept] == [
        (PURPOSE, 2), (PURPOSE, 1), (PURPOSE, 3),
    ]  # fmt: skip
    assert json.loads(kept[1]["asked"])["contacts"] == "true"


async def test_a_list_without_a_purpose_or_a_zone_is_not_made(intake: Any) -> None:
    at = ("--since", "2026-03-01T00:00+07:00", "--until", "2026-03-02T00:00+07:00")
    code, _, said = await admin(intake, *at, "--purpose", "test")
    assert (code, "say what it is for" in said) == (2, True)
    code, _, said = await admin(intake, *at[:3], "2026-03-02", "--purpose", PURPOSE)
    assert (code, "add its zone" in said) == (2, True)
    code, _, said = await admin(intake, *at[2:], "--since", at[3], "--purpose", PURPOSE)
    assert (code, "later than" in said) == (1, True)
    assert await intake.count("operator_read") == 0


async def test_each_table_concerns_those_who_are_in_it(intake: Any) -> None:
    plain = await intake.accepted()
    whistle = await intake.accepted(kind="whistleblowing")
    acted = await intake.accepted()
    answer = await intake.public.post(
        f"/api/v1/reports/{acted['tracking_number']}/information",
        json={"text": "Masih berlubang."},
        headers={
            "X-Tracking-Secret": acted["tracking_secret"],
            "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        },
    )
    assert answer.status_code == 201
    now, day = intake.clock.now(), timedelta(days=1)

    async def listed(held: Holding) -> set[str]:
        return {
            one.number async for one in affected.affected(intake.pool, held, now - day, now + day)
        }

    numbers = {each["tracking_number"] for each in (plain, whistle, acted)}
    assert await listed(Holding.VAULT) == numbers
    assert await listed(Holding.EVENTS) == numbers - {whistle["tracking_number"]}
    assert await listed(Holding.ACTIONS) == {acted["tracking_number"]}
    assert await listed(Holding.ATTACHMENTS) == set()
