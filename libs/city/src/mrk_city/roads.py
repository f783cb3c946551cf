"""Whose a road is, by the street that a report names."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mrk_city.address_speech import AddressSpeech
from mrk_city.problems import Problems
from mrk_city.rules import ROAD_CLASSES, Road
from mrk_city.sources import read_yaml

ROADS = "roads.yaml"

_LONGEST_NAME = 6
_LONGEST_TITLE = 2
"""A street is named after "Letnan Jenderal Jamin Ginting": so many words may be left out."""

_CITY = Road("city")


@dataclass(frozen=True, slots=True)
class Street:
    """A street of the pack under all its names, and its class, one of ``ROAD_CLASSES``."""

    name: str
    aliases: tuple[str, ...]
    road_class: str
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class RoadData:
    """What ``roads.yaml`` states."""

    markers: frozenset[str] = frozenset()
    lanes: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    streets: tuple[Street, ...] = ()
    line: int = 0


def read_roads(folder: Path, problems: Problems) -> RoadData:
    """``roads.yaml``; a pack without it knows no road's class."""
    if not (folder / ROADS).exists():
        return RoadData()
    root = read_yaml(folder, ROADS, problems)
    fields = root.fields("markers lanes titles streets")
    streets: list[Street] = []
    for item in fields["streets"].items():
        street = item.fields("name class source", "aliases")
        streets.append(
            Street(
                name=street["name"].text(),
                aliases=street["aliases"].texts(),
                road_class=street["class"].choice(ROAD_CLASSES),
                source=street["source"].text(),
                line=item.line,
            )
        )
    return RoadData(
        markers=frozenset(fields["markers"].texts()),
        lanes=frozenset(fields["lanes"].texts()),
        titles=frozenset(fields["titles"].texts()),
        streets=tuple(streets),
        line=root.line,
    )


class Roads:
    """The listed streets, ready to be found in an address or in a text.

    Args:
        speech: how addresses are written.
        data: the streets; one that is stated with two classes has none that its name tells.
    """

    def __init__(self, speech: AddressSpeech, data: RoadData) -> None:
        self._speech = speech
        self._markers = data.markers
        self._lanes = data.lanes
        self._titles = data.titles
        self._streets: dict[str, set[Road]] = {}
        for street in data.streets:
            road = Road(street.road_class, street.name)
            for name in (street.name, *street.aliases):
                self._streets.setdefault(self.key(name), set()).add(road)

    def key(self, name: str) -> str:
        """The name without spaces, as it is compared (Sisinga Mangaraja, Sisingamangaraja)."""
        return "".join(self._speech.words(name))

    @property
    def classes(self) -> frozenset[str]:
        """The classes that the name of some listed street tells."""
        sure = (roads for roads in self._streets.values() if _one(roads))
        return frozenset(road.road_class for roads in sure for road in roads)

    def road(self, address: str | None, text: str | None) -> Road | None:
        """The road that the address names, else the text; None: none, or of several classes.

        In a text a street counts after "Jl." alone, and only if it is listed: what else follows
        may be any word. In an address "Jl." and a name that is not listed is a city road. A lane
        or an estate is the city's, whatever street it leaves.
        """
        named = self._named(self._speech.words(address), bare=True) if address else []
        if not named and text:
            words = self._speech.words(text)
            named = [road for road in self._named(words, bare=False) if road.street]
            if named and not self._lanes.isdisjoint(words):
                return _CITY
        return named[0] if _one(named) else None

    def _named(self, words: list[str], *, bare: bool) -> list[Road]:
        """Every road named, in order; ``bare``: also a listed one without "Jl."."""
        if bare and not self._lanes.isdisjoint(words):
            return [_CITY]
        found: list[Road] = []
        at = 0
        while at < len(words):
            marked = words[at] in self._markers
            at += marked
            length, roads = self._listed(words, at) if marked or bare else (0, [])
            if marked and at < len(words):
                found.extend(roads or [_CITY])
            elif not at or words[at - 1] not in self._speech.street:
                found.extend(roads)
            at += length or not marked
        return found

    def _listed(self, words: list[str], start: int) -> tuple[int, list[Road]]:
        """The longest listed name here, titles before it left out: its length and its roads."""
        for begin in range(start, min(start + _LONGEST_TITLE + 1, len(words))):
            joined = ""
            best: tuple[int, list[Road]] = (0, [])
            for end in range(begin, min(begin + _LONGEST_NAME, len(words))):
                joined += words[end]
                if joined in self._streets:
                    streets = self._streets[joined]
                    best = (end + 1 - start, sorted(streets, key=lambda road: road.road_class))
            if best[0]:
                return best
            if words[begin] not in self._titles:
                break
        return (0, [])


def _one(roads: Iterable[Road]) -> bool:
    """Whether they are all of one class."""
    return len({road.road_class for road in roads}) == 1
