"""The working calendar: which days and hours count, and when a term of working days ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mrk_city.working_time import WorkingTime

_DAY = timedelta(days=1)
_LONGEST_BREAK = 60
"""More days in a row without work than any calendar has: a pack that never works is a mistake."""

_SHORT = {
    "en": (
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ),
    "id": (
        ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min"),
        ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    ),
}


@dataclass(frozen=True, slots=True)
class Shift:
    """One day's working time, local; the break does not count."""

    start: time
    end: time
    break_start: time
    break_end: time
    line: int = 0

    def parts(self) -> tuple[tuple[time, time], tuple[time, time]]:
        """Before and after the break."""
        return (self.start, self.break_start), (self.break_end, self.end)


@dataclass(frozen=True, slots=True)
class Hours:
    """The week's shifts by weekday (Monday 0) from the day ``since``."""

    since: date
    shifts: Mapping[int, Shift]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Period:
    """Days in a row, ``last`` included."""

    first: date
    last: date
    line: int = 0


@dataclass(frozen=True, slots=True)
class Override:
    """The city's own word on a day, above the holiday package's."""

    day: date
    holiday: bool
    names: Mapping[str, str]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """When a term ends (UTC), and why then.

    ``skipped`` are the holidays on weekdays that did not count, with their local names.
    """

    at: datetime
    start: datetime
    days: int
    skipped: tuple[tuple[date, str], ...]

    @property
    def derivation(self) -> str:
        """The reckoning in English, dates in local time."""
        return self.explain("en")

    def explain(self, locale: str) -> str:
        """The reckoning in ``id`` or ``en``, dates in local time."""
        weekdays, _ = _SHORT[locale]
        origin = (
            f"{weekdays[self.start.weekday()]} {short_day(self.start, locale)} {self.start:%H:%M}"
        )
        if locale == "id":
            told = f"{self.days} hari kerja sejak {origin}"
            off = [f"{short_day(day, locale)} libur ({name})" for day, name in self.skipped]
        else:
            told = f"{self.days} working day{'' if self.days == 1 else 's'} from {origin}"
            off = [f"{short_day(day, locale)} is a holiday ({name})" for day, name in self.skipped]
        return "; ".join([told, *off])


def short_day(day: date, locale: str) -> str:
    """A date without its year in ``id`` or ``en``: 9 Mar."""
    return f"{day.day} {_SHORT[locale][1][day.month - 1]}"


@dataclass(frozen=True, slots=True)
class CalendarData:
    """What ``calendar.yaml`` states."""

    country: str
    categories: tuple[str, ...]
    hours: tuple[Hours, ...]
    ramadan_shifts: Mapping[int, Shift]
    ramadan: tuple[Period, ...]
    overrides: tuple[Override, ...]
    line: int = 0


