"""When two reports tell of the same thing: ``duplicates.yaml``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
    """

    within_days: int
    same_m: int
    apart_m: int
    suggest: float
    link: float


def read_duplicates(folder: Path, problems: Problems) -> DuplicatesData:
    """``duplicates.yaml``; what contradicts itself is a problem at its line."""
    root = read_yaml(folder, DUPLICATES, problems)
    fields = root.fields("within_days metres suggest link")
    metres = fields["metres"].fields("same apart")
    found = DuplicatesData(
        within_days=fields["within_days"].whole(1, _LONGEST_DAYS),
        same_m=metres["same"].whole(0, _FARTHEST_M),
        apart_m=metres["apart"].whole(1, _FARTHEST_M),
        suggest=fields["suggest"].number(0.3, 1),
        link=fields["link"].number(0.3, 1.01),
    )
    if fields["metres"].present and found.same_m >= found.apart_m:
        metres["apart"].bad("'apart' is not beyond 'same'", "state more metres than for 'same'")
    if fields["link"].present and found.link < found.suggest:
        fields["link"].bad("'link' is below 'suggest'", "link later than you suggest")
    return found
