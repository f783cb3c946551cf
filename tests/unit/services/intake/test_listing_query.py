"""The filters of a list in its address, and the phase of a report."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack, load_pack
from mrk_intake.domain.listing import Mark, Phase, listed, phase_of
from mrk_intake.domain.listing_query import (
    AFTER,
    BEFORE,
    FILTERS,
    SORT,
    VIEW,
    Query,
    read,
    write_mark,
)
from mrk_intake.domain.public import CLOSED, OPEN
from mrk_intake.domain.timeline import Placed, Step
from mrk_intake.http.web.list_faults import TEXTS, wrong_filters
from mrk_schemas.cases import Ending
from mrk_schemas.registry import CASES, REPORTS

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
KNOWN = (SORT, VIEW, AFTER, BEFORE)
NUMBER = "HT5-EHQ-YG4"


@pytest.fixture(scope="module")
def pack() -> CityPack:
    return load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")


def asked(pack: CityPack, query: str) -> Query:
    return read(parse_qsl(query, keep_blank_values=True), pack, NOW, others=KNOWN)


def test_days_are_the_citys_and_whole(pack: CityPack) -> None:
    query = asked(pack, "dari=2026-03-01&sampai=2026-03-02")
    assert query.filters.since == datetime(2026, 2, 28, 17, tzinfo=UTC)
    assert query.filters.until == datetime(2026, 3, 2, 17, tzinfo=UTC)
    # the city's day begins before the world's
    assert not asked(pack, "dari=2026-03-02").faults
    assert asked(pack, "dari=2026-03-03").faults


def test_a_neighbouring_list_begins_at_its_beginning(pack: CityPack) -> None:
    mark = write_mark(Mark(NOW, NUMBER))
    query = asked(pack, f"kata=lubang&status=terbuka&sesudah={mark}&fbclid=x")
    assert not query.faults
    assert query.after == Mark(NOW, NUMBER)
    assert query.unknown == ("fbclid",)
    assert query.address(status=None, kecamatan="12.71.01") == [
        ("kata", "lubang"),
        ("kecamatan", "12.71.01"),
    ]


@given(st.datetimes(datetime(1970, 1, 1), datetime(2286, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis adds the zone
def test_a_mark_is_read_as_it_was_written(pack: CityPack, at: datetime) -> None:
    query = asked(pack, urlencode({BEFORE: write_mark(Mark(at, NUMBER))}))
    assert (query.faults, query.before) == ((), Mark(at, NUMBER))


@given(
    st.lists(
        st.tuples(
            st.sampled_from((*FILTERS, *KNOWN)) | st.text(max_size=8),
            st.text(max_size=120)
            | st.sampled_from(("roads", "12.71.05", "terbuka", "tenggat", "peta", "2026-03-01"))
            | st.from_regex(r"\d{1,17}\.[0-9A-Z-]{11}", fullmatch=True),
        ),
        max_size=6,
    )
)
def test_whatever_is_asked_is_read_or_told(pack: CityPack, pairs: list[tuple[str, str]]) -> None:
    query = read(pairs, pack, NOW, others=KNOWN)
    said = {name for name, value in pairs if value.strip()}
    # nothing is ignored: it is a filter, a fault, or named as unknown
    assert {name[:40] for name in said} == set(query.given) | set(query.unknown)
    for wrong in wrong_filters(query.faults).values():
        assert wrong.message % wrong.values


def test_every_fault_has_two_sentences() -> None:
    for text in TEXTS.values():
        assert text.endswith(".")


@pytest.mark.parametrize("state", sorted(OPEN | CLOSED | {"disputed"}))
def test_every_state_has_a_phase_that_agrees_with_open_and_closed(state: str) -> None:
    phase = phase_of(state)
    solved = {Phase.SOLVED, Phase.WITHDRAWN}
    assert (phase in solved) is (state in CLOSED)
    assert (phase is Phase.WITHDRAWN) is (state == Ending.WITHDRAWN.value)


def test_a_report_is_listed_as_its_page_tells_it() -> None:
    due = NOW + timedelta(days=20)
    clock = {"clock": "resolution", "due_at": due.isoformat(), "derivation": "14 hari"}
    detail = {"agency": "sdabmbk", "deadlines": [clock]}
    steps = [Placed(CASES, 1, Step("assigned", NOW, "assigned", detail))]
    assert listed(NOW, []).phase is Phase.WAITING
    assert (listed(NOW, steps).phase, listed(NOW, steps).due_at) == (Phase.WORKING, due)
    # the clock stands still while its reporter is asked: it is neither due nor late
    asked = [*steps, Placed(CASES, 2, Step("asked", NOW, "waiting", {"agency": "sdabmbk"}))]
    assert (listed(NOW, asked).phase, listed(NOW, asked).due_at) == (Phase.WORKING, None)
    steps.append(Placed(CASES, 2, Step("resolved", NOW, "resolved", {"agency": "sdabmbk"})))
    assert listed(NOW, steps).phase is Phase.SOLVED
    # a dispute counts from the moment at which it was stored
    steps.append(Placed(REPORTS, 2, Step("disputed", NOW, "disputed", {})))
    assert (listed(NOW, steps).phase, listed(NOW, steps).due_at) == (Phase.WORKING, due)
