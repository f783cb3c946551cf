"""What stands in the vault alone, and who may have which part of it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Kind, Locale


class _Sealed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_json(self) -> bytes:
        """Absent values are left out."""
        return self.model_dump_json(exclude_none=True).encode()


class Identity(_Sealed):
    """Who reported."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    locale: Locale = Locale.ID


class Original(_Sealed):
    """What was reported, as written, with what its event must not carry."""

    text: str
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    category: CategoryCode | None = None
    occurred_at: datetime | None = None
    attributes: dict[str, tuple[str, ...]] | None = None


class Resource(StrEnum):
    """What other services may ask of role `internal`."""

    CONTACT = "contact"
    PLACE = "place"
    DETAILS = "details"
    ATTACHMENTS = "attachments"
    PROOFS = "proofs"


NOTIFY: Final = "notify"
BRIDGE: Final = "spanlapor-bridge"
ROUTING: Final = "routing"

_CALLERS: Final = {
    Resource.CONTACT: frozenset({NOTIFY, BRIDGE}),
    Resource.PLACE: frozenset({ROUTING}),
    Resource.DETAILS: frozenset({ROUTING}),
    Resource.ATTACHMENTS: frozenset({ROUTING, BRIDGE}),
    Resource.PROOFS: frozenset({ROUTING}),
}


def may_ask(caller: str, resource: Resource) -> bool:
    """Whether a service may ask for this kind of thing at all."""
    return caller in _CALLERS[resource]


def contact_shown(caller: str, kind: Kind, *, anonymous: bool, follower: bool = False) -> bool:
    """Whether the identity of a reporter, or of a follower, is shown to this service.

    The national system never learns who reported anonymously, and hears nothing of
    whistle-blowing; the reporter's own messages need the address in both cases. Of a follower,
    who sent it nothing, it learns nothing at all.
    """
    if caller == BRIDGE:
        return not follower and not anonymous and kind is not Kind.WHISTLEBLOWING
    return caller == NOTIFY


def place_shown(kind: Kind, *, confidential: bool) -> bool:
    """Whether there is a confidential place, or detail, to ask for: others are in the event."""
    return confidential and kind is not Kind.WHISTLEBLOWING


def attachments_shown(caller: str, kind: Kind, *, confidential: bool) -> bool:
    """Whether a report's photos and documents are shown to this service.

    The owning agency sees a confidential report's at routing's desk; the national system sees what
    the public sees; whistle-blowing has no case and no copy.
    """
    if kind is Kind.WHISTLEBLOWING:
        return False
    return caller == ROUTING or (caller == BRIDGE and not confidential)


def public(kind: Kind, *, confidential: bool) -> bool:
    """Whether the public sees the timeline."""
    return not confidential and kind is not Kind.WHISTLEBLOWING
