"""The bridge's events about a ledger's line."""

from mrk_delivery.events import Event
from mrk_schemas.mirrors import (
    MirrorBecameUnknown,
    MirrorErased,
    MirrorEvent,
    MirrorFiled,
    MirrorFollowedUp,
    MirrorRefused,
)
from mrk_schemas.registry import MIRRORS
from mrk_spanlapor_bridge.domain.ledger import Entry


def filed(entry: Entry) -> Event:
    """SP4N-LAPOR! has it."""
    return _event(entry, MirrorFiled(mirror=entry.mirror()))


def followed_up(entry: Entry, sequence: int) -> Event:
    """A follow-up arrived there."""
    return _event(entry, MirrorFollowedUp(mirror=entry.mirror(), case_version=sequence))


def refused(entry: Entry, reason: str) -> Event:
    """It was refused there."""
    return _event(entry, MirrorRefused(mirror=entry.mirror(), reason=reason))


def unknown(entry: Entry) -> Event:
    """Its answer was lost."""
    return _event(entry, MirrorBecameUnknown(mirror=entry.mirror()))


def erased(entry: Entry, received_by: tuple[str, ...]) -> Event:
    """Our copies are blank."""
    body = MirrorErased(mirror=entry.mirror(), received_by=received_by)
    return _event(entry, body, passes=True)


def _event(entry: Entry, body: MirrorEvent, *, passes: bool = False) -> Event:
    return Event(MIRRORS, entry.complaint_id, body, entry.changed_at, passes=passes)
