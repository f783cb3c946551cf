"""When this play looks at its city: a week with a cuti bersama, Imlek, and Ramadan's first day.

Mon 16 February 2026 is a cuti bersama, Tue 17 Imlek, Thu 19 the first day of Ramadan. What was
reported runs on until April, over Nyepi and Idul Fitri (18 to 24 March).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

WEEK: Final = (
    ("02-13", "13:40 16:29:57 17:05 20:30"),
    ("02-14", "09:12 15:47 21:30"),
    ("02-15", "08:20 13:00 19:55"),
    ("02-16", "02:15 10:33 18:41"),
    ("02-17", "00:20 09:09 16:00 22:48"),
    ("02-18", "07:45 09:30 11:20 13:35 15:10 15:59:57 18:20 23:50"),
    ("02-19", "04:10 08:20 10:05 12:15 13:50 14:59:57 19:40"),
    ("02-20", "01:30 08:15 09:50 11:40 13:25 14:45 15:29:57 17:10"),
)
"""The week in which reports come: local dates and times."""
AFTER: Final = (
    ("02-21", "10:00"),
    ("02-23", "08:40 11:10 14:10 14:59:57"),
    ("02-24", "08:40 12:40 14:59:57"),
    ("02-25", "08:30 11:30 14:20 17:00"),
    ("02-26", "09:00 13:00 15:20"),
    ("02-27", "10:10 15:30"),
    ("03-02", "09:20 14:59:57"),
    ("03-03", "11:05 15:00"),
    ("03-04", "08:50 14:59:57"),
    ("03-05", "10:40 15:10"),
    ("03-06", "10:15 15:29:57"),
    *((f"03-{day:02d}", "10:25") for day in (9, 10, 11, 12, 13, 16, 17)),
    ("03-20", "09:00"),
    *((f"03-{day:02d}", "16:00") for day in (25, 26, 27, 30, 31)),
    *((f"04-{day:02d}", "16:00") for day in (1, 2, 6, 7, 8, 9, 10)),
)
YEAR: Final = 2026

STRIKE: Final = (date(YEAR, 2, 23), date(YEAR, 2, 24))
"""The days on which one agency does nothing."""
CLOCK_DIES: Final = (date(YEAR, 2, 25), time(14, 20))
CLOCK_RISES: Final = (date(YEAR, 2, 26), time(15, 20))


@dataclass(frozen=True, slots=True)
class Landing:
    """A moment to which the clock is moved.

    Attributes:
        reports: whether residents report.
    """

    at: datetime
    reports: bool


def landings(zone: tzinfo) -> Iterator[Landing]:
    """All of them, in order."""
    for days, reports in ((WEEK, True), (AFTER, False)):
        for day, times in days:
            for at in times.split():
                moment = datetime.fromisoformat(f"{YEAR}-{day}T{at}").replace(tzinfo=zone)
                yield Landing(moment, reports and moment.second == 0)


def is_open(at: datetime) -> bool:
    """Whether somebody is at work in an office then; they stay longer than they must."""
    return at.weekday() < 5 and timedelta(hours=7) < at - at.replace(hour=0, minute=0) < timedelta(
        hours=18
    )
