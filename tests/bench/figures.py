"""What was measured, and the table that shows it."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        part: which question of the bench ("b relay").
        work: at how much work.
        ours: measured here, in `unit`.
        peer: the peer's, in the same unit; None where there is none.
        peer_name: what the peer is.
        aim: of `ratio` where there is a peer, else of `ours`.
        floor: as `aim`: below it the work is not done.
        lower: whether less is better.
        more: further numbers of the same runs, such as percentiles.
    """

    part: str
    work: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    aim: float | None = None
    floor: float | None = None
    lower: bool = False
    more: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours by the peer's."""
        return self.ours / self.peer if self.peer else None

    @property
    def verdict(self) -> str:
        """Against aim and floor; empty where nothing was set."""
        judged = self.ours if self.ratio is None else self.ratio
        if self.aim is None:
            return ""
        if self._reaches(judged, self.aim):
            return "aim reached"
        if self.floor is not None and not self._reaches(judged, self.floor):
            return "BELOW THE FLOOR"
        return "below the aim"

    def _reaches(self, judged: float, wanted: float) -> bool:
        return judged <= wanted if self.lower else judged >= wanted

    def to_json(self) -> dict[str, Any]:
        """As JSON, with what follows from the numbers."""
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict}


def middle(values: list[float]) -> float:
    """The median of interleaved runs."""
    return float(median(values))


def percentile(ordered: list[float], share: float) -> float:
    """Nearest rank of a sorted list; 0 where there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def show(figures: list[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(title="Speed, each figure against its peer in the same run", show_lines=False)
    for name in ("part", "work"):
        table.add_column(name)
    for name in ("ours", "peer", "ratio", "aim", "floor"):
        table.add_column(name, justify="right")
    for name in ("verdict", "peer is", "more"):
        table.add_column(name)
    last = ""
    for figure in figures:
        if last and figure.part != last:
            table.add_section()
        last = figure.part
        table.add_row(
            figure.part,
            figure.work,
            f"{figure.ours:,.4g} {figure.unit}" if figure.ours < 100 else _large(figure),
            f"{figure.peer:,.0f}" if figure.peer else "–",
            f"{figure.ratio:.2f}×" if figure.ratio else "–",
            f"{figure.aim:g}" if figure.aim is not None else "–",
            f"{figure.floor:g}" if figure.floor is not None else "–",
            figure.verdict,
            figure.peer_name,
            figure.more,
        )
    console.print(table)


def _large(figure: Figure) -> str:
    return f"{figure.ours:,.0f} {figure.unit}"
