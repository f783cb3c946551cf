"""``complaint.reports.v1``: what intake says of a report."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from mrk_schemas.base import Contract, Erasable, EventBody, Instant, Text, Words
from mrk_schemas.ids import (
    CategoryCode,
    ComplaintIdField,
    DistrictCode,
    LaporTicket,
    ReporterRefField,
    SubdistrictCode,
    TrackingNumber,
)


class Kind(StrEnum):
    """The national classes: pengaduan, aspirasi, permintaan informasi, WBS."""

    COMPLAINT = "complaint"
    ASPIRATION = "aspiration"
    INFORMATION = "information"
    WHISTLEBLOWING = "whistleblowing"


class Locale(StrEnum):
    """The reader's language."""

    ID = "id"
    EN = "en"


class Place(Contract):
    """Where it is. A confidential report carries only ``subdistrict`` and ``district``."""

    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    address: Words | None = Field(default=None, max_length=500)
    subdistrict: SubdistrictCode | None = None
    district: DistrictCode | None = None
    method: Text | None = None
    """How the kelurahan was found: ``centroid``, ``polygon`` or ``words``."""
    approximate: bool = True


class Attribute(Contract):
    """A detail that the category asks for: one value; a list of values is one entry each."""

    code: Text
    value: Words = Field(max_length=8000)
    """A key of the city pack's list, a number, an instant with its offset, or masked words."""


class Report(Contract):
    """The full current state of a report. Whistle-blowing carries neither text nor place."""

    complaint_id: ComplaintIdField
    tracking_number: TrackingNumber
    kind: Kind
    category: CategoryCode | None = None
    text: Words | None = Field(default=None, max_length=8000)
    place: Place | None = None
    attributes: tuple[Attribute, ...] | None = None
    """In the pack's order; of a confidential report, choices from lists alone."""
    anonymous: bool
    confidential: bool
    reporter: ReporterRefField | None = None
    """Absent where the reporter left no way to be reached."""
    locale: Locale = Locale.ID
    channel: Text = "api"
    national_id: LaporTicket | None = None
    """Its number at SP4N-LAPOR! where the report began there: it is never mirrored as new."""
    photos: Annotated[tuple[Text, ...], Erasable()] = ()
    """SHA-256 of its photos and documents as they are kept, in hexadecimal; of a hidden report
    none."""
    emergency: bool = False
    occurred_at: Instant | None = None
    received_at: Instant
    withdrawn: bool = False
    """The reporter took it back."""
    rating: int | None = Field(default=None, ge=1, le=5)
    """What the reporter last thought of the solution: 1 is bad, 5 is good."""
    followers: int | None = Field(default=None, ge=0)
    """How many residents follow it; absent where nobody ever did."""
    restricted: bool = False
    """Its reporter had its processing restricted: nothing of it is shown or handed on."""
    erased: bool = False


class ReportReceived(EventBody):
    """A resident's report is durably accepted."""

    TYPE: ClassVar[str] = "id.go.medan.report.received.v1"
    report: Report


class ReporterActed(EventBody):
    """What all facts of a reporter carry: the report after it, and their masked words.

    ``note`` is absent where the reporter said nothing, and always for whistle-blowing.
    """

    report: Report
    note: Words | None = Field(default=None, max_length=8000)


class InformationAdded(ReporterActed):
    """The reporter added information."""

    TYPE: ClassVar[str] = "id.go.medan.report.information-added.v1"


class QuestionAnswered(ReporterActed):
    """The reporter answered a question of the agency's."""

    TYPE: ClassVar[str] = "id.go.medan.report.answered.v1"
    question: int | None = Field(default=None, ge=1)
    """Which one, as :class:`Case.questions` counts them; absent where none was open any more."""


class ReportWithdrawn(ReporterActed):
    """The reporter took the report back."""

    TYPE: ClassVar[str] = "id.go.medan.report.withdrawn.v1"


class SolutionConfirmed(ReporterActed):
    """The reporter agrees that it is solved."""

    TYPE: ClassVar[str] = "id.go.medan.report.solution-confirmed.v1"


class SolutionDisputed(ReporterActed):
    """The reporter says that it is not solved."""

    TYPE: ClassVar[str] = "id.go.medan.report.solution-disputed.v1"


class SolutionRated(ReporterActed):
    """The reporter says how good the solution is; a later rating takes an earlier one's place."""

    TYPE: ClassVar[str] = "id.go.medan.report.solution-rated.v1"
    rating: int = Field(ge=1, le=5)


class FollowersChanged(EventBody):
    """What both facts of a follower carry: the report after it, and who it is, by a pseudonym."""

    report: Report
    follower: ReporterRefField


class ReportFollowed(FollowersChanged):
    """A resident has the same problem, follows this report, and is told of its public steps."""

    TYPE: ClassVar[str] = "id.go.medan.report.followed.v1"
    reachable_by: tuple[Text, ...] = ()
    """``email``, ``phone``, or both."""
    locale: Locale = Locale.ID


class ReportUnfollowed(FollowersChanged):
    """A follower stopped; their contact is destroyed."""

    TYPE: ClassVar[str] = "id.go.medan.report.unfollowed.v1"


class Channel(StrEnum):
    """A way to reach a reporter."""

    EMAIL = "email"
    PHONE = "phone"


class ReportContactChanged(EventBody):
    """The reporter set, changed or removed how they are reached. Never an address.

    The report after it tells whether there is a way (``reporter``) and the language of messages.
    """

    TYPE: ClassVar[str] = "id.go.medan.report.contact-changed.v1"
    report: Report
    channels: tuple[Channel, ...] = ()
    """By what; empty where the reporter took every way away."""


class ReportRestricted(EventBody):
    """Processing is restricted: no message, no copy and no showing until it is lifted."""

    TYPE: ClassVar[str] = "id.go.medan.report.restricted.v1"
    report: Report


class ReportRestrictionLifted(EventBody):
    """Processing goes on where it stood."""

    TYPE: ClassVar[str] = "id.go.medan.report.restriction-lifted.v1"
    report: Report


class ReportErased(EventBody):
    """The reporter's data is erased: every service blanks its copies and acknowledges."""

    TYPE: ClassVar[str] = "id.go.medan.report.erased.v1"
    report: Report
    erased_at: Instant
