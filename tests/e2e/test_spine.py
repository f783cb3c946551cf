"""500 residents, all four services, every agency: what each `ok` must have become."""

import asyncio
import json
import os
import secrets
from time import monotonic

import pytest
from tests.proof.agencies import nobody
from tests.proof.city_in_test import City, admin, told
from tests.proof.evidence import fetch
from tests.proof.load import device_of
from tests.proof.otlp import Receiver
from tests.proof.records import read_all, stored

from mrk_cli.stack import ROLES
from mrk_schemas.cases import CaseAsked, CaseMerged
from mrk_schemas.registry import CASES

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(600),
]

REPORTS = int(os.environ.get("MRK_TEST_REPORTS", "500"))
DRAINED_S = 400
"""All work of 500 reports at once on two cores; the 60 s of the proof are for what healed."""
_WITHOUT_WORK = {
    "intake.internal", "intake.web", "intake.staff", "intake.worker", "routing.http",
    "routing.clock", "routing.desk", "routing.api", "routing.worker",
}  # fmt: skip
"""Roles that no fact passes through here; `internal` answers calls, its spans are the callers'."""


async def test_every_ok_has_one_case_one_mirror_and_one_message_a_step(city: City) -> None:
    begun = monotonic()
    residents = [city.residents.report(number) for number in range(REPORTS)]
    assert len({r.category for r in residents}) == len(city.pack.categories)
    await city.phones.send_all(residents)
    await city.phones.send_wrong(10, residents[0])
    print(f"accepted after {monotonic() - begun:.1f} s")

    print(f"drained {await city.drained(within_s=DRAINED_S):.1f} s later")

    found, violations = await city.judged(repeats_allowed=0)
    assert not any(violations.values()), told(violations)
    assert len(found.reports) == REPORTS
    assert len(city.ledger.of_state("ok")) == REPORTS
    rows = "select tracking_number from report r join follower f on f.complaint = r.id"
    followed = await fetch(city.stack, "intake", rows)
    assert {row["tracking_number"] for row in followed} == city.phones.followed != set()
    assert len(city.ledger.of_state("fail")) == 10
    assert not city.agencies.refused
    asked = [e for e in found.log if e.type == CaseAsked.TYPE]
    assert len(asked) > REPORTS // 40, "some residents were asked"
    joined = {e.key for e in found.log if (e.topic, e.type) == (CASES, CaseMerged.TYPE)}
    assert len(joined) > REPORTS // 60, "some told of the same thing"
    city.agencies.asks = nobody


async def test_the_public_timeline_shows_the_whole_way(city: City) -> None:
    cases = await fetch(
        city.stack, "routing", "select complaint_id from case_file where state = 'resolved'"
    )
    row = "select tracking_number from report where id = any($1::uuid[]) and not confidential"
    open_ones = await fetch(city.stack, "intake", row, [case["complaint_id"] for case in cases])
    number = open_ones[0]["tracking_number"]

    shown = (await city.phones.client.get(f"/api/v1/reports/{number}")).json()

    kinds = [event["type"] for event in shown["events"]]
    assert shown["state"] == "resolved"
    assert len(kinds) >= 5, kinds


async def _sent(city: City, number: int, **changes: object) -> str:
    resident = city.residents.report(number)
    body = {**resident.body, **changes}
    key = city.phones.key_of(number)
    answer = await city.phones.request(key, number, body, device_of(number))
    assert answer is not None
    tracking: str = answer.json()["tracking_number"]
    return tracking


async def test_an_anonymous_report_is_filed_under_the_citys_account(city: City) -> None:
    tracking = await _sent(city, 90_001, anonymous=True, kind="complaint")
    await city.drained(within_s=DRAINED_S)

    (record,) = await stored(city.stack.plan.url("lapor"), reference=tracking)

    assert record["reporter"]["name"] == "Pemerintah Kota Medan"
    assert record["reporter"]["email"] == "pengaduan@medan.example"
    assert record["flags"]["is_anonymous"]
    assert "warga90001" not in json.dumps(record)


async def test_a_confidential_report_is_secret_there_and_tells_no_point(city: City) -> None:
    point = {"lat": 3.58501, "lon": 98.68452}
    tracking = await _sent(
        city, 90_002, confidential=True, kind="complaint", location=point, address="Gang Rahasia 7"
    )
    await city.drained(within_s=DRAINED_S)

    (record,) = await stored(city.stack.plan.url("lapor"), reference=tracking)
    log = b"\n".join(seen.value for seen in await read_all(city.stack.kafka.bootstrap))

    assert record["flags"]["is_secret"]
    assert b"98.68452" not in log
    assert b"Gang Rahasia" not in log
    assert (await city.phones.client.get(f"/api/v1/reports/{tracking}")).status_code == 404


async def test_whistle_blowing_goes_nowhere(city: City) -> None:
    tracking = await _sent(city, 90_003, kind="whistleblowing")
    await city.drained(within_s=DRAINED_S)

    log = await read_all(city.stack.kafka.bootstrap)
    (row,) = await fetch(
        city.stack, "intake", "select id from report where tracking_number = $1", tracking
    )
    told_of = [seen for seen in log if seen.key == str(row["id"])]

    assert await stored(city.stack.plan.url("lapor"), reference=tracking) == []
    assert not any(seen.topic.startswith(("agency.", "complaint.cases")) for seen in told_of)
    assert not any(b"Laporan ke-90003" in seen.value for seen in log)


async def test_an_erasure_passes_through_all_services_and_is_acknowledged(city: City) -> None:
    tracking = await _sent(city, 90_004, kind="complaint", anonymous=False, confidential=False)
    await city.drained(within_s=DRAINED_S)

    await admin(city.stack, "intake", "erase", tracking)
    async with asyncio.timeout(60):
        while (
            status := json.loads(await admin(city.stack, "intake", "erase", tracking, "--status"))
        )["waiting_for"]:
            await asyncio.sleep(0.5)

    assert {a["service"] for a in status["acknowledged"]} == {
        "routing",
        "spanlapor-bridge",
        "notify",
    }
    assert (await city.phones.client.get(f"/api/v1/reports/{tracking}")).status_code == 410
    for service, table in (("routing", "case_event"), ("notify", "delivery_event")):
        bodies = await fetch(city.stack, service, f"select body from {table}")  # noqa: S608  # a constant
        assert not any(b"Laporan ke-90004" in row["body"] for row in bodies)
    work = "select payload::text as words from work"
    for service in ("notify", "spanlapor-bridge"):
        rows = await fetch(city.stack, service, work)
        assert not any("Laporan ke-90004" in row["words"] for row in rows)


async def test_one_trace_passes_through_every_role(city: City, receiver: Receiver) -> None:
    trace = secrets.token_hex(16)
    resident = city.residents.report(90_005)
    answer = await city.phones.client.post(
        "/api/v1/reports",
        json={**resident.body, "kind": "complaint"},
        headers={
            "Idempotency-Key": f'"{city.phones.key_of(90_005)}"',
            "X-Device-Token": device_of(90_005),
            "traceparent": f"00-{trace}-{secrets.token_hex(8)}-01",
        },
    )
    assert answer.status_code == 201
    await city.drained(within_s=DRAINED_S)
    wanted = set(ROLES) - _WITHOUT_WORK

    async with asyncio.timeout(60):
        while not wanted <= (seen := receiver.roles_of(trace)):
            print(f"not yet: {sorted(wanted - seen)}")
            await asyncio.sleep(1)
