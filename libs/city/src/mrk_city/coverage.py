"""What the rules of one category cover, reckoned exactly: what decides nothing, and what is open.

Reports differ for these rules only by a few things: the date, the place, the kind, the road, the
hour and the words. Each is cut where a rule begins or ends to hold, so that all reports of one
cell meet the same rules; sets of rules are bits of a number, the first of the file lowest.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from mrk_city.ids import DistrictCode, SubdistrictCode
from mrk_city.models import Subdistrict
from mrk_city.rules import DAY, DISTRICT, ROAD_CLASSES, RULE_KINDS, WEEK, Rule

Phrase = tuple[str, ...]
Span = tuple[date, date]

_Open = tuple[Span, tuple[str, ...], bool]
"""When, for which kinds, and whether always: see `Gap`."""

_A_WEEK = 7
_FIRST = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Gap:
    """Reports that no rule meets.

    Attributes:
        places: kelurahan where that is so.
        kinds: kinds for which that is so.
        always: whether it is so on every road and at every hour.
    """

    span: Span
    places: frozenset[SubdistrictCode]
    kinds: tuple[str, ...]
    always: bool


@dataclass(frozen=True, slots=True)
class _Moment:
    """Hours of a few weekdays between two dates at which the same rules hold."""

    span: Span
    mask: int


class Coverage:
    """The rules of one category, in the file's order.

    Args:
        rules: those of the category.
        subdistricts: the city's kelurahan.
        districts: the city's kecamatan.
        reading: how a phrase is read.
        roads: the classes of which the pack lists a street.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        subdistricts: Iterable[Subdistrict],
        districts: Iterable[DistrictCode],
        reading: Callable[[str], Phrase],
        roads: frozenset[str] = frozenset(ROAD_CLASSES),
    ) -> None:
        self.rules = rules
        self._words = [frozenset(map(reading, rule.words)) for rule in rules]
        self._wordless = _mask(not rule.words for rule in rules)
        self._kelurahan = {item.code: item.district for item in subdistricts}
        self._places = self._by_place(districts)
        self._kinds = {
            kind: _mask(rule.kinds is None or kind in rule.kinds for rule in rules)
            for kind in RULE_KINDS
        }
        # The class of a road may be unknown; an unlisted street of an address is the city's.
        self._roads = [
            _mask(rule.roads is None or road in rule.roads for rule in rules)
            for road in (None, *sorted(roads | {"city"}))
        ]

    def deciding(self) -> set[str]:
        """The ids of the rules that decide at least one report that may be."""
        masks = {moment.mask for moment in self._moments(_FIRST)}
        for found in (self._places.values(), self._kinds.values(), self._roads):
            masks = {mask & other for mask in masks for other in set(found)}
        winners: set[int] = set()
        for mask in masks:
            winners |= set(self._winners(mask))
        return {self.rules[at].id for at in winners}

    def _winners(self, mask: int) -> Iterator[int]:
        """Which rules of a cell decide some text: said nothing, or one of their phrases alone."""
        before: list[frozenset[Phrase]] = []
        for at in _bits(mask):
            own = self._words[at]
            texts = [_parts(phrase) for phrase in own] if own else [frozenset[Phrase]()]
            if any(all(words.isdisjoint(text) for words in before) for text in texts):
                yield at
            if not own:
                return
            before.append(own)

    def gaps(self, since: date) -> list[Gap]:
        """What nobody owns from ``since`` on, though its place is known to the kelurahan."""
        by_span: dict[Span, set[int]] = {}
        for moment in self._moments(since):
            met = {moment.mask & self._wordless & road for road in self._roads}
            by_span.setdefault(moment.span, set()).update(met)
        open_in: dict[_Open, set[SubdistrictCode]] = {}
        for span, masks in by_span.items():
            for code in self._kelurahan:
                found: dict[bool, list[str]] = {}
                for kind, kinds in self._kinds.items():
                    owned = [mask & self._places[code] & kinds for mask in masks]
                    if not all(owned):
                        found.setdefault(not any(owned), []).append(kind)
                for always, names in found.items():
                    open_in.setdefault((span, tuple(names), always), set()).add(code)
        return _joined(open_in)

    def _moments(self, first: date) -> list[_Moment]:
        """Every cell of date and hour from ``first`` on, each weekday that a span has."""
        days = {first, date.max}
        for rule in self.rules:
            days |= {max(first, rule.since), max(first, rule.end)}
        cuts = {0, WEEK, *(day * DAY for day in range(_A_WEEK))}
        for rule in self.rules:
            cuts |= {edge for span in rule.minutes or () for edge in span}
        hours: dict[int, set[int]] = {}
        for start, _ in pairwise(sorted(cuts)):
            hours.setdefault(start // DAY, set()).add(
                _mask(_at(rule, start) for rule in self.rules)
            )
        found: dict[_Moment, None] = {}
        for since, end in pairwise(sorted(days)):
            held = _mask(rule.since <= since and end <= rule.end for rule in self.rules)
            count = min((end - since).days, _A_WEEK)
            for day in (since + timedelta(days=n) for n in range(count)):
                for mask in hours[day.weekday()]:
                    found[_Moment((since, end), held & mask)] = None
        return list(found)

    def _by_place(self, districts: Iterable[DistrictCode]) -> dict[str | None, int]:
        """By kelurahan, by kecamatan where no more is known, and None: nothing is known."""
        found: dict[str | None, int] = {
            None: _mask(rule.anywhere and DISTRICT not in rule.owner for rule in self.rules)
        }
        for district in districts:
            found[district] = _mask(
                rule.anywhere or district in (rule.districts or ()) for rule in self.rules
            )
        for code, district in self._kelurahan.items():
            within = _mask(code in (rule.subdistricts or ()) for rule in self.rules)
            found[code] = found.get(district, 0) | within
        return found

    def ambiguous(self) -> list[tuple[Rule, Rule]]:
        """Pairs that say different things of the same report, where neither is the exception.

        An exception is a rule that meets only what the other meets too: written above it, the
        order is plain. Of two rules that merely cross, the order of the lines alone decides.
        """
        sets = [self._sets(at) for at in range(len(self.rules))]
        found: list[tuple[Rule, Rule]] = []
        for at, first in enumerate(self.rules):
            for other in range(at + 1, len(self.rules)):
                second = self.rules[other]
                mine, theirs = sets[at], sets[other]
                crosses = first.since < second.end and second.since < first.end
                crosses = crosses and all(a & b for a, b in zip(mine, theirs, strict=True))
                if crosses and _answer(first) != _answer(second):
                    inside = self._within(at, other, mine, theirs)
                    if not inside and not self._within(other, at, theirs, mine):
                        found.append((first, second))
        return found

    def _sets(self, at: int) -> tuple[int, ...]:
        """What a rule meets of places, kinds, roads and minutes, as bits."""
        own = 1 << at
        found = (self._places.values(), self._kinds.values(), self._roads)
        bits = [sum(1 << n for n, mask in enumerate(masks) if mask & own) for masks in found]
        return (*bits, _minutes(self.rules[at]))

    def _within(self, at: int, other: int, mine: tuple[int, ...], theirs: tuple[int, ...]) -> bool:
        first, second = self.rules[at], self.rules[other]
        dates = second.since <= first.since and first.end <= second.end
        words = self._words[other]
        said = not words or (
            bool(self._words[at])
            and all(not words.isdisjoint(_parts(phrase)) for phrase in self._words[at])
        )
        return dates and said and all(not a & ~b for a, b in zip(mine, theirs, strict=True))


