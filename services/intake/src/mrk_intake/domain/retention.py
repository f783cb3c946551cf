"""Which reports have been kept for as long as the city keeps them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mrk_city import CityPack
from mrk_schemas.reports import Kind


@dataclass(frozen=True, slots=True)
class Class:
    """A class of reports and its day.

    Attributes:
        days: how long they are kept after their end.
        source: why so long.
        before: what ended before this instant (UTC) is to be erased.
        needs_end: whether the case must have ended; else the age alone decides.
    """

    kind: Kind
    days: int
    source: str
    before: datetime
    needs_end: bool


def classes(pack: CityPack, now: datetime) -> list[Class]:
    """Every class of reports, by what holds on the local day of `now`.

    Whistle-blowing is on no timeline here: its age since it was received decides.
    """
    today = now.astimezone(pack.calendar.zone).date()
    found = []
    for kind in Kind:
        term = pack.retention.days(kind, today)
        before = now - timedelta(days=term.days)
        needs_end = kind is not Kind.WHISTLEBLOWING
        found.append(Class(kind, term.days, term.source, before, needs_end))
    return found
