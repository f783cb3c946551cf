"""Who owns a matter: the first rule of the file that meets it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode
from mrk_city.models import District, Subdistrict
from mrk_city.roads import Roads
from mrk_city.rules import DISTRICT, Considered, Matter, Ownership, Road, Rule
from mrk_city.text import Anywhere, Speech

_ENDED, _ELSEWHERE, _KIND = "it does not hold on this date", "another place", "another kind"
_NO_PLACE, _NO_KIND, _NO_TIME = "the place is unknown", "the kind is unknown", "the hour is unknown"
_TIME, _WORDS = "another hour or weekday", "the text says none of its words"
_NO_ROAD, _ROAD = "the class of the road is unknown", "another class of road"


def fill(template: str, district: District | None) -> AgencyCode | None:
    """The agency that a template means in a district; None when it needs one and has none."""
    if DISTRICT not in template:
        return AgencyCode(template)
    return AgencyCode(template.replace(DISTRICT, district.number)) if district else None


def resolve(rule: Rule, district: District | None) -> Ownership | None:
    """What a rule says in a district (None: the place is unknown)."""
    owner = fill(rule.owner, district)
    if owner is None:
        return None
    filled = (fill(copy, district) for copy in rule.copies)
    copies = tuple(code for code in filled if code and code != owner)
    return Ownership(owner, copies, rule.id, rule.priority, rule.urgency, rule.deadline)


class _Seen:
    """A matter whose text and road are read once, and only if a rule asks."""

    def __init__(self, matter: Matter, owners: "Owners") -> None:
        self.matter = matter
        self._owners = owners

    @cached_property
    def phrases(self) -> frozenset[tuple[str, ...]]:
        """The rules' phrases that the text says."""
        return self._owners.phrases(self.matter.text)

    @cached_property
    def road(self) -> Road | None:
        """The road that it names."""
        return self._owners.roads.road(self.matter.address, self.matter.text)


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule made ready: its places and its phrases as they are compared."""

    rule: Rule
    anywhere: bool
    districts: frozenset[DistrictCode]
    subdistricts: frozenset[SubdistrictCode]
    phrases: Mapping[tuple[str, ...], str]
    answers: Mapping[DistrictCode | None, Ownership]

    def misses(self, seen: _Seen) -> str | None:
        """Why the rule does not hold; None when it does. What costs most is asked last."""
        rule, matter = self.rule, seen.matter
        if not rule.since <= matter.on or (rule.until is not None and rule.until <= matter.on):
            return _ENDED
        district = matter.district
        if district not in self.answers:
            return _NO_PLACE if district is None else _ELSEWHERE
        if not self.anywhere and district not in self.districts:
            if matter.subdistrict is None:
                return _NO_PLACE
            if matter.subdistrict not in self.subdistricts:
                return _ELSEWHERE
        if rule.kinds is not None and matter.kind not in rule.kinds:
            return _KIND if matter.kind else _NO_KIND
        if rule.minutes is not None:
            minute = matter.minute
            if minute is None:
                return _NO_TIME
            if not any(first <= minute < end for first, end in rule.minutes):
                return _TIME
        if rule.roads is not None:
            road = seen.road
            if road is None:
                return _NO_ROAD
            if road.road_class not in rule.roads:
                return _ROAD
        if rule.words and self.phrases.keys().isdisjoint(seen.phrases):
            return _WORDS
        return None

    def answer(self, seen: _Seen) -> Ownership:
        """What it says of a matter that it does not miss."""
        found = self.answers[seen.matter.district]
        if not self.phrases and self.rule.roads is None:
            return found
        said = tuple(text for words, text in self.phrases.items() if words in seen.phrases)
        return replace(found, words=said, road=seen.road if self.rule.roads else None)


class Owners:
    """All rules in the file's order, looked up by category and district.

    Args:
        rules: the first that meets a matter decides.
        districts: the city's kecamatan.
        subdistricts: the city's kelurahan.
        speech: how texts are read, the vocabulary's.
        roads: the streets whose class is known.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        districts: Mapping[DistrictCode, District],
        subdistricts: Mapping[SubdistrictCode, Subdistrict],
        speech: Speech,
        roads: Roads,
    ) -> None:
        self.roads = roads
        self._speech = speech
        self._districts = districts
        self._subdistricts = subdistricts
        self._rows: dict[CategoryCode, list[_Row]] = {}
        self._near: dict[tuple[CategoryCode, DistrictCode | None], list[_Row]] = {}
        phrases: set[tuple[str, ...]] = set()
        for rule in rules:
            row = self._row(rule)
            phrases.update(row.phrases)
            for category in dict.fromkeys(rule.categories):
                self._rows.setdefault(category, []).append(row)
                for code in row.answers:
                    self._near.setdefault((category, code), []).append(row)
        self._phrases = Anywhere(phrases)

    def _row(self, rule: Rule) -> _Row:
        within = frozenset(rule.subdistricts or ())
        places: set[DistrictCode | None] = {*(rule.districts or ())}
        places |= {self._subdistricts[code].district for code in within}
        if rule.anywhere:
            places = {None, *self._districts}
        answers = {}
        for code in places:
            found = resolve(rule, self._districts[code] if code is not None else None)
            if found is not None:
                answers[code] = found
        read = {tuple(self._speech.words(text)): text for text in reversed(rule.words)}
        phrases = {words: read[words] for words in reversed(read)}
        return _Row(rule, rule.anywhere, frozenset(rule.districts or ()), within, phrases, answers)

    def phrases(self, text: str | None) -> frozenset[tuple[str, ...]]:
        """The rules' phrases that a text says, as they are read."""
        return self._phrases.find(self._speech.words(text)) if text else frozenset()

    def decide(self, matter: Matter) -> Ownership | None:
        """What the first rule says that meets the matter; None: none does."""
        seen = _Seen(matter, self)
        for row in self._near.get((matter.category, matter.district), ()):
            if row.misses(seen) is None:
                return row.answer(seen)
        return None

    def considered(self, matter: Matter) -> list[Considered]:
        """The category's rules before the one that decides, or all, each with why it did not."""
        found: list[Considered] = []
        seen = _Seen(matter, self)
        for row in self._rows.get(matter.category, ()):
            why = row.misses(seen)
            if why is None:
                break
            found.append(Considered(row.rule, why))
        return found

    def lacks_place(self, matter: Matter) -> bool:
        """Whether a matter that no rule meets would have an owner if its place were known."""
        return any(self.decide(placed) is not None for placed in self._places(matter))

    def _places(self, matter: Matter) -> Iterator[Matter]:
        if matter.district is None:
            for code in self._districts:
                yield replace(matter, district=code, subdistrict=None)
        if matter.subdistrict is None:
            rows = self._rows.get(matter.category, ())
            for code in {code for row in rows for code in row.subdistricts}:
                district = self._subdistricts[code].district
                if matter.district in (None, district):
                    yield replace(matter, district=district, subdistrict=code)
