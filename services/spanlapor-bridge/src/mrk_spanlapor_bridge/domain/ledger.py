"""What the bridge knows of one complaint, and what each fact changes. Pure.

A complaint is filed on its first case event; later ones follow it up. Facts of a case that come
before the report wait for it: there is no order across topics.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mrk_schemas.cases import Case
from mrk_schemas.ids import ComplaintId, LaporTicket, TrackingNumber
from mrk_schemas.mirrors import Mirror, MirrorStatus
from mrk_schemas.reports import Kind, Report
from mrk_spanlapor_bridge.domain.follow_up import Act, FollowUp

SYSTEM = "SP4N-LAPOR!"
_BEGAN_THERE = 0


class Status(StrEnum):
    """Where the filing stands. `SKIPPED`: there was nobody to file it for any more."""

    PENDING = "pending"
    FILED = "filed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One complaint's line in the ledger.

    Attributes:
        report: the masked copy; None until it arrives and after an erasure.
        case: the newest state seen.
        waiting: case facts that came before the report.
        filing: version of the case fact that the complaint is filed on; None before that, 0 where
            it began at the national system.
        restricted: nothing is told there until it is lifted.
        follow_ups: how many the national system has taken.
        changed_at: UTC, domain clock.
    """

    complaint_id: ComplaintId
    changed_at: datetime
    status: Status = Status.PENDING
    national_id: LaporTicket | None = None
    tracking_number: TrackingNumber | None = None
    received_at: datetime | None = None
    report: Report | None = None
    case: Case | None = None
    waiting: tuple[FollowUp, ...] = ()
    filing: int | None = None
    follow_ups: int = 0
    erased: bool = False
    restricted: bool = False

    def mirror(self) -> Mirror:
        """The state that events carry."""
        told = Status.PENDING if self.status is Status.SKIPPED else self.status
        return Mirror(
            complaint_id=self.complaint_id,
            status=MirrorStatus(told.value),
            national_id=self.national_id,
            follow_ups=self.follow_ups,
            received_at=self.received_at,
            changed_at=self.changed_at,
            erased=self.erased,
        )


@dataclass(frozen=True, slots=True)
class File:
    """To do: file the complaint."""


@dataclass(frozen=True, slots=True)
class Follow:
    """To do: tell the national system what became of the case."""

    fact: FollowUp


Task = File | Follow


def mirrored(kind: Kind) -> bool:
    """Whether reports of this class go to the national system: all but whistle-blowing."""
    return kind is not Kind.WHISTLEBLOWING


def receive(
    entry: Entry | None, report: Report, now: datetime
) -> tuple[Entry | None, tuple[Task, ...]]:
    """A report has arrived; case facts that waited for it take effect now, in their order.

    One that began at the national system is there already: it is followed up, never filed.
    """
    if not mirrored(report.kind) or (entry is not None and entry.erased):
        return entry, ()
    known = replace(
        entry or Entry(report.complaint_id, now),
        report=report,
        tracking_number=report.tracking_number,
        received_at=report.received_at,
        changed_at=now,
        waiting=(),
    )
    waited = sorted(entry.waiting if entry else (), key=lambda fact: fact.sequence)
    if report.national_id is not None:
        there = replace(filed(known, report.national_id, now), filing=_BEGAN_THERE)
        return there, tuple(Follow(fact) for fact in waited)
    if not waited:
        return known, ()
    first, *later = waited
    return replace(known, filing=first.sequence), (*_filing(first), *map(Follow, later))


def advance(
    entry: Entry | None, case: Case, fact: FollowUp, now: datetime, *, newest: bool
) -> tuple[Entry | None, tuple[Task, ...]]:
    """A case fact: the first files the complaint, every other one follows it up.

    Args:
        entry: the line so far.
        case: the case's state after the fact.
        fact: what a follow-up would tell.
        now: domain clock, UTC.
        newest: a late fact has its effect and leaves the newer state alone.
    """
    if not mirrored(case.kind) or (entry is not None and entry.erased):
        return entry, ()
    known = entry or Entry(case.complaint_id, now)
    if newest or known.case is None:
        known = replace(known, case=case, changed_at=now)
    if known.report is None:
        return replace(known, waiting=(*known.waiting, fact)), ()
    if known.filing is None:
        return replace(known, filing=fact.sequence), _filing(fact)
    return known, (Follow(fact),)


def _filing(first: FollowUp) -> tuple[Task, ...]:
    """The filing says where the case stands; what is not the city's is then handed on."""
    return (File(), Follow(first)) if first.act is Act.HANDED_ON else (File(),)


def erase(entry: Entry, now: datetime) -> Entry:
    """The line without any word of a person; what the national system has stays known."""
    return replace(entry, report=None, case=None, waiting=(), erased=True, changed_at=now)


def filed(entry: Entry, national_id: LaporTicket, now: datetime) -> Entry:
    """The national system has it."""
    return replace(entry, status=Status.FILED, national_id=national_id, changed_at=now)


def began_there(entry: Entry) -> bool:
    """Whether the complaint came to us from the national system."""
    return entry.filing == _BEGAN_THERE


def received_by(entry: Entry | None) -> tuple[str, ...]:
    """What the national system has of a complaint, for its reporter."""
    if entry is None:
        return ()
    if entry.national_id is not None:
        return (f"{SYSTEM} {entry.national_id}",)
    return (f"{SYSTEM} (may have been received)",) if entry.status is Status.UNKNOWN else ()
