"""When two reports tell of the same thing: ``duplicates.yaml``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mrk_city.ids import CategoryCode
from mrk_city.problems import Problems
from mrk_city.sources import read_yaml

DUPLICATES: Final = "duplicates.yaml"
_FARTHEST_M: Final = 2000
_LONGEST_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class DuplicatesData:
    """What ``duplicates.yaml`` states.

    Attributes:
        within_days: how far apart in time two reports of one thing may be.
        same_m: metres within which two points are the same place.
        apart_m: metres from which on they are not.
        suggest: likeness, 0 to 1, from which a dispatcher is shown the other one.
        link: likeness from which a new report becomes a part of the other one by itself.
        never: categories whose reports are about a person, and are compared with nothing.
    """

    within_days: int
    same_m: int
    apart_m: int
    suggest: float
    link: float
    never: frozenset[CategoryCode] = frozenset()
    never_lines: Mapping[CategoryCode, int] = field(default_factory=dict)


def read_duplicates(folder: Path, problems: Problems) -> DuplicatesData:
    """``duplicates.yaml``; what contradicts itself is a problem at its line."""
    root = read_yaml(folder, DUPLICATES, problems)
    fields = root.fields("within_days metres suggest link", "never")
    metres = fields["metres"].fields("same apart")
    never = [(CategoryCode(item.text()), item.line) for item in fields["never"].items()]
    found = DuplicatesData(
        within_days=fields["within_days"].whole(1, _LONGEST_DAYS),
        same_m=metres["same"].whole(0, _FARTHEST_M),
        apart_m=metres["apart"].whole(1, _FARTHEST_M),
        suggest=fields["suggest"].number(0.3, 1),
        link=fields["link"].number(0.3, 1.01),
        never=frozenset(code for code, _ in never),
        never_lines=dict(never),
    )
    if metres["same"].present and metres["apart"].present and found.same_m >= found.apart_m:
        metres["apart"].bad("'apart' is not beyond 'same'", "state more metres than for 'same'")
    if fields["link"].present and found.link < found.suggest:
        fields["link"].bad("'link' is below 'suggest'", "link later than you suggest")
    return found


def validate_duplicates(
    data: DuplicatesData, known: Iterable[CategoryCode], problems: Problems
) -> None:
    """Note categories that the pack does not have."""
    codes = set(known)
    for code, line in data.never_lines.items():
        if code and codes and code not in codes:
            told = f"category '{code}' is not in categories.yaml"
            problems.add(DUPLICATES, line, told, "correct the code")
