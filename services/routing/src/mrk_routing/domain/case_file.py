"""A case as routing keeps it: the public state, and what only routing needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mrk_routing.domain.decision import Decision
from mrk_schemas.agencies import CaseHandedOver
from mrk_schemas.cases import Case, ClockName, Priority
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_schemas.reports import Attribute, Place, Report

ROUTING = "routing"
"""Who acted, where no agency did."""

REPORTER = "reporter"
"""Who acted, where the reporter did."""

DISPATCHER = "dispatcher"
"""Who acted, where a dispatcher did: who that was, the desk's audit knows."""

NATIONAL = "sp4n-lapor"
"""Who acted, where somebody at SP4N-LAPOR! did."""


@dataclass(frozen=True, slots=True)
class Before:
    """Where a case stood when it became a part of another one, to be restored exactly."""

    case: Case
    verified_at: datetime | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    told: Mapping[ClockName, str] = field(default_factory=dict)
    paused: Mapping[ClockName, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with everything that later decisions need.

    Attributes:
        case: the state that others see.
        words: the report's masked text, and below it what the reporter added since; None once
            erased or where there was none. A later owner is handed all of it.
        place: what the owning agency is told of the place.
        details: what the report states of what its category asks for.
        decision: how its first owner came about; None once erased.
        handed_to: agencies to which the text was handed, in order, former owners included.
        others_version: the last version at which someone other than the present owner changed
            the owner or the state.
        others_by: who that was: ``routing`` or an agency's code.
        verified_at: when the verification clock was met: an agency owns the case (UTC).
        first_response_at: when the first-response clock was met: the owner accepted (UTC).
        resolved_at: when the resolution clock was met (UTC); None again once disputed: the clock
            goes on to the due date that it had.
        told: the last step of each clock of which anybody was told: a reminder's share, or a level.
        paused: the working time by which each clock's due date was moved, for what it stood still.
        before: where it stood before it was merged; None where it is part of no other.
        repeats: other open cases that tell of the same thing, as they were counted last.
    """

    case: Case
    words: str | None = None
    place: Place | None = None
    details: tuple[Attribute, ...] = ()
    decision: Decision | None = None
    handed_to: tuple[AgencyCode, ...] = ()
    others_version: int = 0
    others_by: str = ROUTING
    verified_at: datetime | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    told: Mapping[ClockName, str] = field(default_factory=dict)
    paused: Mapping[ClockName, timedelta] = field(default_factory=dict)
    before: Before | None = None
    repeats: int = 0

    @property
    def id(self) -> ComplaintId:
        """The complaint's id."""
        return self.case.complaint_id

    def turned_by_others(self, version: int, by: str = ROUTING) -> "CaseFile":
        """The same file, its owner or state changed at ``version`` by someone not its owner."""
        return replace(self, others_version=version, others_by=by)

    def reached(self, report: Report) -> "CaseFile":
        """The same file, its reporter reached as the report says; never by what, or where."""
        changes = {"reporter": report.reporter, "locale": report.locale}
        return replace(self, case=self.case.model_copy(update=changes))

    def blanked(self, at: datetime) -> "CaseFile":
        """The same file without the resident's words, place and reference."""
        changes = {"reporter": None, "erased": True, "changed_at": at, "waiting": None}
        case = self.case.model_copy(update=changes)
        before = self.before
        if before is not None:
            before = replace(before, case=before.case.model_copy(update=changes))
        return replace(
            self,
            case=case,
            words=None,
            place=None,
            details=(),
            decision=None,
            before=before,
        )


def handed_over(file: CaseFile) -> CaseHandedOver:
    """What a new owner is told; of an emergency also that it is to page somebody."""
    return CaseHandedOver(
        case=for_inbox(file.case),
        text=file.words,
        place=file.place,
        details=file.details,
        page=file.case.priority is Priority.EMERGENCY,
    )


def for_inbox(case: Case) -> Case:
    """The state as an agency sees it: never with the reference to the reporter."""
    return case.model_copy(update={"reporter": None})
