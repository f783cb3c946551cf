from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack, load_pack

WIB = ZoneInfo("Asia/Jakarta")

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


def _wib(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=WIB)  # type: ignore[arg-type,misc]  # year to minute


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (_wib(2026, 12, 4, 15, 10), 3, _wib(2026, 12, 9, 16, 0)),
        (_wib(2026, 12, 5, 9, 0), 3, _wib(2026, 12, 9, 16, 0)),  # a Saturday
        (_wib(2026, 12, 4, 23, 50), 1, _wib(2026, 12, 7, 16, 0)),
        (_wib(2026, 12, 3, 8, 0), 1, _wib(2026, 12, 4, 16, 30)),  # Fridays end later
        (_wib(2026, 3, 2, 8, 0), 1, _wib(2026, 3, 3, 15, 0)),  # Ramadan
        (_wib(2026, 3, 17, 8, 0), 1, _wib(2026, 3, 25, 16, 0)),  # Nyepi and Idul Fitri
        (_wib(2026, 12, 23, 8, 0), 5, _wib(2027, 1, 4, 16, 0)),  # over the year's end
        (_wib(2026, 12, 4, 9, 0), 0, _wib(2026, 12, 4, 16, 30)),
        (_wib(2026, 12, 4, 16, 30), 0, _wib(2026, 12, 7, 16, 0)),
    ],
)
def test_terms_of_working_days(pack: CityPack, start: datetime, days: int, due: datetime) -> None:
    found = pack.calendar.add_working_days(start, days)
    assert found.at == due
    assert found.at.tzinfo is UTC


@given(start=MOMENTS, days=st.integers(1, 30))
def test_a_term_has_as_many_working_days_as_are_counted(
    pack: CityPack, start: datetime, days: int
) -> None:
    calendar = pack.calendar
    end = calendar.add_working_days(start, days).at
    assert calendar.working_days(start, end) == days
    assert calendar.working_days(end, start) == calendar.working_days(start, start) == 0


def test_the_local_date_counts_not_utc(pack: CityPack) -> None:
    # Monday 02:00 WIB is still Sunday in UTC.
    start = datetime(2026, 12, 6, 19, 0, tzinfo=UTC)
    assert pack.calendar.add_working_days(start, 1).at == _wib(2026, 12, 8, 16, 0)


def test_the_derivation_names_start_and_holidays(pack: CityPack) -> None:
    due = pack.calendar.add_working_days(_wib(2026, 8, 14, 15, 10), 3)
    assert due.derivation == (
        "3 working days from Fri 14 Aug 15:10;"
        " 17 Aug is a holiday (Hari Kemerdekaan Republik Indonesia)"
    )
    assert due.explain("id") == (
        "3 hari kerja sejak Jum 14 Agu 15:10; 17 Agu libur (Hari Kemerdekaan Republik Indonesia)"
    )
    assert due.skipped == ((date(2026, 8, 17), "Hari Kemerdekaan Republik Indonesia"),)


@given(a=MOMENTS, b=MOMENTS, days=st.integers(0, 60), more=st.integers(0, 5))
def test_later_starts_and_longer_terms_are_never_due_earlier(
    pack: CityPack, a: datetime, b: datetime, days: int, more: int
) -> None:
    early, late = sorted((a, b))
    calendar = pack.calendar
    due = calendar.add_working_days(early, days).at
    assert early < due
    assert due <= calendar.add_working_days(late, days).at
    assert due <= calendar.add_working_days(early, days + more).at


@given(start=MOMENTS, days=st.integers(1, 30))
def test_a_term_holds_exactly_its_working_days(pack: CityPack, start: datetime, days: int) -> None:
    due = pack.calendar.add_working_days(start, days)
    day, last = start.astimezone(WIB).date(), due.at.astimezone(WIB).date()
    between = [day + timedelta(days=n) for n in range(1, (last - day).days + 1)]
    assert sum(map(pack.calendar.is_working_day, between)) == days


@given(a=MOMENTS, b=MOMENTS, c=MOMENTS)
def test_working_time_adds_up(pack: CityPack, a: datetime, b: datetime, c: datetime) -> None:
    first, second, third = sorted((a, b, c))
    # A month is enough to show it, and quick.
    second = min(second, first + timedelta(days=30))
    third = min(third, second + timedelta(days=30))
    clock = pack.calendar.working_time
    assert clock(first, second) + clock(second, third) == clock(first, third)
    assert clock(third, first) == timedelta()


def test_a_week_has_37_and_a_half_hours(pack: CityPack) -> None:
    week = pack.calendar.working_time(_wib(2026, 11, 2), _wib(2026, 11, 9))
    assert week == timedelta(hours=37, minutes=30)


