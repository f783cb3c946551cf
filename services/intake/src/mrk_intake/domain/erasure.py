"""How far an erasure has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mrk_intake.domain.instants import instant
from mrk_schemas.base import EventBody
from mrk_schemas.cases import CaseErased
from mrk_schemas.deliveries import DeliveryErased
from mrk_schemas.mirrors import MirrorErased

SERVICES: Final = ("routing", "spanlapor-bridge", "notify")
"""Who must acknowledge an erasure."""

RETENTION: Final = timedelta(days=14)
"""How long the broker keeps records that were published before (`schemas/topics`)."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A service blanked its copies.

    Attributes:
        at: when, UTC.
        received_by: who outside had received the data before.
    """

    service: str
    at: datetime
    received_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErasureStatus:
    """Where an erasure stands.

    Attributes:
        waiting_for: services that have not acknowledged.
        done_at: when the last record that the broker still keeps is gone; None while a service
            is waited for.
    """

    erased_at: datetime
    acknowledged: tuple[Acknowledgement, ...]
    waiting_for: tuple[str, ...]
    done_at: datetime | None


def acknowledgement_of(body: EventBody, at: datetime) -> Acknowledgement | None:
    """The acknowledgement that a fact is; None where it is none."""
    match body:
        case CaseErased():
            return Acknowledgement("routing", at, body.received_by)
        case MirrorErased():
            return Acknowledgement("spanlapor-bridge", at, body.received_by)
        case DeliveryErased():
            return Acknowledgement("notify", at, body.received_by)
        case _:
            return None


def status(erased_at: datetime, acknowledged: Mapping[str, Acknowledgement]) -> ErasureStatus:
    """Where an erasure stands."""
    waiting = tuple(service for service in SERVICES if service not in acknowledged)
    known = tuple(sorted(acknowledged.values(), key=lambda a: a.service))
    last = max((a.at for a in known), default=erased_at)
    return ErasureStatus(
        erased_at, known, waiting, None if waiting else max(last, erased_at) + RETENTION
    )


def told(complaint: str, found: ErasureStatus) -> dict[str, Any]:
    """Where an erasure stands, as operators and reporters read it."""
    return {
        "complaint": complaint,
        "erased_at": instant(found.erased_at),
        "acknowledged": [
            {"service": a.service, "at": instant(a.at), "had_been_received_by": a.received_by}
            for a in found.acknowledged
        ],
        "waiting_for": found.waiting_for,
        "done_at": None if found.done_at is None else instant(found.done_at),
    }


def nothing_left() -> None:
    """Where nobody removes old rows at once: PostgreSQL's own vacuum does, later."""
