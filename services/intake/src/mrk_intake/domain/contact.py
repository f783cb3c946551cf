"""A reporter corrects how they are reached: what the vault keeps then, and what others are told."""

from typing import Final

from mrk_intake.domain.private import Identity
from mrk_intake.domain.submission import ReporterIn
from mrk_schemas.ids import ReporterRef
from mrk_schemas.reports import Channel, Report, ReportContactChanged

MOST: Final = 20
"""Changes of one report's contact: each may send a message to an address that was typed."""


class ContactIn(ReporterIn):
    """How to reach the reporter. In a `PATCH`: what is left out stays, null takes it away."""


def corrected(before: Identity | None, given: ContactIn, *, whole: bool) -> Identity:
    """What the vault keeps from now on; nothing of what it kept before is needed any more.

    Args:
        before: what it keeps now; None where the reporter said nothing of themselves.
        given: the correction.
        whole: it takes everything's place, rather than of what it names.
    """
    changes = given.model_dump(exclude_unset=not whole)
    return (before or Identity()).model_copy(update=changes)


def channels(identity: Identity) -> tuple[Channel, ...]:
    """By what the reporter can be reached, in a fixed order."""
    by = ((Channel.EMAIL, identity.email), (Channel.PHONE, identity.phone))
    return tuple(channel for channel, address in by if address is not None)


def told(report: Report, reporter: ReporterRef, identity: Identity) -> ReportContactChanged:
    """What other services are told: a reference where there is a way, and never the address.

    Args:
        report: its state before.
        reporter: names the reporter to role `internal`.
        identity: what the vault keeps now.
    """
    by = channels(identity)
    after = report.model_copy(
        update={"reporter": reporter if by else None, "locale": identity.locale}
    )
    return ReportContactChanged(report=after, channels=by)
