"""Which fact becomes which message, and what it says: pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from mrk_schemas.cases import (
    Case,
    CaseAccepted,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseEscalated,
    CaseEvent,
    CaseHandedOn,
    CaseMerged,
    CaseProgressed,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseReturned,
    CaseSentToTriage,
    CaseWithdrawn,
    ClockName,
)
from mrk_schemas.ids import ReporterRef
from mrk_schemas.reports import Channel, Kind, Locale, ReportContactChanged, ReportReceived


class Message(StrEnum):
    """What a resident is told; each is a template in both languages."""

    RECEIVED = "received"
    RECEIVED_IN_CONFIDENCE = "received_in_confidence"
    REACHED = "reached"
    TRIAGE = "triage"
    ASSIGNED = "assigned"
    HANDED_ON = "handed_on"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    PROGRESS = "progress"
    ASKED = "asked"
    UNANSWERED = "unanswered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    REOPENED_BY_ANOTHER = "reopened_by_another"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    LAPSED = "lapsed"
    ENDED = "ended"
    ESCALATED = "escalated"
    FOLLOWING = "following"
    FOLLOWED_ASSIGNED = "followed_assigned"
    FOLLOWED_RETURNED = "followed_returned"
    FOLLOWED_PROGRESS = "followed_progress"
    FOLLOWED_RESOLVED = "followed_resolved"
    FOLLOWED_REOPENED = "followed_reopened"
    FOLLOWED_WITHDRAWN = "followed_withdrawn"
    FOLLOWED_CLOSED = "followed_closed"
    FOLLOWED_ENDED = "followed_ended"


TO_FOLLOWERS: Final = frozenset(
    message for message in Message if message.value.startswith("follow")
)
"""What is told to those who follow a report that somebody else sent."""

RECEIPTS: Final = frozenset({Message.RECEIVED, Message.RECEIVED_IN_CONFIDENCE})
"""The first message of a complaint: the one that the time to notify is measured by."""

_OF_CASE: Final[dict[type[CaseEvent], Message]] = {
    CaseSentToTriage: Message.TRIAGE,
    CaseAssigned: Message.ASSIGNED,
    CaseHandedOn: Message.HANDED_ON,
    CaseAccepted: Message.ACCEPTED,
    CaseReturned: Message.RETURNED,
    CaseProgressed: Message.PROGRESS,
    CaseAsked: Message.ASKED,
    CaseResumed: Message.UNANSWERED,
    CaseResolved: Message.RESOLVED,
    CaseReopened: Message.REOPENED,
    CaseMerged: Message.MERGED,
    CaseWithdrawn: Message.WITHDRAWN,
    CaseConfirmed: Message.CLOSED,
    CaseClosed: Message.ENDED,
    CaseEscalated: Message.ESCALATED,
}

_LAPSED: Final = "confirmation-window"
"""Why a case was closed: its solution was not disputed in time."""

_REPORTER: Final = "reporter"
"""Who acted, where it was the report's own reporter."""

