"""Open reports of the same thing nearby: what is looked for, and which of them are told. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from mrk_city import Category, CategoryCode, CityPack
from mrk_intake.domain.public import Box, PublicReport
from mrk_intake.domain.suggestion import Suggest

MOST: Final = 5
"""How many are told: a screen of a phone."""
CANDIDATES: Final = 60
"""How many of the newest in the box are looked at; more of one thing in one place are its twins."""
RADIUS_M: Final = 200.0
"""From a point. Where phones read their place within some 20 m and people stand at a street's end,
two points of one problem are seldom farther apart; twice as far is the next street."""
ROUGH_RADIUS_M: Final = 600.0
"""From a kelurahan's centre, where words alone tell the place: about half a kelurahan's width."""
_METRES_A_DEGREE: Final = 111_195.0  # of latitude, on a sphere of the earth's mean radius
_FINE_M, _FINE_STEP, _COARSE_STEP = 100, 10, 50


@dataclass(frozen=True, slots=True)
class Centre:
    """Around what is looked.

    Attributes:
        lat: degrees (WGS 84).
        lon: degrees.
        radius_m: how far.
        exact: it is a point that was given, so that a distance from it means something.
    """

    lat: float
    lon: float
    radius_m: float
    exact: bool

    def box(self) -> Box:
        """What holds the circle."""
        up = self.radius_m / _METRES_A_DEGREE
        aside = up / max(cos(radians(self.lat)), 0.01)
        return Box(self.lat - up, self.lon - aside, self.lat + up, self.lon + aside)

    def metres_to(self, lat: float, lon: float) -> float:
        """The distance; on so small a piece of the earth it is flat."""
        aside = (lon - self.lon) * cos(radians(self.lat))
        return hypot(lat - self.lat, aside) * _METRES_A_DEGREE


@dataclass(frozen=True, slots=True)
class Near:
    """A report that may be the same.

    Attributes:
        metres: about how far it is, from the published point; None where the place that was given
            is only about.
    """

    report: PublicReport
    metres: int | None


def centre_of(pack: CityPack, point: tuple[float, float] | None, address: str) -> Centre | None:
    """Where a report that is being written is; None where its words name no kelurahan.

    Args:
        point: latitude and longitude, where they are given: they decide.
        address: as it is written.
    """
    if point is not None:
        return Centre(*point, RADIUS_M, exact=True)
    found = pack.locate_words(address) if address else None
    if found is None or found.subdistrict_code is None:
        return None
    middle = pack.subdistricts[found.subdistrict_code]
    return Centre(middle.lat, middle.lon, ROUGH_RADIUS_M, exact=False)


def same_thing(
    categories: Mapping[CategoryCode, Category], chosen: str | None, suggested: CategoryCode | None
) -> frozenset[CategoryCode]:
    """Categories of the same thing: what was chosen, else what the words suggest.

    No wider: a lamp and a hole in the road are of one group, and nobody takes them for the same.
    """
    code = CategoryCode(chosen) if chosen else suggested
    return frozenset({code}) if code is not None and code in categories else frozenset()


def nearest(
    found: Sequence[PublicReport],
    centre: Centre,
    same: frozenset[CategoryCode],
    suggest: Suggest,
) -> list[Near]:
    """Which of the reports in the box are told: the nearest first, of equals the newest.

    Args:
        found: public and open ones, with a published point.
        centre: around what was looked.
        same: categories of the same thing.
        suggest: reads the category of those that were sent without one.
    """
    near = []
    for report in found:
        place, code = report.place, report.category or suggest(report.text).category
        if place is None or place.lat is None or place.lon is None or code not in same:
            continue
        metres = centre.metres_to(place.lat, place.lon)
        if metres <= centre.radius_m:
            told = about(metres) if centre.exact else None
            near.append((told or 0, -report.received_at.timestamp(), Near(report, told)))
    near.sort(key=lambda each: each[:2])
    return [each for *_, each in near[:MOST]]


def about(metres: float) -> int:
    """A distance as people say it, in metres: in tens up to a hundred, then in fifties."""
    step = _FINE_STEP if metres < _FINE_M else _COARSE_STEP
    return max(_FINE_STEP, round(metres / step) * step)