def _mask(holds: Iterable[bool]) -> int:
    """Of rules in their order, those that hold, as bits."""
    return sum(1 << at for at, held in enumerate(holds) if held)


def _answer(rule: Rule) -> tuple[object, ...]:
    return rule.owner, frozenset(rule.copies), rule.priority, rule.urgency, rule.deadline


def _at(rule: Rule, minute: int) -> bool:
    return rule.minutes is None or any(first <= minute < end for first, end in rule.minutes)


def _minutes(rule: Rule) -> int:
    found = 0
    for first, end in rule.minutes if rule.minutes is not None else ((0, WEEK),):
        found |= (1 << end) - (1 << first)
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _parts(phrase: Phrase) -> frozenset[Phrase]:
    """What a text that says a phrase says too: every run of its words."""
    ends = range(1, len(phrase) + 1)
    return frozenset(
        phrase[start:end] for start in range(len(phrase)) for end in ends if start < end
    )


def _joined(open_in: Mapping[_Open, set[SubdistrictCode]]) -> list[Gap]:
    """Gaps that follow each other and are alike but for the dates, as one."""
    by_place: dict[tuple[SubdistrictCode, tuple[str, ...], bool], list[Span]] = {}
    for (span, kinds, always), places in sorted(open_in.items()):
        for code in places:
            spans = by_place.setdefault((code, kinds, always), [])
            if spans and spans[-1][1] == span[0]:
                spans[-1] = (spans[-1][0], span[1])
            else:
                spans.append(span)
    alike: dict[_Open, set[SubdistrictCode]] = {}
    for (code, kinds, always), spans in by_place.items():
        for span in spans:
            alike.setdefault((span, kinds, always), set()).add(code)
    return [
        Gap(span, frozenset(places), kinds, always)
        for (span, kinds, always), places in sorted(alike.items())
    ]
