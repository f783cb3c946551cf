"""Open reports nearby among many: which are found, and that the index of cells finds them.

MRK_TEST_NEARBY=100000 .venv/bin/pytest -s tests/integration/intake/test_nearby.py

prints the plan and the milliseconds among 100,000; the everyday suite makes fewer.
"""

import json
import os
import secrets
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from mrk_intake.domain.nearby import RADIUS_M, Centre
from mrk_intake.service import SERVICE
from mrk_intake.store import erase, nearby
from mrk_schemas.cases import Case, CaseResolved, CaseState
from mrk_schemas.registry import CASES, REPORTS

MADE = int(os.environ.get("MRK_TEST_NEARBY", "20000"))
NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
POINT = {"lat": 3.5897, "lon": 98.6738}
CENTRE = Centre(POINT["lat"], POINT["lon"], RADIUS_M, exact=True)
LONGEST_MS = 100
"""Many times what one machine took (see the docs)."""

# a twentieth of the city's reports stand within some streets of one another, as at a market
FILL = """
insert into report (id, tracking_number, request, kind, category, anonymous, confidential, locale,
    emergency, received_at, spot)
select md5(n::text)::uuid, 'N' || n, int8send(n), 'complaint',
    (array['roads', 'floods', 'drainage', 'trees', 'parks', null])[1 + n % 6], false, n % 10 = 0,
    'id', false, $1::timestamptz - n * interval '43 seconds',
    point(98.60 + (n % 140) * 0.001, 3.50 + (n * 37 % 281) * 0.001)
from generate_series(1, $2::bigint) n
"""
EVENTS = """
insert into report_event (key, version, topic, id, type, time, body)
select md5(n::text)::uuid::text, 1, $3, md5(n::text)::uuid, 'id.go.medan.report.received.v1', $1,
    convert_to(replace($4, 'NUMBER', 'N' || n), 'UTF8')
from generate_series(1, $2::bigint) n
"""
STEPS = """
insert into timeline (complaint, topic, sequence, type, at, state, detail)
select md5(n::text)::uuid, $3, s.sequence, s.state, $1, s.state, '{"agency": "sdabmbk"}'
from generate_series(1, $2::bigint) n
    cross join (values (1, 'assigned'), (2, 'accepted'), (3, 'resolved')) s (sequence, state)
where s.sequence < 3 or n % 3 = 0
"""
BODY = {
    "report": {
        "complaint_id": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01", "tracking_number": "NUMBER",
        "kind": "complaint", "category": "roads", "text": "Jalan berlubang di depan pasar.",
        "place": {"lat": 3.5897, "lon": 98.6738}, "anonymous": False, "confidential": False,
        "received_at": "2026-03-02T03:04:05Z",
    }
}  # fmt: skip


async def found(intake: Any) -> set[str]:
    near = await nearby.within(intake.pool, CENTRE.box(), {"roads"})
    return {each.number for each in near}


async def withdrawn(intake: Any, sent: dict[str, Any]) -> None:
    answer = await intake.public.post(
        f"/api/v1/reports/{sent['tracking_number']}/withdrawal",
        headers={
            "X-Tracking-Secret": sent["tracking_secret"],
            "Idempotency-Key": secrets.token_hex(16),
        },
    )
    assert answer.status_code == 201, answer.text


async def test_what_is_hidden_elsewhere_other_or_ended_is_not_found(intake: Any, told: Any) -> None:
    shown = [await intake.accepted(), await intake.accepted(category=None)]
    await intake.accepted(confidential=True)
    await intake.accepted(kind="whistleblowing")
    await intake.accepted(kind="aspiration")
    await intake.accepted(category="trees")
    await intake.accepted(location={"lat": 3.60, "lon": 98.68})
    # in the same box, on the other side of a cell's edge
    shown.append(await intake.accepted(location={"lat": 3.5910, "lon": 98.6722}))
    shown.append(await intake.accepted(location={"lat": 3.5882, "lon": 98.6752}))
    await intake.accepted(location=None)
    gone, solved, back = [await intake.accepted() for _ in range(3)]
    await erase.erase(intake.pool, SERVICE, gone["id"], NOW)
    values = {
        "complaint_id": str(solved["id"]), "tracking_number": solved["tracking_number"],
        "kind": "complaint", "state": CaseState.RESOLVED, "owner": "sdabmbk", "anonymous": False,
        "confidential": False, "received_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    body = CaseResolved(case=Case.model_validate(values), by="sdabmbk")
    await told.by(CASES, (1, NOW, body, str(solved["id"])))
    await withdrawn(intake, back)
    assert await found(intake) == {each["tracking_number"] for each in shown}


async def test_the_index_of_cells_finds_them_among_many(intake: Any) -> None:
    pool = intake.pool
    await pool.execute(FILL, NOW, MADE)
    await pool.execute(EVENTS, NOW, MADE, REPORTS, json.dumps(BODY))
    await pool.execute(STEPS, NOW - timedelta(days=1), MADE, CASES)
    await pool.execute("vacuum analyze")
    arguments = nearby.arguments(CENTRE.box(), {"roads"})
    plan = await pool.fetchval("explain (analyze, format json) " + nearby.NEARBY, *arguments)
    nodes = list(_nodes(json.loads(plan)[0]["Plan"]))
    assert [each for each in nodes if each["Node Type"] == "Seq Scan"] == []
    scans = [each for each in nodes if each.get("Index Name") == "report_cell"]
    assert scans, plan
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        rows = await nearby.within(pool, CENTRE.box(), {"roads"})
        taken.append((time.perf_counter() - began) * 1000)
    assert rows
    text = await pool.fetch("explain (analyze, costs off) " + nearby.NEARBY, *arguments)
    print("\n".join(row[0] for row in text))
    print(f"{statistics.median(taken):.1f} ms, {len(rows)} rows")
    assert statistics.median(taken) < LONGEST_MS


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
