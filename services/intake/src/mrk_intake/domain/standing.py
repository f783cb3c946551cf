"""Where a report stands now: who has it, since when, what is due when, its national number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mrk_intake.domain.timeline import ENDS, WAITING, Placed, merged, open_question, state_of
from mrk_schemas.cases import ClockName

_HOLDS: Final = frozenset({"assigned", "accepted", "progress", "resolved", "reopened", "asked"})
_LETS_GO: Final = frozenset({"triage", "returned"})


@dataclass(frozen=True, slots=True)
class DueDate:
    """When a clock runs out (UTC), and how that date was reckoned, in the reporter's language."""

    clock: ClockName
    at: datetime
    derivation: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the agency wants to know of the reporter, masked; empty once it was blanked.

    Attributes:
        until: when the agency goes on without an answer, UTC.
        derivation: how that date was reckoned, in the reporter's language.
    """

    text: str
    until: datetime | None
    derivation: str | None


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
        holder_names: the holder's names by language, where they were told.
        question: that waits for the reporter's answer; for the reporter's eyes.
    """

    state: str
    holder: str | None
    since: datetime
    dues: tuple[DueDate, ...]
    national_id: str | None
    holder_names: Mapping[str, str] = field(default_factory=dict)
    question: Question | None = None

    @property
    def paused(self) -> bool:
        """Whether the clock of the solution stands still: the agency waits for the reporter."""
        return self.state == WAITING

    @property
    def ended(self) -> bool:
        """Whether its reporter has ended it: nobody works on it, and nothing is due."""
        return self.state in ENDS

    def late(self, due: DueDate, now: datetime) -> bool:
        """Whether the report should have been solved by now.

        Of the other clocks the timeline does not say when they stopped.
        """
        over = self.ended or self.paused or self.state == "resolved"
        return due.clock is ClockName.RESOLUTION and not over and now > due.at


def standing(received_at: datetime, placed: Sequence[Placed]) -> Standing:
    """What the steps of a report come to.

    Args:
        received_at: when the report was received, UTC.
        placed: its steps, in any order.
    """
    holder: str | None = None
    names: Mapping[str, str] = {}
    code: str | None = None
    since = received_at
    dues: tuple[DueDate, ...] = ()
    national_id: str | None = None
    for each in merged(placed):
        step, detail = each.step, each.step.detail
        if step.type in _HOLDS and detail.get("agency") != code:
            code, since = detail.get("agency"), step.at
            holder, names = detail.get("agency_name") or code, detail.get("agency_names", {})
        elif step.type in _LETS_GO:
            holder, names, code, since = None, {}, None, step.at
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
    return Standing(state_of(placed), holder, since, dues, national_id, names, _asked(placed))


def _asked(placed: Sequence[Placed]) -> Question | None:
    found = open_question(placed)
    if found is None:
        return None
    detail = found.step.detail
    until = detail.get("answer_by")
    return Question(
        detail.get("note", ""),
        datetime.fromisoformat(until) if until else None,
        detail.get("answer_by_derivation"),
    )
