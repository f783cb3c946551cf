"""Where a report stands now: who has it, since when, what is due when, its national number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mrk_intake.domain.timeline import ENDS, Placed, merged, state_of
from mrk_schemas.cases import ClockName

_HOLDS: Final = frozenset({"assigned", "accepted", "progress", "resolved", "reopened"})
_LETS_GO: Final = frozenset({"triage", "returned"})


@dataclass(frozen=True, slots=True)
class DueDate:
    """When a clock runs out (UTC), and how that date was reckoned, in the reporter's language."""

    clock: ClockName
    at: datetime
    derivation: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a report stands.

    Attributes:
        state: as the API tells it: `received`, the state of its case, or what its reporter made
            of it.
        holder: the agency that has it; None while it is with the city's dispatchers.
        since: since when, UTC.
        dues: as the newest step that tells them.
        national_id: its number at SP4N-LAPOR!.
    """

    state: str
    holder: str | None
    since: datetime
    dues: tuple[DueDate, ...]
    national_id: str | None

    @property
    def ended(self) -> bool:
        """Whether its reporter has ended it: nobody works on it, and nothing is due."""
        return self.state in ENDS

    def late(self, due: DueDate, now: datetime) -> bool:
        """Whether the report should have been solved by now.

        Of the other clocks the timeline does not say when they stopped.
        """
        over = self.ended or self.state == "resolved"
        return due.clock is ClockName.RESOLUTION and not over and now > due.at


def standing(received_at: datetime, placed: Sequence[Placed]) -> Standing:
    """What the steps of a report come to.

    Args:
        received_at: when the report was received, UTC.
        placed: its steps, in any order.
    """
    holder: str | None = None
    code: str | None = None
    since = received_at
    dues: tuple[DueDate, ...] = ()
    national_id: str | None = None
    for each in merged(placed):
        step, detail = each.step, each.step.detail
        if step.type in _HOLDS and detail.get("agency") != code:
            code, since = detail.get("agency"), step.at
            holder = detail.get("agency_name") or code
        elif step.type in _LETS_GO:
            holder, code, since = None, None, step.at
        if "deadlines" in detail:
            dues = tuple(
                DueDate(
                    ClockName(due["clock"]),
                    datetime.fromisoformat(due["due_at"]),
                    due["derivation"],
                )
                for due in detail["deadlines"]
            )
        national_id = detail.get("national_id", national_id)
    return Standing(state_of(placed), holder, since, dues, national_id)
