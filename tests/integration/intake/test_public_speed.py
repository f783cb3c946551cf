"""Lists of public reports stay quick: 50,000 reports of 50 days, four steps each.

    .venv/bin/pytest -s tests/integration/intake/test_public_speed.py

prints the milliseconds of each list, and fails where a plan reads more than its page.
"""

import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mrk_intake.domain.public import CLOSED, OPEN, Box, Wanted
from mrk_intake.store import public
from mrk_schemas.ids import DistrictCode
from mrk_schemas.registry import CASES, REPORTS

REPORTS_MADE = 50_000
NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
EVER = (NOW - timedelta(days=90), NOW + timedelta(days=1))
TIMES = 9

# every tenth is confidential, every fiftieth whistle-blowing; the older half is resolved
MADE = """
insert into report (id, tracking_number, request, kind, category, anonymous, confidential, locale,
    emergency, subdistrict, district, received_at, spot)
select uuid_of(n), 'N' || n, int8send(n), case when n % 50 = 0 then 'whistleblowing' else
    'complaint' end, (array['roads', 'floods', 'drainage', 'trees', 'parks', 'others'])[1 + n % 6],
    false, n % 10 = 0, 'id', false, '12.71.05.1003', '12.71.' || lpad((1 + n % 21)::text, 2, '0'),
    $1::timestamptz - n * interval '86 seconds',
    point(98.60 + (n % 140) * 0.001, 3.50 + (n * 37 % 281) * 0.001)
from generate_series(1, $2::bigint) n
"""
EVENTS = """
insert into report_event (key, version, topic, id, type, time, body)
select uuid_of(n)::text, 1, $3, uuid_of(n), 'id.go.medan.report.received.v1', $1,
    convert_to(replace($4, 'NUMBER', 'N' || n), 'UTF8')
from generate_series(1, $2::bigint) n
"""
STEPS = """
insert into timeline (complaint, topic, sequence, type, at, state, detail)
select uuid_of(n), case when s.state is null then 'complaint.mirrors.v1' else $3 end, s.sequence,
    s.type, $1::timestamptz - n * interval '86 seconds' + s.sequence * interval '1 minute',
    case when s.state = 'resolved' and n <= $2 / 2 then 'in_progress' else s.state end, s.detail
from generate_series(1, $2::bigint) n cross join (values
    (1, 'assigned', 'assigned',
        '{"agency": "sdabmbk", "agency_name": "Dinas", "due_at": "2026-03-22T03:04:05Z"}'::jsonb),
    (1, 'mirrored', null, '{"national_id": "9001"}'),
    (2, 'accepted', 'accepted', '{"agency": "sdabmbk"}'),
    (3, 'resolved', 'resolved', '{"agency": "sdabmbk"}')) s (sequence, type, state, detail)
"""
UUID_OF = """
create function uuid_of(n bigint) returns uuid immutable language sql
as $$ select md5(n::text)::uuid $$
"""
BODY = {
    "report": {
        "complaint_id": "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01",
        "tracking_number": "NUMBER",
        "kind": "complaint",
        "category": "roads",
        "text": "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini. " * 3,
        "place": {"lat": 3.5897, "lon": 98.6738, "subdistrict": "12.71.05.1003"},
        "anonymous": False,
        "confidential": False,
        "received_at": "2026-03-02T03:04:05Z",
    }
}

LISTS = {
    "newest 50": Wanted(*EVER, most=50),
    "newest 1,000": Wanted(*EVER, most=1000),
    "page 20 of 50": Wanted(*EVER, most=50, skip=950),
    "one category": Wanted(*EVER, categories=("parks",)),
    "one kecamatan": Wanted(*EVER, districts=(DistrictCode("12.71.11"),)),
    "open": Wanted(*EVER, states=OPEN),
    "closed, the newest half is open": Wanted(*EVER, states=CLOSED),
    "in triage: none": Wanted(*EVER, states=frozenset({"triage"})),
    "a box of a hundredth of the city": Wanted(*EVER, box=Box(3.60, 98.64, 3.628, 98.654)),
}
# what a page may take here, in milliseconds: many times what one machine took (see the docs)
LONGEST_MS = {"newest 1,000": 400, "in triage: none": 1500, "closed, the newest half is open": 800}
USUAL_MS = 100


@pytest.fixture
async def many(intake: Any) -> Any:
    pool = intake.pool
    await pool.execute(UUID_OF)
    await pool.execute(MADE, NOW, REPORTS_MADE)
    await pool.execute(EVENTS, NOW, REPORTS_MADE, REPORTS, json.dumps(BODY))
    await pool.execute(STEPS, NOW, REPORTS_MADE, CASES)
    await pool.execute("vacuum analyze")
    return pool


async def test_a_page_is_quick_among_many(many: Any) -> None:
    await _reads_its_rows_alone(many)
    for name, wanted in LISTS.items():
        taken = []
        for _ in range(TIMES):
            began = time.perf_counter()
            found = await public.page(many, wanted)
            taken.append((time.perf_counter() - began) * 1000)
        assert len(found) == (0 if "none" in name else wanted.most), name
        middle = statistics.median(taken)
        print(f"{name:36} {middle:7.1f} ms, {len(found)} rows")
        assert middle < LONGEST_MS.get(name, USUAL_MS), name
    began = time.perf_counter()
    changes = await public.changes(many, NOW - timedelta(days=1), NOW, most=50)
    print(f"{'50 updates of a day':36} {(time.perf_counter() - began) * 1000:7.1f} ms")
    assert len(changes) == 50


async def _reads_its_rows_alone(many: Any) -> None:
    arguments = (REPORTS, *EVER, None, None, None, None, 50, 0)
    plan = await many.fetchval("explain (analyze, format json) " + public.PAGE, *arguments)
    nodes = list(_nodes(json.loads(plan)[0]["Plan"]))
    scans = [node for node in nodes if node.get("Index Name") == "report_public"]
    assert [node["Actual Rows"] for node in scans] == [50], plan
    sequential = [node for node in nodes if node["Node Type"] == "Seq Scan"]
    assert sequential == []


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
