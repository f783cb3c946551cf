"""The port to the national system: what any dialect must be able to do."""

from typing import Protocol

from mrk_schemas.ids import LaporTicket, TrackingNumber
from mrk_spanlapor_bridge.domain.filing import Filing, Reporter
from mrk_spanlapor_bridge.domain.follow_up import FollowUp
from mrk_spanlapor_bridge.domain.reply import Reply


class National(Protocol):
    """One dialect of SP4N-LAPOR!. Codes, headers and paths are its own affair."""

    async def file(self, filing: Filing, reporter: Reporter) -> Reply:
        """File a complaint; an acceptance carries its national id."""
        ...

    async def follow_up(self, national_id: LaporTicket, fact: FollowUp) -> Reply:
        """Add to a complaint's history; an acceptance carries the entry's id."""
        ...

    async def find_filing(self, reference: TrackingNumber) -> LaporTicket | None:
        """The oldest complaint that carries our reference, or None.

        Raises:
            CannotAskError: there is no answer now, or no such look-up at all.
        """
        ...

    async def find_follow_up(self, national_id: LaporTicket, fact: FollowUp) -> str | None:
        """The id of the entry that carries this follow-up's marker, or None.

        Raises:
            CannotAskError: there is no answer now.
        """
        ...