_OF_THE_AGENCY: Final = frozenset({"officer", "head"})
"""Levels within the agency itself: reporters are told of those above it. Every city pack that has
such levels calls them so."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one reporter or follower, before anybody's name or address is known.

    Attributes:
        reporter: who is told, by their pseudonym.
        anonymous: no message names the reporter: neither where the report hides who sent it, nor
            a whistle-blower.
        due_at: the next deadline that matters to the reader, UTC; of a question, the reader's own.
        derivation: how that date was reckoned, in the reader's language.
        note: the masked words of whoever acted.
        level: who above the agency was told that it is late, in the reader's language.
    """

    message: Message
    complaint_id: str
    reporter: ReporterRef
    locale: Locale
    tracking_number: str
    anonymous: bool
    agency: str | None
    due_at: datetime | None
    derivation: str | None
    note: str | None
    received_at: datetime
    level: str | None = None

    @property
    def follower(self) -> ReporterRef | None:
        """The follower whom it is for; None where it is for the reporter."""
        return self.reporter if self.message in TO_FOLLOWERS else None

    def to_payload(self, about: str) -> dict[str, Any]:
        """As a work row keeps it; `about` is the fact's ``ce_id``."""
        return {
            "message": self.message.value,
            "complaint_id": self.complaint_id,
            "reporter": self.reporter,
            "locale": self.locale.value,
            "tracking_number": self.tracking_number,
            "anonymous": self.anonymous,
            "agency": self.agency,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "derivation": self.derivation,
            "note": self.note,
            "received_at": self.received_at.isoformat(),
            "level": self.level,
            "about": about,
        }

    @classmethod
    def of_payload(cls, payload: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_payload`.

        Raises:
            KeyError, ValueError: the payload was blanked, or is none of ours.
        """
        due = payload["due_at"]
        return cls(
            message=Message(payload["message"]),
            complaint_id=payload["complaint_id"],
            reporter=ReporterRef(payload["reporter"]),
            locale=Locale(payload["locale"]),
            tracking_number=payload["tracking_number"],
            anonymous=payload["anonymous"],
            agency=payload["agency"],
            due_at=datetime.fromisoformat(due) if due else None,
            derivation=payload["derivation"],
            note=payload["note"],
            received_at=datetime.fromisoformat(payload["received_at"]),
            level=payload.get("level"),
        )


def of_report(fact: ReportReceived) -> Notice | None:
    """The receipt; None where the reporter left no way to be reached.

    A whistle-blower's receipt says nothing of the matter.
    """
    report = fact.report
    if report.reporter is None:
        return None
    whistle = report.kind is Kind.WHISTLEBLOWING
    return Notice(
        message=Message.RECEIVED_IN_CONFIDENCE if whistle else Message.RECEIVED,
        complaint_id=report.complaint_id,
        reporter=report.reporter,
        locale=report.locale,
        tracking_number=report.tracking_number,
        anonymous=report.anonymous or whistle,
        agency=None,
        due_at=None,
        derivation=None,
        note=None,
        received_at=report.received_at,
    )


def of_contact(fact: ReportContactChanged) -> Notice | None:
    """To the address that is on record now; None where there is none that we write to.

    Whoever left no contact learns by it that it arrives. It says nothing of the matter, as for
    whistle-blowing it must not.
    """
    report = fact.report
    if report.reporter is None or Channel.EMAIL not in fact.channels:
        return None
    return Notice(
        message=Message.REACHED,
        complaint_id=report.complaint_id,
        reporter=report.reporter,
        locale=report.locale,
        tracking_number=report.tracking_number,
        anonymous=report.anonymous or report.kind is Kind.WHISTLEBLOWING,
        agency=None,
        due_at=None,
        derivation=None,
        note=None,
        received_at=report.received_at,
    )


def of_case(fact: CaseEvent) -> Notice | None:
    """What a case's fact tells the reporter; None where nobody can be reached, or need know."""
    case = fact.case
    if case.reporter is None or case.kind is Kind.WHISTLEBLOWING:
        return None
    message = _message(fact)
    if message is None:
        return None
    due_at, derivation = _due(message, case)
    return Notice(
        message=message,
        complaint_id=case.complaint_id,
        reporter=case.reporter,
        locale=case.locale,
        tracking_number=case.tracking_number,
        anonymous=case.anonymous,
        agency=_agency(case),
        due_at=due_at,
        derivation=derivation,
        note=fact.note,
        received_at=case.received_at,
        level=_level(case) if message is Message.ESCALATED else None,
    )


def _message(fact: CaseEvent) -> Message | None:
    if isinstance(fact, CaseClosed) and fact.reason == _LAPSED:
        return Message.LAPSED
    if isinstance(fact, CaseReopened) and fact.by != _REPORTER:
        return Message.REOPENED_BY_ANOTHER
    if isinstance(fact, CaseEscalated):
        reached = fact.case.escalation
        if reached is None or reached.level in _OF_THE_AGENCY:
            return None
    return _OF_CASE[type(fact)]


def _level(case: Case) -> str | None:
    reached = case.escalation
    if reached is None:
        return None
    return getattr(reached.names, case.locale.value) or reached.names.id or reached.level


def _due(message: Message, case: Case) -> tuple[datetime | None, str | None]:
    if message is Message.ASKED:
        waiting = case.waiting
        return (waiting.until, waiting.derivation) if waiting is not None else (None, None)
    clock = _clock(message)
    due = next((d for d in case.deadlines if d.clock is clock), None)
    return (due.due_at, due.derivation) if due is not None else (None, None)


def _clock(message: Message) -> ClockName | None:
    if message is Message.TRIAGE:
        return ClockName.VERIFICATION
    if message is Message.ASSIGNED:
        return ClockName.FIRST_RESPONSE
    if message in {Message.REOPENED_BY_ANOTHER, Message.MERGED}:
        return ClockName.RESOLUTION
    if message in {Message.ACCEPTED, Message.PROGRESS, Message.REOPENED, Message.UNANSWERED}:
        return ClockName.RESOLUTION
    return None


def _agency(case: Case) -> str | None:
    names = case.owner_names
    told = getattr(names, case.locale.value) if names is not None else None
    return told or case.owner_name or case.owner
