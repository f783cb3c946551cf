"""What anybody does with a case, and what it means to the reckoning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from tests.week.reckoning import Reckoning


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind of deed.

    Attributes:
        by: `agency`, `reporter`, `dispatcher` or `national`.
        told: the facts that tell it, in order.
        reckon: what it does to the clocks.
    """

    by: str
    told: tuple[str, ...]
    reckon: Callable[[Reckoning, datetime], None]


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "accept": Meaning("agency", ("accepted",), Reckoning.accepted),
        "return": Meaning("agency", ("returned", "sent-to-triage"), Reckoning.ownerless),
        "progress": Meaning("agency", ("progressed",), Reckoning.progressed),
        "ask": Meaning("agency", ("asked",), Reckoning.asked),
        "resolve": Meaning("agency", ("resolved",), Reckoning.solved),
        "inform": Meaning("reporter", ("information-added",), Reckoning.nothing),
        "answer": Meaning("reporter", ("answered",), Reckoning.answered),
        "withdraw": Meaning("reporter", ("withdrawn",), Reckoning.end),
        "confirm": Meaning("reporter", ("confirmed",), Reckoning.end),
        "dispute": Meaning("reporter", ("reopened",), Reckoning.disputed),
        "rate": Meaning("reporter", ("rated",), Reckoning.nothing),
        "assign": Meaning("dispatcher", ("assigned",), Reckoning.owned),
        "hand-on": Meaning("dispatcher", ("handed-on",), Reckoning.handed_on),
        "close": Meaning("dispatcher", ("closed",), Reckoning.end),
        "part": Meaning("dispatcher", ("unmerged",), Reckoning.parted),
        "give-back": Meaning("national", ("assigned",), Reckoning.owned),
        "lose": Meaning("national", ("sent-to-triage",), Reckoning.ownerless),
        "work-elsewhere": Meaning("national", ("progressed",), Reckoning.progressed),
        "solve-elsewhere": Meaning("national", ("resolved",), Reckoning.solved),
    }
)
SHARED = frozenset({
    "accept", "return", "progress", "resolve", "dispute", "assign", "hand-on", "close", "give-back",
    "lose", "work-elsewhere", "solve-elsewhere",
})  # fmt: skip
"""What is done with a case is done with each that is part of it."""

OPENINGS: Mapping[str, Callable[[Reckoning, datetime], None]] = MappingProxyType(
    {
        "assigned": Reckoning.owned,
        "handed-on": Reckoning.handed_on,
        "sent-to-triage": Reckoning.nothing,
    }
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is to be done.

    Attributes:
        after: not before this moment; an office does it when it is open.
        what: a kind of `MEANINGS`.
        to: the agency that a case is given to.
    """

    after: datetime
    what: str
    to: str | None = None

    @property
    def meaning(self) -> Meaning:
        """What it is."""
        return MEANINGS[self.what]


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done: between these moments, says who did it."""

    complaint: str
    deed: Deed
    began: datetime
    seen: datetime
