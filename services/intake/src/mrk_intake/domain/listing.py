"""How public reports are listed: in which phase each is, and what a list may be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mrk_intake.domain.public import CLOSED, RECEIVED
from mrk_intake.domain.standing import standing
from mrk_intake.domain.timeline import Placed
from mrk_schemas.cases import CaseState, ClockName, Ending
from mrk_schemas.ids import CategoryCode, DistrictCode, SubdistrictCode, TrackingNumber
from mrk_schemas.reports import Kind

_WAITING: Final = frozenset({RECEIVED, CaseState.TRIAGE.value, CaseState.RETURNED.value})


class Phase(StrEnum):
    """What a report's state comes to for somebody who looks through many.

    A report that its reporter took back is no longer the public's: no list shows it.
    """

    WAITING = "waiting"
    WORKING = "working"
    SOLVED = "solved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Listed:
    """What lists know of a report beside what was sent.

    Attributes:
        due_at: when it must be solved (UTC); None while no agency has a date, and while the
            clock stands still for an answer of its reporter.
    """

    phase: Phase
    due_at: datetime | None


def phase_of(state: str) -> Phase:
    """The phase of a timeline's state."""
    if state == Ending.WITHDRAWN.value:
        return Phase.WITHDRAWN
    if state in CLOSED:
        return Phase.SOLVED
    return Phase.WAITING if state in _WAITING else Phase.WORKING


def listed(received_at: datetime, placed: Sequence[Placed]) -> Listed:
    """What the steps of a report come to in a list.

    Args:
        received_at: when the report was received, UTC.
        placed: its steps, in any order.
    """
    now = standing(received_at, placed)
    due = next((due.at for due in now.dues if due.clock is ClockName.RESOLUTION), None)
    return Listed(phase_of(now.state), None if now.paused else due)


class Status(StrEnum):
    """What may be asked for; the words of the addresses."""

    OPEN = "terbuka"
    WAITING = "menunggu"
    WORKING = "dikerjakan"
    LATE = "terlambat"
    SOLVED = "selesai"


class Sort(StrEnum):
    """In which order; the words of the addresses."""

    NEWEST = "terbaru"
    DUE = "tenggat"
    OLDEST_OPEN = "terlama"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a list: that of one of its reports.

    Attributes:
        at: what the list is sorted by (UTC): when the report was received, or is due.
    """

    at: datetime
    number: TrackingNumber


@dataclass(frozen=True, slots=True)
class Filters:
    """Which public reports are asked for; None: whichever.

    Attributes:
        words: all of these occur in its masked text or address.
        since: received then or later (UTC).
        until: received before then.
    """

    words: str | None = None
    category: CategoryCode | None = None
    district: DistrictCode | None = None
    subdistrict: SubdistrictCode | None = None
    kind: Kind | None = None
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = Sort.NEWEST
