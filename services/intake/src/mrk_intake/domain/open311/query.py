"""What a list of requests, or of updates, is asked for."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from mrk_intake.domain import tracking
from mrk_intake.domain.open311.parameters import Parameters
from mrk_intake.domain.public import CLOSED, OPEN, Wanted
from mrk_schemas.ids import TrackingNumber

LONGEST: Final = timedelta(days=90)
"""GeoReport v2, GET Service Requests: a range spans 90 days at most."""
MOST: Final = 1000
"""GeoReport v2, GET Service Requests: without a range, 1,000 rows at most."""
PAGE_SIZE: Final = 50
_MOST_PAGES: Final = 100_000
_STATES: Final = {"open": OPEN, "closed": CLOSED}
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Range:
    """From `since` until before `until`; `given` where the caller said so."""

    since: datetime
    until: datetime
    given: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """How many of the first rows to leave out, and how many to tell."""

    skip: int
    most: int


@dataclass(frozen=True, slots=True)
class Query:
    """A list of requests.

    Attributes:
        numbers: these requests, whatever else is asked; None: those that are `wanted`.
        extensions: with extended attributes and notes.
    """

    numbers: tuple[TrackingNumber, ...] | None
    wanted: Wanted
    extensions: bool


@dataclass(frozen=True, slots=True)
class UpdatesQuery:
    """A list of updates, of `numbers` alone where they are given."""

    numbers: tuple[TrackingNumber, ...] | None
    range: Range
    rows: Rows


def read_query(given: Parameters, categories: Container[str], now: datetime, zone: tzinfo) -> Query:
    """`GET /requests`.

    Args:
        given: the query's parameters; unknown ones are ignored, as the jurisdiction is: there
            is one.
        categories: codes of the city's list.
        now: UTC.
        zone: the city's.

    Raises:
        Refused: with everything that is wrong.
    """
    numbers = _numbers(given)
    extensions = given.flag("extensions")
    if numbers is not None:  # it overrides all else
        given.settle()
        return Query(numbers, Wanted(now, now), extensions)
    codes = given.many("service_code")
    for code in codes:
        if code not in categories:
            given.wrong("service_code", "service_unknown")
            break
    range_, rows = _range(given, now, zone), _rows(given)
    states = given.many("status")
    if any(each.lower() not in _STATES for each in states):
        given.wrong("status", "status")
    given.settle()
    if not range_.given:
        rows = Rows(rows.skip, max(0, min(rows.most, MOST - rows.skip)))
    chosen = {each.lower() for each in states}
    return Query(
        None,
        Wanted(
            since=range_.since,
            until=range_.until,
            categories=codes or None,
            states=_STATES[chosen.pop()] if len(chosen) == 1 else None,
            skip=rows.skip,
            most=rows.most,
        ),
        extensions,
    )


def read_updates_query(given: Parameters, now: datetime, zone: tzinfo) -> UpdatesQuery:
    """`GET /servicerequestupdates`.

    Raises:
        Refused: with everything that is wrong.
    """
    found = UpdatesQuery(_numbers(given), _range(given, now, zone), _rows(given))
    given.settle()
    return found


def _numbers(given: Parameters) -> tuple[TrackingNumber, ...] | None:
    written = given.many("service_request_id")
    if not written:
        return None
    if len(written) > MOST:
        given.wrong("service_request_id", "too_long", max_length=MOST)
        return ()
    read = [tracking.read(each) for each in written]
    for place, number in enumerate(read, start=1):
        if number is None:
            given.wrong("service_request_id", "number", place=place)
    return tuple(dict.fromkeys(number for number in read if number is not None))


def _range(given: Parameters, now: datetime, zone: tzinfo) -> Range:
    start, end = given.instant("start_date", zone), given.instant("end_date", zone)
    if start is not None and end is not None:
        if end[0] < start[0]:
            given.wrong("end_date", "range_order")
        elif end[0] - start[0] > LONGEST:
            given.wrong("end_date", "range_long", days=LONGEST.days)
    if end is not None:
        # "latest to include": a day to its end, an instant with the second that it names
        until = end[0] + (_DAY if end[1] else _SECOND)
    elif start is not None:
        until = start[0] + LONGEST
    else:
        return Range(now - LONGEST, now + _DAY, given=False)
    return Range(start[0] if start is not None else until - LONGEST, until, given=True)


def _rows(given: Parameters) -> Rows:
    page = given.whole("page", _MOST_PAGES)
    size = given.whole("page_size", MOST)
    most = size or (PAGE_SIZE if page is not None else MOST)
    return Rows(((page or 1) - 1) * most, most)
