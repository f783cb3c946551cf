"""Receipts: what a resident was told, and that copies are gone after an erasure."""

from datetime import datetime
from typing import Any, Final

from mrk_delivery.events import Event
from mrk_delivery.tx import Tx
from mrk_delivery.work_store import ERASED_IN_DOUBT
from mrk_notify.domain.messages import TO_FOLLOWERS
from mrk_schemas.deliveries import (
    Delivery,
    DeliveryErased,
    DeliveryStatus,
    MessageFailed,
    MessageSent,
    MessageSkipped,
)
from mrk_schemas.ids import ComplaintId, ReporterRef
from mrk_schemas.registry import DELIVERIES

# `repeated`: an earlier call may have been received; the reason: its answer was never known
_GONE_OUT: Final = """
select exists (
    select 1 from work where key = $1 and (state = 'done' or repeated or reason = $2)
)
"""
_MODELS: Final = {
    DeliveryStatus.SENT: MessageSent,
    DeliveryStatus.FAILED: MessageFailed,
    DeliveryStatus.SKIPPED: MessageSkipped,
}


def receipt(  # noqa: PLR0913  # a receipt has so many facts
    payload: dict[str, Any],
    status: DeliveryStatus,
    *,
    key: str,
    attempts: int,
    reason: str | None,
    now: datetime,
) -> Event:
    """The event about one message's end; a blanked payload still names message and fact."""
    received = payload.get("received_at")
    body = _MODELS[status](
        delivery=Delivery(
            complaint_id=ComplaintId(key),
            message=payload.get("message", "erased"),
            about=payload.get("about", "erased"),
            channel="email",
            status=status,
            attempts=attempts,
            reason=reason,
            received_at=datetime.fromisoformat(received) if received else None,
            changed_at=now,
            follower=_follower(payload),
        )
    )
    return Event(DELIVERIES, key, body, now)


def _follower(payload: dict[str, Any]) -> ReporterRef | None:
    """The follower whom a message was for; None for the reporter's, or a blanked payload's."""
    told = payload.get("message") in TO_FOLLOWERS
    return ReporterRef(payload["reporter"]) if told else None


async def erased(tx: Tx, key: str, now: datetime) -> Event:
    """The acknowledgement of an erasure, with the channels over which messages had gone out."""
    gone_out = await tx.conn.fetchval(_GONE_OUT, key, ERASED_IN_DOUBT)
    body = DeliveryErased(
        complaint_id=ComplaintId(key),
        erased_at=now,
        received_by=("email",) if gone_out else (),
    )
    return Event(DELIVERIES, key, body, now, passes=True)
