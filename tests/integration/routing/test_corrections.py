"""What dispatchers correct becomes examples, and an erased report leaves none."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import routing_records as kit

from mrk_city import load_pack
from mrk_city.learning.examples import read_tsv
from mrk_delivery.clock import FixedClock
from mrk_routing.store.corrections import export, keep
from mrk_schemas.ids import CategoryCode

SAID: dict[str, Any] = {"category": None, "text": "Lampu jalan mati sudah seminggu di gang kami"}


async def corrected(routing: kit.Routing, clock: FixedClock, right: str, number: int = 1) -> None:
    async with routing.pool.acquire() as conn, conn.transaction():
        given = CategoryCode("street-lights")
        case = kit.report(number).complaint_id
        await keep(conn, case, given, CategoryCode(right), clock.now())


async def exported(routing: kit.Routing) -> list[tuple[str | None, str, str | None, str]]:
    async with routing.pool.acquire() as conn, conn.transaction():
        return [(e.given, e.right, e.model, e.text) async for e in export(conn)]


async def test_the_suggestion_is_kept_with_the_case(routing: kit.Routing) -> None:
    await routing.reports(kit.received(**SAID), kit.received(2))
    first, second = await routing.cases()
    kept = json.loads(first["decision"])
    assert (kept["suggested"], kept["category_by"]) == ("street-lights", "text")
    assert kept["model"] == load_pack(kit.MEDAN).model_version
    assert kept["words"]
    assert "suggested" not in json.loads(second["decision"])


async def test_a_correction_is_an_example_and_the_last_one_counts(
    routing: kit.Routing, clock: FixedClock
) -> None:
    await routing.reports(kit.received(**SAID))
    await corrected(routing, clock, "power")
    await corrected(routing, clock, "parks")
    version = load_pack(kit.MEDAN).model_version
    assert await exported(routing) == [("street-lights", "parks", version, SAID["text"])]


async def test_an_erased_report_leaves_no_example_and_no_suggestion(
    routing: kit.Routing, clock: FixedClock
) -> None:
    await routing.reports(kit.received(**SAID), kit.received(2, **SAID))
    await corrected(routing, clock, "power")
    await routing.reports(kit.erased())
    await corrected(routing, clock, "parks", number=2)
    await routing.reports(kit.erased(2))
    assert await exported(routing) == []
    assert [row["decision"] for row in await routing.cases()] == [None, None]
    await corrected(routing, clock, "power")
    assert await exported(routing) == []


async def test_the_command_writes_what_training_reads(
    routing: kit.Routing, clock: FixedClock, dsn: str, tmp_path: Path
) -> None:
    await routing.reports(kit.received(**SAID))
    await corrected(routing, clock, "power")
    out = tmp_path / "corrections.tsv"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_routing", "admin", "model", "corrections", "--out", str(out),
        env={
            "PATH": os.environ["PATH"],
            "MRK_ROUTING_ENVIRONMENT": "test",
            "MRK_ROUTING_DATABASE_URL": dsn,
        },
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    told, complaints = await process.communicate()
    assert process.returncode == 0, complaints
    assert told.startswith(b"1 corrections in ")
    assert out.stat().st_mode & 0o777 == 0o600
    (example,) = read_tsv(out)
    assert (example.category, example.text) == ("power", SAID["text"])
