"""Who owns a matter: the first rule of the file that meets it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from mrk_city.conditions import Check, Phrase, Seen, checks_of
from mrk_city.ids import AgencyCode, CategoryCode, DistrictCode, SubdistrictCode
from mrk_city.models import District, Subdistrict
from mrk_city.roads import Roads
from mrk_city.rules import DISTRICT, Considered, Matter, Ownership, Road, Rule
from mrk_city.text import Anywhere, Speech


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


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule made ready: its checks, its phrases as they are read, what it says by kecamatan."""

    rule: Rule
    since: date
    end: date
    checks: tuple[Check, ...]
    phrases: Mapping[Phrase, str]
    answers: Mapping[DistrictCode | None, Ownership]

    def misses(self, seen: Seen) -> str | None:
        """Why the rule does not hold; None when it does."""
        if not self.since <= seen.matter.on < self.end:
            return "it does not hold on this date"
        district = seen.matter.district
        if district not in self.answers:
            return "the place is unknown" if district is None else "another place"
        return next((why for check in self.checks if (why := check(seen)) is not None), None)

    def answer(self, seen: Seen) -> Ownership:
        """What it says of a matter that it does not miss."""
        found = self.answers[seen.matter.district]
        if not self.phrases and self.rule.roads is None:
            return found
        said = tuple(text for words, text in self.phrases.items() if words in seen.phrases)
        return replace(found, words=said, road=seen.road if self.rule.roads else None)


class _Near:
    """The rules of one category that can name an owner in one kecamatan, in the file's order."""

    def __init__(self) -> None:
        self._rows: list[_Row] = []
        self._wordless: list[int] = []
        self._by_phrase: dict[Phrase, list[int]] = {}

    def add(self, row: _Row) -> None:
        """Put a rule behind the others."""
        at = len(self._rows)
        self._rows.append(row)
        if not row.phrases:
            self._wordless.append(at)
        for phrase in row.phrases:
            self._by_phrase.setdefault(phrase, []).append(at)

    def candidates(self, seen: Seen) -> list[_Row]:
        """Those that ask for no word, or for one that the text says."""
        if not self._by_phrase:
            return self._rows
        said = (at for phrase in seen.phrases for at in self._by_phrase.get(phrase, ()))
        return [self._rows[at] for at in sorted({*self._wordless, *said})]


_NONE: Final = _Near()


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
        self._roads = roads
        self._speech = speech
        self._districts = districts
        self._subdistricts = subdistricts
        self._rows: dict[CategoryCode, list[_Row]] = {}
        self._near: dict[tuple[CategoryCode, DistrictCode | None], _Near] = {}
        phrases: set[Phrase] = set()
        for rule in rules:
            row = self._row(rule)
            phrases.update(row.phrases)
            for category in dict.fromkeys(rule.categories):
                self._rows.setdefault(category, []).append(row)
                for code in row.answers:
                    self._near.setdefault((category, code), _Near()).add(row)
        self._phrases = Anywhere(phrases)

    def _row(self, rule: Rule) -> _Row:
        places: set[DistrictCode | None] = {*(rule.districts or ())}
        places |= {self._subdistricts[code].district for code in rule.subdistricts or ()}
        if rule.anywhere:
            places = {None, *self._districts}
        answers = {}
        for code in places:
            found = resolve(rule, self._districts[code] if code is not None else None)
            if found is not None:
                answers[code] = found
        read = {tuple(self._speech.words(text)): text for text in reversed(rule.words)}
        phrases = {words: read[words] for words in reversed(read)}
        checks = tuple(checks_of(rule, phrases))
        return _Row(rule, rule.since, rule.end, checks, phrases, answers)

    def phrases(self, text: str | None) -> frozenset[Phrase]:
        """The rules' phrases that a text says, as they are read."""
        return self._phrases.find(self._speech.words(text)) if text else frozenset()

    def road(self, address: str | None, text: str | None) -> Road | None:
        """The road that is named; None: none, or of several classes."""
        return self._roads.road(address, text)

    def decide(self, matter: Matter) -> Ownership | None:
        """What the first rule says that meets the matter; None: none does."""
        seen = Seen(matter, self)
        near = self._near.get((matter.category, matter.district), _NONE)
        for row in near.candidates(seen):
            # As `misses`, for what was looked up by kecamatan: this loop is every decision's.
            if row.since <= matter.on < row.end:
                for check in row.checks:
                    if check(seen) is not None:
                        break
                else:
                    return row.answer(seen)
        return None

    def considered(self, matter: Matter) -> list[Considered]:
        """The category's rules before the one that decides, or all, each with why it did not."""
        found: list[Considered] = []
        seen = Seen(matter, self)
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
            for kelurahan in {each for row in rows for each in row.rule.subdistricts or ()}:
                district = self._subdistricts[kelurahan].district
                if matter.district in {None, district}:
                    yield replace(matter, district=district, subdistrict=kelurahan)
