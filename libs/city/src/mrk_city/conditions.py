"""The conditions of a rule, each a check that says in a few words why it does not hold."""

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from typing import Protocol

from mrk_city.rules import Matter, Road, Rule

Phrase = tuple[str, ...]


class Reader(Protocol):
    """Reads what conditions ask of a text and of an address."""

    def phrases(self, text: str | None) -> frozenset[Phrase]:
        """The rules' phrases that a text says, as they are read."""
        ...

    def road(self, address: str | None, text: str | None) -> Road | None:
        """The road that is named; None: none, or of several classes."""
        ...


class Seen:
    """A matter whose text and road are read once, and only if a rule asks."""

    def __init__(self, matter: Matter, reader: Reader) -> None:
        self.matter = matter
        self._reader = reader

    @cached_property
    def phrases(self) -> frozenset[Phrase]:
        """The rules' phrases that the text says."""
        return self._reader.phrases(self.matter.text)

    @cached_property
    def road(self) -> Road | None:
        """The road that it names."""
        return self._reader.road(self.matter.address, self.matter.text)


Check = Callable[[Seen], str | None]
"""Why a condition does not hold; None when it does."""


def checks_of(rule: Rule, phrases: Collection[Phrase]) -> Iterator[Check]:
    """The checks of a rule beside its days and its kecamatan, what costs most last.

    Args:
        rule: the rule.
        phrases: its words, as they are read.
    """
    if rule.subdistricts is not None:
        yield _within(frozenset(rule.districts or ()), frozenset(rule.subdistricts))
    if rule.kinds is not None:
        yield _kind(frozenset(rule.kinds))
    if rule.minutes is not None:
        yield _hour(rule.minutes)
    if rule.roads is not None:
        yield _road(frozenset(rule.roads))
    if phrases:
        yield _says(frozenset(phrases))


def _within(districts: frozenset[str], subdistricts: frozenset[str]) -> Check:
    def check(seen: Seen) -> str | None:
        matter = seen.matter
        if matter.district in districts or matter.subdistrict in subdistricts:
            return None
        return "the kelurahan is unknown" if matter.subdistrict is None else "another place"

    return check


def _kind(kinds: frozenset[str]) -> Check:
    def check(seen: Seen) -> str | None:
        kind = seen.matter.kind
        if kind in kinds:
            return None
        return "another kind" if kind else "the kind is unknown"

    return check


def _hour(spans: tuple[tuple[int, int], ...]) -> Check:
    def check(seen: Seen) -> str | None:
        minute = seen.matter.minute
        if minute is None:
            return "the hour is unknown"
        held = any(first <= minute < end for first, end in spans)
        return None if held else "another hour or weekday"

    return check


def _road(classes: frozenset[str]) -> Check:
    def check(seen: Seen) -> str | None:
        road = seen.road
        if road is None:
            return "the class of the road is unknown"
        return None if road.road_class in classes else "another class of road"

    return check


def _says(phrases: frozenset[Phrase]) -> Check:
    def check(seen: Seen) -> str | None:
        return "the text says none of its words" if phrases.isdisjoint(seen.phrases) else None

    return check
