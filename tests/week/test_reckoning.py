"""The second opinion itself, against days that a person counted on a wall calendar."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.week.almanac import Almanac
from tests.week.reckoning import Alarm, Reckoning

MEDAN = Path(__file__).parents[2] / "deploy/city/medan"


@pytest.fixture(scope="module")
def almanac() -> Almanac:
    return Almanac(MEDAN)


def wib(almanac: Almanac, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=almanac.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        # Mon 16 is a cuti bersama, Tue 17 Imlek; Thu 19 is Ramadan's first day
        ("2026-02-13 15:10", 1, "2026-02-18 16:00"),
        ("2026-02-13 15:10", 3, "2026-02-20 15:30"),
        ("2026-02-17 23:59", 5, "2026-02-24 15:00"),
        # Nyepi and Idul Fitri, each with its days beside it: 18 to 24 March
        ("2026-03-17 09:00", 1, "2026-03-25 16:00"),
    ],
)
def test_terms_end_where_a_person_counts_them(
    almanac: Almanac, start: str, days: int, due: str
) -> None:
    assert almanac.term(wib(almanac, start), days) == wib(almanac, due)


def test_half_of_the_working_time_is_hours_not_days(almanac: Almanac) -> None:
    # from Wed 18 Feb 07:30 to Fri 20 Feb 15:30: 7.5 + 6.5 + 6.5 hours
    start, end = wib(almanac, "2026-02-18 07:30"), wib(almanac, "2026-02-20 15:30")
    worked = almanac.worked(start, end)
    assert worked.total_seconds() == 20.5 * 3600
    # 10.25 hours: Wednesday's 7.5, and 2.75 after Thursday 08:00
    assert almanac.back(end, worked / 2) == wib(almanac, "2026-02-19 10:45")


def test_a_case_of_a_week_by_hand(almanac: Almanac) -> None:
    case = Reckoning(almanac, wib(almanac, "2026-02-13 15:10"), "complaint", "roads")
    case.owned(wib(almanac, "2026-02-13 15:10"))
    assert case.next_at() is not None
    at = wib(almanac, "2026-02-24 15:00")  # the fifth working day ends
    found = case.pass_time(at)
    assert Alarm("escalated", "first_response", "officer") in found
    assert case.next_at() != at
    case.accepted(at)
    case.asked(wib(almanac, "2026-02-25 09:00"))
    assert case.waits_until == wib(almanac, "2026-03-04 15:00")
    due = case.due_dates["resolution"]
    assert case.pass_time(wib(almanac, "2026-03-04 15:00"))[0] == Alarm("resumed")
    assert case.due_dates["resolution"] == almanac.term(due, 5)
