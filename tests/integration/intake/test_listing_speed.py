"""The public list finds by index: 100,000 reports of 100 days.

    .venv/bin/pytest -s tests/integration/intake/test_listing_speed.py

prints the plan's index and the milliseconds of each list, and fails where one reads a table.
"""

import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mrk_intake.domain.listing import Filters, Mark, Sort, Status
from mrk_intake.store import listing
from mrk_schemas.ids import CategoryCode, DistrictCode, SubdistrictCode, TrackingNumber
from mrk_schemas.reports import Kind

REPORTS_MADE = 100_000
NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
MOST = 25

# a fiftieth waits, a tenth is being worked on, a hundredth was taken back, the rest is solved;
# every word of the pool in a report of its own share: "lubang" in a third, "ambulans" in 1 of 5,000
MADE = """
insert into listing (complaint, number, kind, category, district, subdistrict, received_at, phase,
    due_at)
select md5(n::text)::uuid, 'N' || lpad(n::text, 8, '0'),
    case when n % 40 = 0 then 'information' when n % 9 = 0 then 'aspiration' else 'complaint' end,
    (array['roads', 'floods', 'drainage', 'trees', 'parks', 'others'])[1 + n % 6],
    '12.71.' || lpad((1 + n % 21)::text, 2, '0'),
    '12.71.' || lpad((1 + n % 21)::text, 2, '0') || '.' || (1001 + n / 21 % 7)::text,
    $1::timestamptz - n * interval '86 seconds',
    case when n % 50 = 0 then 'waiting' when n % 10 = 1 then 'working'
        when n % 100 = 2 then 'withdrawn' else 'solved' end,
    $1::timestamptz - n * interval '86 seconds' + interval '20 days'
from generate_series(1, $2::bigint) n
"""
SAID = """
insert into listing_words (complaint, words)
select md5(n::text)::uuid, words_of(concat_ws(' ', 'Laporan warga nomor', n,
    'mengenai keadaan di lingkungan kami', case when n % 3 = 0 then 'jalan berlubang' end,
    case when n % 5000 = 7 then 'ambulans terhalang' end, 'gang', n % 997, 'mohon ditangani'))
from generate_series(1, $1::bigint) n
"""

LISTS: dict[str, tuple[Filters, str]] = {
    "everything, newest": (Filters(), "listing_newest"),
    "category": (Filters(category=CategoryCode("parks")), "listing_category"),
    "kecamatan": (Filters(district=DistrictCode("12.71.11")), "listing_district"),
    "kelurahan": (Filters(subdistrict=SubdistrictCode("12.71.11.1003")), "listing_subdistrict"),
    "kind": (Filters(kind=Kind.INFORMATION), "listing_kind"),
    "open": (Filters(status=Status.OPEN), "listing_open"),
    "waiting": (Filters(status=Status.WAITING), "listing_phase"),
    "in progress": (Filters(status=Status.WORKING), "listing_phase"),
    "solved": (Filters(status=Status.SOLVED), "listing_phase"),
    "late": (Filters(status=Status.LATE), "listing_open listing_due"),
    "ten days": (Filters(since=NOW - 50 * DAY, until=NOW - 40 * DAY), "listing_newest"),
    "a rare word": (Filters(words="ambulans"), "listing_said"),
    "two words, one common": (Filters(words="lubang gang 77"), "listing_said"),
    "a word of a third of all": (Filters(words="lubang"), "listing_said listing_newest"),
    "due soonest": (Filters(sort=Sort.DUE), "listing_due"),
    "longest open": (Filters(sort=Sort.OLDEST_OPEN), "listing_open"),
    "kecamatan, open, due soonest": (
        Filters(district=DistrictCode("12.71.11"), status=Status.OPEN, sort=Sort.DUE),
        "listing_due listing_district",
    ),
    "kecamatan and category": (
        Filters(district=DistrictCode("12.71.11"), category=CategoryCode("parks")),
        "listing_district listing_category",
    ),
}
DEEP = Mark(NOW - 90 * DAY, TrackingNumber("N00090000"))


@pytest.fixture
async def many(intake: Any) -> Any:
    began = time.perf_counter()
    await intake.pool.execute(MADE, NOW, REPORTS_MADE)
    rows = time.perf_counter()
    await intake.pool.execute(SAID, REPORTS_MADE)
    said = time.perf_counter()
    each = 1_000_000 / REPORTS_MADE
    print(f"\nlisted: {(rows - began) * each:.0f} us a report, words {(said - rows) * each:.0f} us")
    await intake.pool.execute("vacuum analyze listing, listing_words")
    return intake.pool


async def test_lists_of_100_000_reports(many: Any) -> None:
    await _every_list_is_found_by_an_index(many)
    await _the_map_counts_the_newest_alone(many)
    await _pages_meet_without_a_gap(many)


async def _every_list_is_found_by_an_index(many: Any) -> None:
    deep = {"page 3,600 of everything": (Filters(), "listing_newest")}
    for name, (filters, indexes) in (LISTS | deep).items():
        after = DEEP if name in deep else None
        statement, values = listing.asked(filters, NOW, after=after, most=MOST + 1)
        explained = await many.fetchval(f"explain (analyze, format json) {statement}", *values)
        (plan,) = json.loads(explained)
        nodes = list(_nodes(plan["Plan"]))
        used = {node["Index Name"] for node in nodes if "Index Name" in node}
        assert used & set(indexes.split()), (name, explained)
        assert not [node for node in nodes if node["Node Type"] == "Seq Scan"], (name, explained)
        began = time.perf_counter()
        found = await listing.page(many, filters, NOW, after=after, most=MOST)
        page_ms = (time.perf_counter() - began) * 1000
        began = time.perf_counter()
        counted = await listing.count(many, filters, NOW, 1000)
        count_ms = (time.perf_counter() - began) * 1000
        print(
            f"{name:32} {', '.join(sorted(used)):38} page {page_ms:6.1f} ms,"
            f" count {count_ms:6.1f} ms of {counted}"
        )
        assert found.marks, name


async def _the_map_counts_the_newest_alone(many: Any) -> None:
    began = time.perf_counter()
    places = await listing.by_place(many, Filters(), NOW, 20_000)
    print(f"places of the newest 20,000: {(time.perf_counter() - began) * 1000:.1f} ms")
    assert sum(each.reports for each in places) == 20_000
    assert 0 < sum(each.open for each in places) < 20_000


async def _pages_meet_without_a_gap(many: Any) -> None:
    for filters in (Filters(category=CategoryCode("parks")), Filters(sort=Sort.DUE)):
        whole = await listing.page(many, filters, NOW, most=60)
        walked: list[Mark] = []
        for _ in range(3):
            after = walked[-1] if walked else None
            found = await listing.page(many, filters, NOW, after=after, most=20)
            assert found.before is (after is not None)
            assert found.after
            walked += found.marks
        assert walked == list(whole.marks)
        back = await listing.page(many, filters, NOW, before=walked[40], most=20)
        assert list(back.marks) == walked[20:40]
        assert back.before
        first = await listing.page(many, filters, NOW, before=walked[5], most=20)
        assert (list(first.marks), first.before) == (walked[:5], False)


def _nodes(plan: dict[str, Any]) -> Any:
    return itertools.chain([plan], *map(_nodes, plan.get("Plans", ())))