class Calendar:
    """Working days and hours of the city, in its time zone.

    National holidays are loaded for a year when it is first asked for; the first time costs some
    hundred milliseconds (the ``holidays`` package). ``prepare`` pays that at start.
    """

    def __init__(self, data: CalendarData, zone: str, locale: str) -> None:
        self._data = data
        self._zone = ZoneInfo(zone)
        self._locale = locale
        self._overrides = {item.day: item for item in data.overrides}
        self._years: dict[int, dict[date, str]] = {}
        self._worked = WorkingTime(self._parts, self._zone)

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self._zone

    def prepare(self, *years: int) -> None:
        """Load the holidays of ``years`` now instead of at the first question."""
        for year in years:
            self._national(year)

    def _national(self, year: int) -> dict[date, str]:
        known = self._years.get(year)
        if known is None:
            from holidays import country_holidays  # noqa: PLC0415  # half a second to import

            found = country_holidays(
                self._data.country,
                years=year,
                categories=self._data.categories,
                language=self._locale,
            )
            known = self._years[year] = dict(found.items())
        return known

    def holiday(self, day: date) -> str | None:
        """The holiday's name in the city's first language, or None on an ordinary day.

        Names of days whose date is still an estimate end in "(perkiraan)".
        """
        override = self._overrides.get(day)
        if override is not None:
            return override.names[self._locale] if override.holiday else None
        return self._national(day.year).get(day)

    def shift(self, day: date) -> Shift | None:
        """The working time of a day; None when nobody works."""
        if self.holiday(day) is not None:
            return None
        return self._usual(day)

    def _usual(self, day: date) -> Shift | None:
        """The weekday's working time, were it no holiday."""
        if any(period.first <= day <= period.last for period in self._data.ramadan):
            return self._data.ramadan_shifts.get(day.weekday())
        weeks = [week for week in self._data.hours if week.since <= day]
        # Before the first known week its hours are the best guess there is.
        return (weeks[-1] if weeks else self._data.hours[0]).shifts.get(day.weekday())

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this local date."""
        return self.shift(day) is not None

    def is_working_time(self, at: datetime) -> bool:
        """Whether offices work at this moment; ``ValueError`` without a time zone."""
        local = self._local(at)
        shift = self.shift(local.date())
        return shift is not None and any(a <= local.time() < b for a, b in shift.parts())

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments (zone-aware); zero when ``end`` is not later."""
        return self._worked.between(start, end)

    def working_time_left(self, end: datetime, amount: timedelta) -> datetime:
        """The first moment (UTC) from which at most ``amount`` of working time lies before ``end``.

        With a half of a term's working time it is when half of the term has passed: hours count,
        not days, nights or holidays.

        Raises:
            ValueError: ``end`` has no time zone, ``amount`` is negative, or nobody ever works.
        """
        return self._worked.left(end, amount)

    def _parts(self, day: date) -> tuple[tuple[time, time], ...]:
        shift = self.shift(day)
        return shift.parts() if shift is not None else ()

    def working_days(self, start: datetime, end: datetime) -> int:
        """How many working days lie after ``start``'s local date, up to ``end``'s.

        The same day has none, as a term's first day does not count either: a term of so many days
        from ``start`` ends on ``end``'s date, where that is a working day.
        """
        day, last, found = self._local(start).date(), self._local(end).date(), 0
        while day < last:
            day += _DAY
            found += self.is_working_day(day)
        return found

    def add_working_days(self, start: datetime, days: int) -> Due:
        """The end of the last of ``days`` working days after ``start``'s local date.

        The day of ``start`` does not count, and the last day counts to its close of work, so a
        later start or a longer term is never due earlier. No days: today's close of work, or the
        next one.

        Args:
            start: zone-aware.
            days: working days, 0 or more.

        Raises:
            ValueError: ``start`` has no time zone, ``days`` is negative, or the calendar knows no
                working day within two months.
        """
        local = self._local(start)
        if days < 0:
            raise ValueError(f"a term cannot have {days} days")
        day, left, idle = local.date(), days, 0
        skipped: list[tuple[date, str]] = []
        if not left:
            shift = self.shift(day)
            if shift and local.time() < shift.end:
                return self._due(local, days, day, shift, skipped)
            left = 1
        while True:
            day += _DAY
            name = self.holiday(day)
            shift = self._usual(day)
            if shift is None or name is not None:
                if shift is not None and name is not None:
                    skipped.append((day, name))
                idle += 1
                if idle > _LONGEST_BREAK:
                    raise ValueError(f"no working day in the {idle} days before {day}")
                continue
            idle, left = 0, left - 1
            if not left:
                return self._due(local, days, day, shift, skipped)

    def _due(
        self, start: datetime, days: int, day: date, shift: Shift, skipped: list[tuple[date, str]]
    ) -> Due:
        at = datetime.combine(day, shift.end, self._zone).astimezone(UTC)
        return Due(at, start, days, tuple(skipped))

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return at.astimezone(self._zone)
