"""Due dates by working days, each reckoned once and then remembered exactly."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from mrk_city import Calendar, CityPack, Due, minute_of_week
from mrk_city.calendar import short_day
from mrk_city.models import Step
from mrk_schemas.cases import ClockName, Deadline, Waiting
from mrk_schemas.ids import AgencyCode, CategoryCode
from mrk_schemas.reports import Kind, Locale

CLOCKS = (ClockName.VERIFICATION, ClockName.FIRST_RESPONSE, ClockName.RESOLUTION)
"""The clocks that start with the report; the fourth starts when a case is resolved."""

_Words = tuple[str, str]
"""In Bahasa Indonesia and in English."""

_ASKED: Final[_Words] = ("menunggu pelapor", "of waiting for the reporter")
_ELSEWHERE: Final[_Words] = ("di instansi lain", "with another authority")

_DAYS_REMEMBERED = 4096
_TEXTS_REMEMBERED = 16384


def _reckoner(calendar: Calendar) -> Callable[[date, datetime, int], Due]:
    """A due date is the same for all moments of one local date, unless the term has no days."""
    known: dict[tuple[date, int], Due] = {}

    def reckon(day: date, start: datetime, days: int) -> Due:
        found = known.get((day, days))
        if found is None:
            found = calendar.add_working_days(start, days)
            if days < 1:  # ends with the same day's work, so the hour counts: not shared
                return found
            if len(known) >= _DAYS_REMEMBERED:
                known.clear()
            known[day, days] = found
        return found

    return reckon


class DueDates:
    """The deadlines of a case. The same arguments always give the same answer.

    Args:
        pack: the city's calendar and terms.
    """

    def __init__(self, pack: CityPack) -> None:
        self._pack = pack
        self._zone = pack.calendar.zone
        self._reckon = _reckoner(pack.calendar)
        # Deadlines and their words depend on the minute alone, not on the second within it.
        self._of_minute = lru_cache(maxsize=_TEXTS_REMEMBERED)(self._deadlines)
        self._share = lru_cache(maxsize=_TEXTS_REMEMBERED)(self._share_passed)
        self._ladder = lru_cache(maxsize=_DAYS_REMEMBERED)(self._ladder_of)
        self.reminded: Final = tuple(ClockName(name) for name in pack.escalation.clocks)
        self.reminders: Final = pack.escalation.reminders
        self.stand_in: Final = AgencyCode(pack.escalation.unassigned)

    def minute_of_week(self, at: datetime) -> int:
        """Minutes since Monday 00:00 of the city's clock."""
        return minute_of_week(at, self._zone)

    def local_date(self, at: datetime) -> date:
        """The city's date at a moment."""
        return at.astimezone(self._zone).date()

    def deadlines(
        self,
        kind: Kind,
        category: CategoryCode | None,
        received_at: datetime,
        locale: Locale,
        name: str | None = None,
    ) -> tuple[Deadline, ...]:
        """The three clocks that start with the report, each with its derivation in words.

        Args:
            kind: the national class.
            category: None or unknown: the pack's class for unknown categories.
            received_at: when the report was received, with a time zone.
            locale: language of the derivation.
            name: the class that a rule states; None: as the kind and the category say.

        Raises:
            ValueError: ``received_at`` has no zone, or the calendar knows no working day.
        """
        if received_at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        local = received_at.astimezone(self._zone)
        minute = local.replace(second=0, microsecond=0)
        return self._of_minute(kind, category, minute, locale, name)

    def answer(self, asked_at: datetime, locale: Locale) -> Waiting:
        """How long a case waits for its reporter once it is asked, with its derivation in words.

        Raises:
            ValueError: ``asked_at`` has no zone, or the calendar knows no working day.
        """
        days = self._pack.answering(self.local_date(asked_at)).days
        due = self._pack.calendar.add_working_days(asked_at, days)
        return Waiting(since=asked_at, until=due.at, derivation=due.explain(locale))

    def confirmation(
        self, kind: Kind, category: CategoryCode | None, resolved_at: datetime, locale: Locale
    ) -> Deadline:
        """Until when the reporter may dispute a solution, with its derivation in words.

        Raises:
            ValueError: ``resolved_at`` has no zone, or the calendar knows no working day.
        """
        term = self._pack.deadlines(kind, category, self.local_date(resolved_at)).confirmation
        due = self._pack.calendar.add_working_days(resolved_at, term.days)
        derivation = due.explain(locale)
        return Deadline(clock=ClockName.CONFIRMATION, due_at=due.at, derivation=derivation)

    def ladder(
        self, kind: Kind, category: CategoryCode | None, received_at: datetime
    ) -> tuple[Step, ...]:
        """Who is told when a clock of such a case has run out, lowest first."""
        return self._ladder(kind, category, self.local_date(received_at))

    def _ladder_of(self, kind: Kind, category: CategoryCode | None, day: date) -> tuple[Step, ...]:
        return self._pack.escalation.ladder(self._pack.deadlines(kind, category, day).name)

    def days_past(self, due_at: datetime, days: int) -> datetime:
        """When so many working days have passed since a due date; the date itself for none."""
        if not days:
            return due_at
        return self._reckon(self.local_date(due_at), due_at, days).at

    def share_passed(
        self, started_at: datetime, due_at: datetime, paused: timedelta, share: int
    ) -> datetime:
        """When so many per cent of a clock's working time have passed.

        Reckoned back from the due date, which is later by all for which the clock stood still.

        Args:
            started_at: the minute counts, as for the due date.
            due_at: as it is now.
            paused: the working time by which it was moved.
            share: per cent, 1 to 99.
        """
        return self._share(started_at.replace(second=0, microsecond=0), due_at, paused, share)

    def _share_passed(
        self, started_at: datetime, due_at: datetime, paused: timedelta, share: int
    ) -> datetime:
        calendar = self._pack.calendar
        term = max(calendar.working_time(started_at, due_at) - paused, timedelta())
        return calendar.working_time_left(due_at, term * (100 - share) / 100)

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments."""
        return self._pack.calendar.working_time(start, end)

    def after(
        self, waiting: Waiting, ended_at: datetime, due: Deadline, locale: Locale
    ) -> Deadline:
        """A due date once its clock goes on: later by the working days that it stood still.

        Args:
            waiting: for what it stood still.
            ended_at: when that ended; after ``waiting.until`` it counts as then, since the
                case goes on then, whenever that is noticed.
            due: the date as it was.
            locale: language of the derivation.
        """
        return self._later(due, waiting.since, min(ended_at, waiting.until), locale, _ASKED)

    def after_hand_over(
        self, since: datetime, until: datetime, due: Deadline, locale: Locale
    ) -> Deadline:
        """A due date once the case is the city's again: later by the working days that it was not.

        Args:
            since: when the case was handed on.
            until: when it came back.
            due: the date as it was.
            locale: language of the derivation.
        """
        return self._later(due, since, until, locale, _ELSEWHERE)

    def _later(
        self, due: Deadline, since: datetime, until: datetime, locale: Locale, why: _Words
    ) -> Deadline:
        days = self._pack.calendar.working_days(since, until)
        if not days:
            return due
        first, last = (short_day(self.local_date(at), locale.value) for at in (since, until))
        if locale is Locale.ID:
            told = f"ditambah {days} hari kerja {why[0]} ({first} sampai {last})"
        else:
            many = f"{days} working day{'' if days == 1 else 's'}"
            told = f"plus {many} {why[1]} ({first} to {last})"
        moved = self._pack.calendar.add_working_days(due.due_at, days)
        return Deadline(clock=due.clock, due_at=moved.at, derivation=f"{due.derivation}; {told}")

    def _deadlines(
        self,
        kind: Kind,
        category: CategoryCode | None,
        start: datetime,
        locale: Locale,
        name: str | None,
    ) -> tuple[Deadline, ...]:
        day = start.date()
        terms = self._pack.deadlines(kind, category, day, name)
        days = (terms.verification.days, terms.first_response.days, terms.resolution.days)
        deadlines = []
        for clock, count in zip(CLOCKS, days, strict=True):
            due = self._reckon(day, start, count)
            told = Due(due.at, start, count, due.skipped).explain(locale)
            deadlines.append(Deadline(clock=clock, due_at=due.at, derivation=told))
        return tuple(deadlines)
