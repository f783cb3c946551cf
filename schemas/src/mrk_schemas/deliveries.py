"""``complaint.deliveries.v1``: receipts of what notify told the resident."""

from enum import StrEnum
from typing import ClassVar

from mrk_schemas.base import Contract, EventBody, Instant, Text
from mrk_schemas.ids import ComplaintIdField, ReporterRefField


class DeliveryStatus(StrEnum):
    """How a message ended."""

    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(Contract):
    """One message to one recipient over one channel."""

    complaint_id: ComplaintIdField
    message: Text
    """Which message: ``received``, ``triage``, ``assigned``, ``accepted``, …"""
    about: Text
    """``ce_id`` of the fact that caused it."""
    channel: Text
    status: DeliveryStatus
    attempts: int = 0
    reason: Text | None = None
    received_at: Instant | None = None
    changed_at: Instant
    follower: ReporterRefField | None = None
    """Who was to be told; absent where it was the reporter."""


class DeliveryEvent(EventBody):
    """What all receipts carry."""

    delivery: Delivery


class MessageSent(DeliveryEvent):
    """The recipient's mail server, or another channel's gateway, took the message."""

    TYPE: ClassVar[str] = "id.go.medan.message.sent.v1"


class MessageFailed(DeliveryEvent):
    """The message was refused for good."""

    TYPE: ClassVar[str] = "id.go.medan.message.failed.v1"


class MessageSkipped(DeliveryEvent):
    """There was nobody to tell: no contact, or erased."""

    TYPE: ClassVar[str] = "id.go.medan.message.skipped.v1"


class DeliveryErased(EventBody):
    """Notify blanked its copies: the acknowledgement of ``report.erased.v1``."""

    TYPE: ClassVar[str] = "id.go.medan.delivery.erased.v1"
    complaint_id: ComplaintIdField
    erased_at: Instant
    received_by: tuple[Text, ...] = ()
    """Channels over which messages had already gone out."""
