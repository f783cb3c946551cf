"""Following a report that somebody else sent: who may, which reports, and what is told of it."""

from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from mrk_intake.domain.actions import Refusal
from mrk_intake.domain.private import Identity
from mrk_intake.domain.public import OPEN
from mrk_intake.domain.submission import ReporterIn
from mrk_schemas.ids import ReporterRef
from mrk_schemas.reports import Kind, Report, ReportFollowed, ReportUnfollowed

LAST: Final = frozenset({"followed_withdrawn", "followed_closed", "followed_ended"})
"""What notify tells followers last: with its receipt their contact has served its purpose."""

_AT_WORK: Final = OPEN | {"disputed"}

NO_COMPLAINT: Final = Refusal(
    "not-a-complaint",
    ("Hanya pengaduan yang bisa diikuti.", "Only a complaint can be followed."),
    (
        "Lihat perkembangannya di halaman laporan, atau kirim laporan sendiri.",
        "See what happens on the report's page, or send a report of your own.",
    ),
)
NOT_OPEN: Final = Refusal(
    "not-open",
    ("Laporan ini sudah selesai atau ditutup.", "This report is solved or closed."),
    (
        "Kirim laporan baru bila masalahnya masih ada.",
        "Send a new report if the problem is still there.",
    ),
)
STOPPED: Final = Refusal(
    "follow-ended",
    (
        "Dengan kunci ini laporan pernah diikuti, dan itu sudah berakhir.",
        "With this key the report was followed before, and that has ended.",
    ),
    ("Buat kunci baru untuk mengikuti lagi.", "Make a new key to follow it again."),
)


class FollowIn(BaseModel):
    """Who wants to be told of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    contact: ReporterIn = Field(
        description="As a reporter's, with an e-mail address or a phone number; kept encrypted,"
        " never published, destroyed when following ends"
    )

    @field_validator("contact", mode="after")
    @classmethod
    def _reachable(cls, value: ReporterIn) -> ReporterIn:
        if not value.reachable:
            raise PydanticCustomError("unreachable", "neither e-mail nor phone")
        return value


@dataclass(frozen=True, slots=True)
class Follower:
    """A new follower.

    Attributes:
        id: a pseudonym: random, it reveals nothing.
        identity: for the vault.
    """

    id: UUID
    identity: Identity

    @classmethod
    def of(cls, id_: UUID, contact: ReporterIn) -> Self:
        """From what was sent."""
        return cls(
            id_,
            Identity(
                name=contact.name, phone=contact.phone, email=contact.email, locale=contact.locale
            ),
        )

    @property
    def reachable_by(self) -> tuple[str, ...]:
        """By what they can be reached."""
        ways = {"email": self.identity.email, "phone": self.identity.phone}
        return tuple(name for name, given in ways.items() if given is not None)

    @property
    def address(self) -> bytes:
        """What makes two contacts the same: the e-mail address, or the phone number without one.

        Case is not counted: no mail server in use tells two people apart by it.
        """
        if self.identity.email is not None:
            return f"email:{self.identity.email.casefold()}".encode()
        return f"phone:{self.identity.phone}".encode()


def refusal(kind: Kind, state: str) -> Refusal | None:
    """Why a public report cannot be followed now; None where it can.

    Args:
        kind: the report's.
        state: the timeline's (`timeline.state_of`).
    """
    if kind is not Kind.COMPLAINT:
        return NO_COMPLAINT
    return None if state in _AT_WORK else NOT_OPEN


def followed(report: Report, follower: Follower, followers: int) -> ReportFollowed:
    """What is told of a new follower; no personal data.

    Args:
        report: its state before, as the last event told it.
        follower: the new one.
        followers: how many there are with them.
    """
    return ReportFollowed(
        report=report.model_copy(update={"followers": followers}),
        follower=ReporterRef(str(follower.id)),
        reachable_by=follower.reachable_by,
        locale=follower.identity.locale,
    )


def unfollowed(report: Report, follower: UUID, followers: int) -> ReportUnfollowed:
    """What is told of one who stopped; `followers` is how many there are without them."""
    return ReportUnfollowed(
        report=report.model_copy(update={"followers": followers}),
        follower=ReporterRef(str(follower)),
    )
