"""What followers are told: the public steps of a report that somebody else sent. Pure.

Its end they learn from what the reporter did, and not from the case: those facts stand on the topic
of their own following, in one order with it, so that nobody who follows misses the end. One that
no reporter ended is closed by the city: that fact is the case's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mrk_notify.domain.messages import Message, Notice
from mrk_schemas.base import EventBody
from mrk_schemas.cases import (
    CaseAssigned,
    CaseClosed,
    CaseEvent,
    CaseHandedOn,
    CaseProgressed,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    ClockName,
)
from mrk_schemas.ids import ReporterRef
from mrk_schemas.reports import (
    Locale,
    ReporterActed,
    ReportFollowed,
    ReportUnfollowed,
    ReportWithdrawn,
    SolutionConfirmed,
)

_OF_CASE: Final[dict[type[EventBody], Message]] = {
    CaseAssigned: Message.FOLLOWED_ASSIGNED,
    CaseHandedOn: Message.FOLLOWED_ASSIGNED,
    CaseReturned: Message.FOLLOWED_RETURNED,
    CaseProgressed: Message.FOLLOWED_PROGRESS,
    CaseResolved: Message.FOLLOWED_RESOLVED,
    CaseReopened: Message.FOLLOWED_REOPENED,
}
_ENDS: Final[dict[type[EventBody], Message]] = {
    ReportWithdrawn: Message.FOLLOWED_WITHDRAWN,
    SolutionConfirmed: Message.FOLLOWED_CLOSED,
    CaseClosed: Message.FOLLOWED_ENDED,
}
_STEPS: Final = {**_OF_CASE, **_ENDS}
_OWN_WORDS: Final = frozenset({CaseProgressed, CaseResolved, CaseReturned, CaseClosed})
"""Facts whose words are the city's; what the reporter said stands on the public page."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows.

    Attributes:
        ref: a pseudonym; intake's role `internal` knows the contact.
        locale: the language of their messages.
    """

    ref: ReporterRef
    locale: Locale


@dataclass(frozen=True, slots=True)
class Change:
    """A follower is new, or has ended."""

    complaint: str
    follower: Follower
    ended: bool


def changes(complaint: str, body: EventBody, here: Sequence[Follower]) -> list[Change]:
    """What a fact makes of the followers of its complaint.

    Args:
        here: who follows before it.
    """
    if isinstance(body, ReportFollowed):
        return [Change(complaint, Follower(body.follower, body.locale), ended=False)]
    if isinstance(body, ReportUnfollowed):
        return [Change(complaint, Follower(body.follower, body.report.locale), ended=True)]
    if type(body) in _ENDS:
        return [Change(complaint, each, ended=True) for each in here]
    return []


def after(here: Sequence[Follower], changed: Sequence[Change]) -> list[Follower]:
    """Who follows once these changes are made."""
    ended = {each.follower.ref for each in changed if each.ended}
    return [
        *(each for each in here if each.ref not in ended),
        *(each.follower for each in changed if not each.ended),
    ]


def welcome(fact: ReportFollowed) -> Notice:
    """What a new follower is told: what they follow, and how to stop."""
    report = fact.report
    return Notice(
        message=Message.FOLLOWING,
        complaint_id=report.complaint_id,
        reporter=fact.follower,
        locale=fact.locale,
        tracking_number=report.tracking_number,
        anonymous=False,
        agency=None,
        due_at=None,
        derivation=None,
        note=None,
        received_at=report.received_at,
    )


def told(body: EventBody, follower: Follower) -> Notice | None:
    """What a fact tells a follower; None where it tells nothing."""
    agency, due, note = None, None, None
    if isinstance(body, ReporterActed) and type(body) in _ENDS:
        message = _ENDS[type(body)]
        number, received = body.report.tracking_number, body.report.received_at
        complaint = body.report.complaint_id
    elif isinstance(body, CaseEvent) and type(body) in _STEPS:
        message, case = _STEPS[type(body)], body.case
        number, received, complaint = case.tracking_number, case.received_at, case.complaint_id
        agency = case.owner_name or case.owner
        if case.handed_on_at is None:  # the city's dates are not another authority's
            due = next((d.due_at for d in case.deadlines if d.clock is ClockName.RESOLUTION), None)
        note = body.note if type(body) in _OWN_WORDS else None
    else:
        return None
    return Notice(
        message=message,
        complaint_id=complaint,
        reporter=follower.ref,
        locale=follower.locale,
        tracking_number=number,
        anonymous=False,
        agency=agency,
        due_at=due,
        derivation=None,  # its words are in the reporter's language
        note=note,
        received_at=received,
    )
