"""Working time as a quantity: how much lies between two moments, and when so much is left.

Each year is summed up once, so that a question costs two searches however long the span is: the
sweep of due cases asks tens of thousands of them.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[time, time]
"""From when until when work is done on one day, local."""

_DAY = timedelta(days=1)
_NONE = timedelta()
_LONGEST_GAP_YEARS = 2


@dataclass(frozen=True, slots=True)
class _Year:
    """A year's working time.

    Attributes:
        spans: each piece of working time of each of its days.
        before: working time of the year before each day, and at last that of the whole year.
    """

    spans: tuple[tuple[Span, ...], ...]
    before: tuple[timedelta, ...]


class WorkingTime:
    """Sums of a calendar's working time, in its zone.

    Args:
        spans: the pieces of working time of a local date, in order.
        zone: of the local dates.
    """

    def __init__(self, spans: Callable[[date], tuple[Span, ...]], zone: ZoneInfo) -> None:
        self._spans = spans
        self._zone = zone
        self._years: dict[int, _Year] = {}

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments; zero where ``end`` is not later.

        Raises:
            ValueError: a moment has no time zone.
        """
        first, last = self._local(start), self._local(end)
        if last <= first:
            return _NONE
        total = self._since_new_year(last) - self._since_new_year(first)
        for year in range(first.year, last.year):
            total += self._year(year).before[-1]
        return total

    def left(self, end: datetime, amount: timedelta) -> datetime:
        """The first moment (UTC) from which at most ``amount`` of working time lies before ``end``.

        Raises:
            ValueError: ``end`` has no time zone, ``amount`` is negative, or nobody ever works.
        """
        if amount < _NONE:
            raise ValueError("no negative working time is left")
        local = self._local(end)
        year, target = local.year, self._since_new_year(local) - amount
        idle = 0
        # at zero the moment is the close of a year before: nobody works on the night between
        while target <= _NONE:
            year -= 1
            worked = self._year(year).before[-1]
            idle = 0 if worked else idle + 1
            if idle > _LONGEST_GAP_YEARS:
                raise ValueError(f"nobody works in {year} and the years after it")
            target += worked
        return self._reached(year, target)

    def _reached(self, year: int, target: timedelta) -> datetime:
        """When so much of a year's working time, more than none, has been worked."""
        found = self._year(year)
        index = bisect_left(found.before, target) - 1
        day, rest = date(year, 1, 1) + index * _DAY, target - found.before[index]
        for opens, closes in found.spans[index]:
            length = _length(opens, closes)
            if rest <= length:
                at = datetime.combine(day, opens, self._zone) + rest
                return at.astimezone(UTC)
            rest -= length
        raise AssertionError("a day's spans are its working time")

    def _since_new_year(self, local: datetime) -> timedelta:
        found, index = self._year(local.year), local.timetuple().tm_yday - 1
        worked, at = found.before[index], local.time()
        for opens, closes in found.spans[index]:
            if at <= opens:
                break
            worked += _length(opens, min(at, closes))
        return worked

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is None:
            days, day = [], date(year, 1, 1)
            while day.year == year:
                days.append(self._spans(day))
                day += _DAY
            sums = [_NONE]
            for spans in days:
                sums.append(sum((_length(*span) for span in spans), sums[-1]))
            known = self._years[year] = _Year(tuple(days), tuple(sums))
        return known

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return at.astimezone(self._zone)


def _length(opens: time, closes: time) -> timedelta:
    return timedelta(
        hours=closes.hour - opens.hour,
        minutes=closes.minute - opens.minute,
        seconds=closes.second - opens.second,
        microseconds=closes.microsecond - opens.microsecond,
    )