def test_a_week_of_ramadan_has_32_and_a_half_hours(pack: CityPack) -> None:
    week = pack.calendar.working_time(_wib(2026, 3, 2), _wib(2026, 3, 9))
    assert week == timedelta(hours=32, minutes=30)


@pytest.mark.parametrize(
    ("at", "working"),
    [
        (_wib(2026, 12, 4, 7, 29), False),
        (_wib(2026, 12, 4, 7, 30), True),
        (_wib(2026, 12, 4, 12, 30), False),  # the break
        (_wib(2026, 12, 4, 16, 30), False),
        (_wib(2026, 12, 5, 10, 0), False),
        (_wib(2026, 8, 17, 10, 0), False),
    ],
)
def test_working_hours(pack: CityPack, at: datetime, *, working: bool) -> None:
    assert pack.calendar.is_working_time(at) is working


def test_the_citys_table_wins_over_the_package(medan: Path, tmp_path: Path, pack: CityPack) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    for file in filter(Path.is_file, medan.iterdir()):
        (folder / file.name).write_bytes(file.read_bytes())
    text = (folder / "calendar.yaml").read_text(encoding="utf-8")
    text += (
        "  - {date: 2026-12-09, holiday: true, name: {id: Pemilihan, en: Election}, source: x}\n"
        "  - {date: 2026-12-24, holiday: false, name: {id: Kerja, en: Work}, source: x}\n"
    )
    (folder / "calendar.yaml").write_text(text, encoding="utf-8")
    calendar = load_pack(folder).calendar
    assert calendar.holiday(date(2026, 12, 9)) == "Pemilihan"
    assert pack.calendar.holiday(date(2026, 12, 9)) is None
    assert calendar.is_working_day(date(2026, 12, 24))
    assert not pack.calendar.is_working_day(date(2026, 12, 24))
    due = calendar.add_working_days(_wib(2026, 12, 4, 15, 10), 3)
    assert due.derivation.endswith("9 Dec is a holiday (Pemilihan)")


# SKB 3 Menteri 1497/2, 5/2025: cuti bersama of 2026.
@pytest.mark.parametrize(
    ("month", "day"),
    [(2, 16), (3, 18), (3, 20), (3, 23), (3, 24), (5, 15), (5, 28), (12, 24)],
)
def test_cuti_bersama_of_2026_does_not_count(pack: CityPack, month: int, day: int) -> None:
    assert not pack.calendar.is_working_day(date(2026, month, day))


def test_wrong_questions_are_refused(pack: CityPack) -> None:
    with pytest.raises(ValueError, match="time zone"):
        pack.calendar.add_working_days(datetime(2026, 1, 1), 1)  # noqa: DTZ001  # the point
    with pytest.raises(ValueError, match="-1 days"):
        pack.calendar.add_working_days(_wib(2026, 1, 1), -1)


def _by_the_day(pack: CityPack, start: datetime, end: datetime) -> timedelta:
    """Working time added up day by day."""
    calendar, total = pack.calendar, timedelta()
    first, last = start.astimezone(calendar.zone), end.astimezone(calendar.zone)
    day = first.date()
    while day <= last.date():
        shift = calendar.shift(day)
        for opens, closes in shift.parts() if shift else ():
            begins = max(first, datetime.combine(day, opens, calendar.zone))
            ends = min(last, datetime.combine(day, closes, calendar.zone))
            total += max(ends - begins, timedelta())
        day += timedelta(days=1)
    return total


@given(a=MOMENTS, b=MOMENTS)
def test_working_time_is_that_of_each_day(pack: CityPack, a: datetime, b: datetime) -> None:
    start, end = sorted((a, b))
    end = min(end, start + timedelta(days=400))
    assert pack.calendar.working_time(start, end) == _by_the_day(pack, start, end)


@given(end=MOMENTS, amount=st.timedeltas(timedelta(), timedelta(hours=600)))
def test_so_much_working_time_is_left(pack: CityPack, end: datetime, amount: timedelta) -> None:
    at = pack.calendar.working_time_left(end, amount)
    assert pack.calendar.working_time(at, end) == amount
    # it is the first such moment: just before it, work was done
    assert pack.calendar.working_time(at - timedelta(microseconds=1), end) > amount


def test_half_of_a_term_is_half_of_its_hours(pack: CityPack) -> None:
    calendar = pack.calendar
    start = datetime(2026, 12, 4, 8, 10, tzinfo=UTC)  # Friday, 15:10
    due = calendar.add_working_days(start, 3).at
    half = calendar.working_time_left(due, calendar.working_time(start, due) / 2)
    # 1 h 20 min on Friday, then three days of 7 h 30 min: 23 h 50 min, of which half is past
    # 10 h 35 min on Monday and Tuesday
    assert half == datetime(2026, 12, 8, 3, 35, tzinfo=UTC)
    with pytest.raises(ValueError, match="negative"):
        calendar.working_time_left(due, timedelta(hours=-1))
