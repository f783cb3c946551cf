"""``complaint.reports.v1``: what intake says of a report."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from mrk_schemas.base import Contract, Erasable, EventBody, Instant, Text, Words
from mrk_schemas.ids import (
    CategoryCode,
    ComplaintIdField,
    DistrictCode,
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


class Report(Contract):
    """The full current state of a report. Whistle-blowing carries neither text nor place."""

    complaint_id: ComplaintIdField
    tracking_number: TrackingNumber
    kind: Kind
    category: CategoryCode | None = None
    text: Words | None = Field(default=None, max_length=8000)
    place: Place | None = None
    anonymous: bool
    confidential: bool
    reporter: ReporterRefField | None = None
    """Absent where the reporter left no way to be reached."""
    locale: Locale = Locale.ID
    channel: Text = "api"
    photos: Annotated[tuple[Text, ...], Erasable()] = ()
    """SHA-256 of its photos and documents as they are kept, in hexadecimal; of a hidden report
    none."""
    emergency: bool = False
    occurred_at: Instant | None = None
    received_at: Instant
    erased: bool = False


class ReportReceived(EventBody):
    """A resident's report is durably accepted."""

    TYPE: ClassVar[str] = "id.go.medan.report.received.v1"
    report: Report


class ReportErased(EventBody):
    """The reporter's data is erased: every service blanks its copies and acknowledges."""

    TYPE: ClassVar[str] = "id.go.medan.report.erased.v1"
    report: Report
    erased_at: Instant
