"""What a list of requests may be asked for, and every reason for which it is refused."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_intake.domain.open311.parameters import Parameters, Refused
from mrk_intake.domain.open311.query import LONGEST, MOST, Query, read_query, read_updates_query
from mrk_intake.domain.public import CLOSED, OPEN
from mrk_intake.http.open311 import texts
from mrk_schemas.cases import CaseState, Ending

NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
CATEGORIES = {"roads", "floods"}


def read(query: str) -> Query:
    return read_query(Parameters(parse_qsl(query, keep_blank_values=True)), CATEGORIES, NOW, ZONE)


def faults(query: str) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        read(query)
    for fault in caught.value.faults:
        assert fault.status == 400
        told = {texts.told(fault, language) for language in ("id", "en")}
        assert len(told) == 2
        assert not [each for each in told if "{" in each or "…" in each]
    return {(each.parameter, each.type) for each in caught.value.faults}


def test_every_state_of_a_case_is_open_or_closed() -> None:
    """A new state must be put in one of the two before it can be released."""
    states = {state.value for state in (*CaseState, *Ending)}
    assert states | {"received", "waiting"} == OPEN | CLOSED
    assert not OPEN & CLOSED


def test_without_a_range_the_last_90_days_or_1000_rows() -> None:
    wanted = read("").wanted
    assert (wanted.since, wanted.most, wanted.skip) == (NOW - LONGEST, MOST, 0)
    assert wanted.until > NOW
    assert read("page=20&page_size=50").wanted.most == 50
    assert read("page=21&page_size=50").wanted.most == 0
    assert read("page=2&page_size=900").wanted.most == 100
    ranged = read("start_date=2026-01-01T00:00:00Z&page=21&page_size=50").wanted
    assert (ranged.skip, ranged.most) == (1000, 50)
    assert read("page=2").wanted.most == 50


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("start_date=2026-01-01", "2026-01-01T00:00:00+07:00", "2026-04-01T00:00:00+07:00"),
        ("end_date=2026-04-01", "2026-01-02T00:00:00+07:00", "2026-04-02T00:00:00+07:00"),
        (
            "start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2026-04-01T00:00:01Z",
        ),
        (
            "start_date=2026-01-01T00:00:00+07:00&end_date=2026-01-01T00:00:00%2B07:00",
            "2026-01-01T00:00:00+07:00",
            "2026-01-01T00:00:01+07:00",
        ),
    ],
)
def test_ranges(query: str, since: str, until: str) -> None:
    wanted = read(query).wanted
    assert wanted.since == datetime.fromisoformat(since)
    assert wanted.until == datetime.fromisoformat(until)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("start_date=yesterday", {("start_date", "instant")}),
        ("start_date=2026-01-01T00:00:00", {("start_date", "instant")}),
        ("end_date=0001-01-01", {("end_date", "instant")}),
        ("end_date=9999-12-31", {("end_date", "instant")}),
        ("start_date=2026-02-02&end_date=2026-02-01", {("end_date", "range_order")}),
        ("start_date=2026-01-01&end_date=2026-04-02", {("end_date", "range_long")}),
        (
            "start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z",
            {("end_date", "range_long")},
        ),
        ("status=pending", {("status", "status")}),
        ("status=open,done", {("status", "status")}),
        ("service_code=roads,nonsense", {("service_code", "service_unknown")}),
        ("page=0", {("page", "whole")}),
        ("page=-1", {("page", "whole")}),
        ("page_size=1001", {("page_size", "whole")}),
        ("page_size=ten", {("page_size", "whole")}),
        ("extensions=perhaps", {("extensions", "flag")}),
        ("page=1&page=2", {("page", "repeated")}),
        ("service_request_id=7K3-Q9W-XT1", {("service_request_id", "number")}),
        (
            "start_date=x&end_date=y&status=z&service_code=q&page=p&page_size=0&extensions=e",
            {
                ("start_date", "instant"),
                ("end_date", "instant"),
                ("status", "status"),
                ("service_code", "service_unknown"),
                ("page", "whole"),
                ("page_size", "whole"),
                ("extensions", "flag"),
            },
        ),
    ],
)
def test_every_wrong_parameter_is_named(query: str, wrong: set[tuple[str, str]]) -> None:
    assert faults(query) == wrong


def test_filters() -> None:
    assert read("status=open,closed").wanted.states is None
    assert read("status=open").wanted.states == OPEN
    assert read("status=CLOSED&status=closed").wanted.states == CLOSED
    assert read("service_code=roads,floods&service_code=roads").wanted.categories == (
        "roads",
        "floods",
    )
    assert read("status=&service_code=&jurisdiction_id=medan.go.id").wanted.states is None
    assert read("extensions=true").extensions


def test_ids_override_everything_else() -> None:
    found = read("service_request_id=000-000-000, 000 000 000&status=gone&page=x")
    assert found.numbers == ("000-000-000",)


def test_updates_are_asked_for_the_same_way() -> None:
    parameters = Parameters([("service_request_id", "000-000-000"), ("page_size", "5")])
    found = read_updates_query(parameters, NOW, ZONE)
    assert (found.numbers, found.rows.most) == (("000-000-000",), 5)
    assert found.range.since == NOW - timedelta(days=90)
    with pytest.raises(Refused) as caught:
        read_updates_query(Parameters([("start_date", "x"), ("page", "x")]), NOW, ZONE)
    assert [each.parameter for each in caught.value.faults] == ["start_date", "page"]


NAMES = st.sampled_from(
    ["start_date", "end_date", "status", "service_code", "page", "page_size", "extensions",
     "service_request_id", "other"]
)  # fmt: skip


@given(st.lists(st.tuples(NAMES, st.text(max_size=40)), max_size=8))
def test_whatever_is_asked_is_answered_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        found = read_query(Parameters(pairs), CATEGORIES, NOW, ZONE)
    except Refused:
        return
    assert 0 <= found.wanted.most <= MOST
    assert found.wanted.until - found.wanted.since <= LONGEST + timedelta(days=1)
