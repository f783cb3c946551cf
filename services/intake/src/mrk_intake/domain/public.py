"""What anybody may read of a report, and what lists of reports may be asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from mrk_intake.domain.timeline import WAITING, Placed
from mrk_schemas.cases import CaseState, Ending
from mrk_schemas.ids import AgencyCode, CategoryCode, DistrictCode, TrackingNumber
from mrk_schemas.reports import Attribute, Kind, Place, Report

RECEIVED: Final = "received"
"""The state of a report of which no case is known yet."""

CLOSED: Final = frozenset({CaseState.RESOLVED.value, *(ending.value for ending in Ending)})
OPEN: Final = frozenset(
    {
        RECEIVED,
        CaseState.TRIAGE.value,
        CaseState.ASSIGNED.value,
        CaseState.ACCEPTED.value,
        CaseState.RETURNED.value,
        CaseState.IN_PROGRESS.value,
        WAITING,
    }
)
_WITHOUT_OWNER: Final = frozenset({RECEIVED, CaseState.TRIAGE.value, CaseState.RETURNED.value})


@dataclass(frozen=True, slots=True)
class PublicReport:
    """A report that is neither confidential nor whistle-blowing nor erased.

    Attributes:
        number: its tracking number.
        report: what its newest event says, masked.
        state: where its case stands, or how it ended; `received` before there is one.
        updated_at: when the newest step happened, or the report was received (UTC).
        latest: the newest step of the case.
        assigned: the newest step that named an owner.
        held: its words wait for a look, or were hidden by somebody who looked: none are here.
    """

    id: UUID
    number: TrackingNumber
    report: Report
    state: str
    received_at: datetime
    updated_at: datetime
    latest: Placed | None
    assigned: Placed | None
    held: bool = False

    @property
    def kind(self) -> Kind:
        """Its national class."""
        return self.report.kind

    @property
    def category(self) -> CategoryCode | None:
        """As the sender chose it."""
        return self.report.category

    @property
    def text(self) -> str:
        """The sender's words, masked; empty while they are held."""
        return self.report.text or ""

    @property
    def place(self) -> Place | None:
        """Where it is."""
        return self.report.place

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Details that the category asks for, masked."""
        return self.report.attributes or ()

    @property
    def closed(self) -> bool:
        """Whether the agency says that it is solved."""
        return self.state in CLOSED

    @property
    def closed_at(self) -> datetime | None:
        """When it was; None while it is open (UTC)."""
        return self.latest.step.at if self.closed and self.latest is not None else None

    @property
    def agency(self) -> AgencyCode | None:
        """Who owns the case now."""
        if self.assigned is None or self.state in _WITHOUT_OWNER:
            return None
        code = self.assigned.step.detail.get("agency")
        return None if code is None else AgencyCode(code)

    @property
    def agency_name(self) -> str | None:
        """The owner's name as the step told it; None where there is no owner."""
        if self.agency is None or self.assigned is None:
            return None
        return str(self.assigned.step.detail.get("agency_name") or self.agency)

    @property
    def due_at(self) -> datetime | None:
        """When it must be resolved (UTC); None while no owner has a deadline."""
        for placed in (self.latest, self.assigned):  # a case that waited is due later
            due = placed.step.detail.get("due_at") if placed is not None else None
            if due is not None:
                return datetime.fromisoformat(due)
        return None


@dataclass(frozen=True, slots=True)
class Box:
    """Between two latitudes and two longitudes, in degrees (WGS 84)."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which public reports are asked for; None: whichever.

    Attributes:
        since: received then or later (UTC).
        until: received before then.
        categories: any of these.
        districts: in any of these kecamatan.
        states: in any of these; `OPEN` or `CLOSED`, or single ones.
        box: with a published point in it.
        skip: how many of the newest to leave out.
        most: how many to tell.
    """

    since: datetime
    until: datetime
    categories: tuple[str, ...] | None = None
    districts: tuple[DistrictCode, ...] | None = None
    states: frozenset[str] | None = None
    box: Box | None = None
    skip: int = 0
    most: int = 50


@dataclass(frozen=True, slots=True)
class Change:
    """A step that changed where a public report stands."""

    number: TrackingNumber
    placed: Placed
