"""Erasing: in one transaction, for ever, once; and who has acknowledged."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from typing import Any

import pytest

from mrk_intake.domain.erasure import RETENTION
from mrk_intake.service import SERVICE
from mrk_intake.store import erase
from mrk_schemas.cases import Case, CaseErased, CaseProgressed, CaseState
from mrk_schemas.deliveries import DeliveryErased
from mrk_schemas.mirrors import Mirror, MirrorErased, MirrorStatus
from mrk_schemas.registry import CASES, DELIVERIES, MIRRORS

_DETAILS = "select string_agg(detail::text, '') from timeline"
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


async def _admin(intake: Any, *words: str) -> tuple[int, str, str]:
    environ = {
        "PATH": os.environ["PATH"],
        "MRK_INTAKE_ENVIRONMENT": "test",
        "MRK_INTAKE_DATABASE_URL": intake.dsn,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "erase", *words,
        env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def _case(sent: dict[str, Any], state: CaseState) -> Case:
    return Case.model_validate(
        {
            "complaint_id": str(sent["id"]), "tracking_number": sent["tracking_number"],
            "kind": "complaint", "state": state, "owner": "sdabmbk", "anonymous": False,
            "confidential": False, "received_at": "2026-03-02T03:04:05Z",
            "changed_at": "2026-03-02T03:04:05Z",
        }
    )  # fmt: skip


def _acknowledgements(sent: dict[str, Any], at: Any) -> list[tuple[str, Any]]:
    mirror = Mirror(
        complaint_id=str(sent["id"]), status=MirrorStatus.FILED, changed_at=at, erased=True
    )
    return [
        (CASES, CaseErased(case=_case(sent, CaseState.ASSIGNED), by="routing",
                           received_by=("sdabmbk",))),
        (MIRRORS, MirrorErased(mirror=mirror, received_by=("SP4N-LAPOR!",))),
        (DELIVERIES, DeliveryErased(complaint_id=str(sent["id"]), erased_at=at,
                                    received_by=("email",))),
    ]  # fmt: skip


@pytest.mark.parametrize("confidential", [False, True])
async def test_an_erased_report_is_gone_everywhere_here(
    intake: Any, told: Any, *, confidential: bool
) -> None:
    sent = await intake.accepted(confidential=confidential, occurred_at="2026-03-01T00:00:00Z")
    reporter = (await intake.event(sent["id"]))["report"]["reporter"]
    progress = CaseProgressed(
        case=_case(sent, CaseState.IN_PROGRESS), by="sdabmbk", note="Rumah Pak Budi diperiksa"
    )
    now = intake.clock.now()
    await told.by(CASES, (1, now, progress, str(sent["id"])))

    assert await erase.erase(intake.pool, SERVICE, sent["id"], now) is True

    for type_ in ("received", "erased"):
        report = (await intake.event(sent["id"], type_))["report"]
        assert not report.get("text")
        assert "address" not in report.get("place", {}) or not report["place"]["address"]
    assert (await intake.event(sent["id"], "erased"))["report"]["erased"] is True
    outbox = await intake.pool.fetch("select version, passes from outbox order by id")
    assert [tuple(row) for row in outbox] == [(1, False), (2, True)]
    row = await intake.pool.fetchrow("select * from vault")
    assert (row["wrapped_key"], row["identity"], row["original"]) == (None, None, None)
    kept = await intake.pool.fetchrow("select * from report")
    assert (kept["reporter"], kept["occurred_at"]) == (None, None)
    assert "Budi" not in await intake.pool.fetchval(
        "select string_agg(detail::text, '') from timeline"
    )
    assert (await intake.contact("notify", reporter)).status_code == 410
    assert (await intake.place("routing", sent["id"])).status_code == 410
    secret = {"X-Tracking-Secret": sent["tracking_secret"]}
    path = f"/api/v1/reports/{sent['tracking_number']}"
    assert (await intake.public.get(path, headers=secret)).status_code == 410

    # what comes later is stored without words
    later = CaseProgressed(
        case=_case(sent, CaseState.IN_PROGRESS), by="sdabmbk", note="Pak Budi lagi"
    )
    await told.by(CASES, (2, now, later, str(sent["id"])))
    assert "Budi" not in await intake.pool.fetchval(
        "select string_agg(detail::text, '') from timeline"
    )


async def test_erasing_twice_erases_once(intake: Any) -> None:
    sent = await intake.accepted()
    now = intake.clock.now()
    both = await asyncio.gather(
        *(erase.erase(intake.pool, SERVICE, sent["id"], now) for _ in range(4))
    )
    assert sorted(both) == [False, False, False, True]
    assert await intake.count("report_event") == 2


async def test_the_key_of_an_erased_report_still_makes_no_second_one(intake: Any) -> None:
    first = await intake.send(KEY)
    complaint = await intake.id_of(first.json()["tracking_number"])
    await erase.erase(intake.pool, SERVICE, complaint, intake.clock.now())
    assert await intake.pool.fetchval("select fingerprint from idempotency") is None
    again = await intake.send(KEY)
    assert again.json() == first.json()
    assert await intake.count("report") == 1


async def test_the_command_shows_who_acknowledged_and_who_had_received_what(
    intake: Any, told: Any
) -> None:
    sent = await intake.accepted()
    number = sent["tracking_number"]
    code, out, _ = await _admin(intake, number, "--status")
    assert (code, out) == (1, f"{number}: not erased\n")
    code, out, err = await _admin(intake, number.lower())
    assert code == 0, err
    shown = json.loads(out)
    assert shown["waiting_for"] == ["routing", "spanlapor-bridge", "notify"]
    assert shown["done_at"] is None
    at = intake.clock.now() + timedelta(days=2000)
    for topic, body in _acknowledgements(sent, at):
        await told.by(topic, (9, at, body, str(sent["id"])))
    code, out, _ = await _admin(intake, number)
    shown = json.loads(out)
    assert (code, shown["waiting_for"]) == (0, [])
    received = {each["service"]: each["had_been_received_by"] for each in shown["acknowledged"]}
    assert received == {
        "routing": ["sdabmbk"], "spanlapor-bridge": ["SP4N-LAPOR!"], "notify": ["email"],
    }  # fmt: skip
    assert shown["done_at"] == (at + RETENTION).isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
    assert await intake.count("report_event") == 2


async def test_the_command_refuses_what_is_no_report(intake: Any) -> None:
    assert (await _admin(intake, "000-000-000"))[0] == 1
    code, _, err = await _admin(intake, "123-456-789")
    assert code == 1
    assert "no tracking number" in err
