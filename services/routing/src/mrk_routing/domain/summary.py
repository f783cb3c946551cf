"""Counts that may be shown: small ones may point at a person, so they are left out."""

from collections.abc import Iterable
from dataclasses import dataclass

SMALLEST_SHOWN = 10
"""Counts below this are not shown."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many cases of one agency (None: no owner) are in one state."""

    agency: str | None
    state: str
    count: int


def shown(cells: Iterable[Cell]) -> list[Cell]:
    """The cells that may be shown, by agency and state.

    A count below :data:`SMALLEST_SHOWN` is left out altogether, so that few and none look alike.
    No sums are given beside them: a sum would let a single missing cell be reckoned back.
    """
    kept = (cell for cell in cells if cell.count >= SMALLEST_SHOWN)
    return sorted(kept, key=lambda cell: (cell.agency or "", cell.state))
