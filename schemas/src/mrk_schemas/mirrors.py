"""``complaint.mirrors.v1`` and ``complaint.imports.v1``: what the bridge says."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mrk_schemas.base import Contract, EventBody, Instant, Text, Words
from mrk_schemas.ids import AgencyCode, ComplaintIdField, LaporTicket
from mrk_schemas.reports import Kind, Place


class MirrorStatus(StrEnum):
    """What we know of the national copy."""

    PENDING = "pending"
    FILED = "filed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Mirror(Contract):
    """The full current state of a complaint's mirror."""

    complaint_id: ComplaintIdField
    status: MirrorStatus
    national_id: LaporTicket | None = None
    follow_ups: int = 0
    received_at: Instant | None = None
    """When intake received the report."""
    changed_at: Instant
    erased: bool = False


class MirrorEvent(EventBody):
    """What all mirror facts carry."""

    mirror: Mirror


class MirrorFiled(MirrorEvent):
    """SP4N-LAPOR! has the complaint under ``national_id``."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.filed.v1"


class MirrorFollowedUp(MirrorEvent):
    """A follow-up reached the national copy."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.followed-up.v1"
    case_version: int = Field(ge=1)


class MirrorRefused(MirrorEvent):
    """SP4N-LAPOR! refused the filing."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.refused.v1"
    reason: Text


class MirrorBecameUnknown(MirrorEvent):
    """The answer was lost: it is looked up, or a person decides; it is never resent blindly."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.became-unknown.v1"


class MirrorHandedOver(MirrorEvent):
    """At SP4N-LAPOR! the complaint was given to another institution."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.handed-over.v1"
    institution: Text
    """Its name there."""
    agency: AgencyCode | None = None
    """The agency of the city pack that it is; absent where the pack does not know it."""


class MirrorAnswered(MirrorEvent):
    """An institution answered at SP4N-LAPOR!; ``note`` are its masked words."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.answered.v1"
    institution: Text
    """Its name there."""
    agency: AgencyCode | None = None
    note: Words | None = Field(default=None, max_length=8000)
    final: bool = False
    """Whether it says that the complaint is finished (Selesai)."""


class MirrorErased(MirrorEvent):
    """The bridge blanked its copies: the acknowledgement of ``report.erased.v1``."""

    TYPE: ClassVar[str] = "id.go.medan.mirror.erased.v1"
    received_by: tuple[Text, ...] = ()
    """What SP4N-LAPOR! had already received, ``(may have been received)`` where unknown."""


class ComplaintImported(EventBody):
    """A complaint that began at SP4N-LAPOR!; its id is UUIDv5 of the national id."""

    TYPE: ClassVar[str] = "id.go.medan.complaint.imported.v1"
    complaint_id: ComplaintIdField
    national_id: LaporTicket
    kind: Kind
    text: Words
    place: Place | None = None
    anonymous: bool
    confidential: bool
    received_at: Instant
