"""Working days, hours and terms, reckoned anew from the pack's files: a second opinion.

Nothing of mrk_city or mrk_routing is used: the files are read here, holidays come from the
`holidays` package, and moments are whole minutes of local time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml
from holidays import country_holidays

_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)

Parts = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a clock: a reminder at `share` per cent, or a level `after` working days."""

    code: str
    share: int | None = None
    after: int = 0


def _read(folder: Path, name: str) -> Any:
    text = (folder / name).read_text(encoding="utf-8")
    # libyaml's: the one in Python takes a question mark for more than the standard does
    return yaml.load(text, Loader=yaml.CSafeLoader)  # it is the safe one


def _clock(text: str) -> time:
    return time.fromisoformat(text)


def _holding(lines: list[dict[str, Any]], on: date) -> int:
    """The number of the last line that holds on a date."""
    return int([line["days"] for line in lines if line["from"] <= on][-1])


@dataclass
class Almanac:
    """A city's time.

    Args:
        folder: of the city pack.
    """

    folder: Path
    _years: dict[int, Mapping[date, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        city, self._calendar = _read(self.folder, "city.yaml"), _read(self.folder, "calendar.yaml")
        self.zone = ZoneInfo(city["time_zone"])
        self._terms = _read(self.folder, "deadlines.yaml")
        self._alarm = _read(self.folder, "escalation.yaml")
        categories = _read(self.folder, "categories.yaml")["categories"]
        self._classes = {each["code"]: each["deadline"] for each in categories}
        self._overrides = {each["date"]: each["holiday"] for each in self._calendar["overrides"]}
        agencies = _read(self.folder, "agencies.yaml")["agencies"]
        self.elsewhere = frozenset(each["code"] for each in agencies if each.get("external"))
        self.stands_in: str = self._alarm["unassigned"]
        self.alarmed: tuple[str, ...] = tuple(self._alarm["clocks"])
        self.parts = lru_cache(maxsize=None)(self._parts)
        self.later = lru_cache(maxsize=None)(self._later)
        self.back = lru_cache(maxsize=None)(self._back)

    def is_off(self, day: date) -> bool:
        """Whether nobody works, though it may be a weekday."""
        if day in self._overrides:
            return bool(self._overrides[day])
        if day.year not in self._years:
            self._years[day.year] = country_holidays(
                self._calendar["country"],
                years=day.year,
                categories=tuple(self._calendar["categories"]),
            )
        return day in self._years[day.year]

    def _parts(self, day: date) -> Parts:
        """The working time of a day, local, before and after its break; empty where none is."""
        if self.is_off(day):
            return ()
        fasting = self._calendar["ramadan"]
        if any(each["from"] <= day <= each["until"] for each in fasting["periods"]):
            week = fasting["hours"]
        else:
            week = [each for each in self._calendar["hours"] if each["from"] <= day][-1]
        hours = week.get(_NAMES[day.weekday()])
        if hours is None:
            return ()
        at = [
            datetime.combine(day, _clock(hours[name]), self.zone)
            for name in ("start", "break_start", "break_end", "end")
        ]
        return ((at[0], at[1]), (at[2], at[3]))

    def local(self, at: datetime) -> datetime:
        """A moment on the city's clock."""
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> date:
        """The city's date at a moment."""
        return self.local(at).date()

    def term(self, at: datetime, days: int) -> datetime:
        """The close of work (UTC) of the last of so many working days after a moment's date."""
        return self.later(self.day(at), days)

    def _later(self, day: date, days: int) -> datetime:
        while days:
            day += _DAY
            days -= bool(self.parts(day))
        return self.parts(day)[-1][1].astimezone(UTC)

    def days_between(self, start: datetime, end: datetime) -> int:
        """Working days after the first date, up to the last."""
        day, last, found = self.day(start), self.day(end), 0
        while day < last:
            day += _DAY
            found += bool(self.parts(day))
        return found

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments, from the start's whole minute."""
        first, last = self.local(start).replace(second=0, microsecond=0), self.local(end)
        total, day = timedelta(), first.date()
        while day <= last.date():
            for a, b in self.parts(day):
                total += max(min(b, last) - max(a, first), timedelta())
            day += _DAY
        return total

    def _back(self, end: datetime, amount: timedelta) -> datetime:
        """The first moment (UTC) after which only so much working time is left before `end`."""
        left, day, local = amount, self.day(end), self.local(end)
        while True:
            for a, whole in reversed(self.parts(day)):
                b = min(whole, local)
                if b > a:
                    if left < b - a:
                        return (b - left).astimezone(UTC)
                    left -= b - a
            day -= _DAY

    def class_of(self, kind: str, category: str | None) -> str:
        """The class of a report's term."""
        named = str(self._terms["kinds"][kind])
        if named != "category":
            return named
        return str(self._classes.get(category, self._terms["without_category"]))

    def terms(self, kind: str, category: str | None, received_at: datetime) -> dict[str, int]:
        """Working days of the three clocks that start with a report."""
        on = self.day(received_at)
        clocks = {name: _holding(self._terms["clocks"][name], on) for name in self.alarmed[:2]}
        resolution = self._terms["resolution"][self.class_of(kind, category)]
        return {**clocks, "resolution": _holding(resolution, on)}

    def window(self, solved_at: datetime) -> datetime:
        """When the reporter may dispute no more."""
        days = _holding(self._terms["clocks"]["confirmation"], self.day(solved_at))
        return self.term(solved_at, days)

    def answer_until(self, asked_at: datetime) -> datetime:
        """When a case goes on without an answer."""
        return self.term(asked_at, _holding(self._terms["answer"], self.day(asked_at)))

    def ladder(self, kind: str, category: str | None) -> tuple[Step, ...]:
        """All steps of a clock, in order."""
        own = self._alarm["classes"].get(self.class_of(kind, category), {})
        reminders = [Step(str(share), share=share) for share in self._alarm["reminders"]]
        levels = [
            Step(each["level"], after=own.get(each["level"], each["after"]))
            for each in self._alarm["steps"]
        ]
        return (*reminders, *levels)
