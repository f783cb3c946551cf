"""Finds the kelurahan or kecamatan that an address names in words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mrk_city.ids import DistrictCode, SubdistrictCode
from mrk_city.models import District, Place, Subdistrict
from mrk_city.text import fold

_TOKEN = re.compile(r"[a-z]+|[0-9]+")
_LONGEST_NAME = 6
"""No name has more words; names are compared without spaces (Titikuning, Titi Kuning)."""

_CONFLICT = 0.4
_BARE_DISTRICT, _DISTRICT = 0.5, 0.9
_BARE, _EVERYDAY_CONFIRMED, _CONFIRMED = 0.7, 0.8, 0.9
_SEVERAL, _MARKED, _MARKED_CONFIRMED = 0.75, 0.95, 0.98
"""Certainties: a name that stands alone, one with its kecamatan, one after "Kel.", …"""


@dataclass(frozen=True, slots=True)
class AddressSpeech:
    """How addresses are written: spellings, the city's short name, and marker words."""

    same: dict[str, str]
    city: str
    subdistrict: frozenset[str]
    district: frozenset[str]
    street: frozenset[str]
    street_fillers: frozenset[str]
    numerals: frozenset[str]

    def words(self, text: str) -> list[str]:
        """The words and numbers of an address."""
        return [self.same.get(word, word) for word in _TOKEN.findall(fold(text))]


@dataclass(slots=True)
class _Entry:
    """Everything that one name, written without spaces, may mean."""

    subdistricts: dict[SubdistrictCode, DistrictCode]
    districts: set[DistrictCode]
    short_districts: set[DistrictCode]
    everyday: bool = False
    everyday_district: bool = False


@dataclass(frozen=True, slots=True)
class _Named:
    """A kelurahan's name in the address; ``marked``: after "Kel."."""

    codes: dict[SubdistrictCode, DistrictCode]
    marked: bool
    everyday: bool


class Gazetteer:
    """All names of the city, ready to be found in an address."""

    def __init__(
        self,
        speech: AddressSpeech,
        districts: Iterable[District],
        subdistricts: Iterable[Subdistrict],
    ) -> None:
        self._speech = speech
        self._entries: dict[str, _Entry] = {}
        for district in districts:
            words = speech.words(district.name)
            self._entry(words).districts.add(district.code)
            if words[0] == speech.city and len(words) > 1:
                entry = self._entry(words[1:])
                entry.short_districts.add(district.code)
                entry.everyday_district |= district.everyday
        for item in subdistricts:
            for name in (item.name, *item.aliases):
                words = speech.words(name)
                self._add(words, item)
                # "Tegal Sari" without its numeral may mean any of the three.
                if len(words) > 1 and words[-1] in speech.numerals:
                    self._add(words[:-1], item)

    def _entry(self, words: list[str]) -> _Entry:
        return self._entries.setdefault("".join(words), _Entry({}, set(), set()))

    def _add(self, words: list[str], item: Subdistrict) -> None:
        entry = self._entry(words)
        entry.subdistricts[item.code] = item.district
        entry.everyday |= item.everyday

    def locate(self, address: str) -> Place | None:
        """The place that the words name; None when they name none, or several."""
        words = self._speech.words(address)
        named: list[_Named] = []
        sure: set[DistrictCode] = set()
        maybe: set[DistrictCode] = set()
        at = 0
        while at < len(words):
            length, entry = self._longest(words, at)
            if entry is None or self._in_street(words, at):
                at += length
                continue
            before = words[at - 1] if at else ""
            if before in self._speech.district and (entry.short_districts or entry.districts):
                sure |= entry.districts | entry.short_districts
            elif before in self._speech.subdistrict and entry.subdistricts:
                named.append(_Named(entry.subdistricts, marked=True, everyday=entry.everyday))
            elif entry.districts:
                sure |= entry.districts
            elif entry.short_districts:
                if not entry.everyday_district:
                    maybe |= entry.short_districts
            elif entry.subdistricts:
                named.append(_Named(entry.subdistricts, marked=False, everyday=entry.everyday))
            at += length
        return _decide(named, sure, maybe)

    def _longest(self, words: list[str], at: int) -> tuple[int, _Entry | None]:
        joined, best = "", (1, None)
        found: tuple[int, _Entry | None] = best
        for end in range(at, min(len(words), at + _LONGEST_NAME)):
            joined += words[end]
            entry = self._entries.get(joined)
            if entry is not None:
                found = (end - at + 1, entry)
        return found

    def _in_street(self, words: list[str], at: int) -> bool:
        """Whether the name belongs to a street ("Jl. Merdeka", "Jl. Raya Medan Belawan")."""
        before = at - 1
        if before > 0 and words[before] in self._speech.street_fillers:
            before -= 1
        return before >= 0 and words[before] in self._speech.street


def _decide(named: list[_Named], sure: set[DistrictCode], maybe: set[DistrictCode]) -> Place | None:
    district = next(iter(sure)) if len(sure) == 1 else None
    marked = [item for item in named if item.marked]
    candidates: dict[SubdistrictCode, DistrictCode] = {}
    everyday = True
    for item in marked or named:
        fitting = {c: d for c, d in item.codes.items() if not sure or d in sure}
        if item.everyday and not item.marked and not sure:
            continue
        candidates |= fitting
        everyday = everyday and item.everyday
    if len(candidates) == 1:
        ((code, owner),) = candidates.items()
        if marked:
            certainty = _MARKED_CONFIRMED if sure else _MARKED
        elif sure:
            certainty = _EVERYDAY_CONFIRMED if everyday else _CONFIRMED
        else:
            certainty = _BARE
        return Place(code, owner, "words", certainty)
    owners = set(candidates.values())
    if len(owners) == 1:
        note = "the address fits several kelurahan of this kecamatan"
        return Place(None, owners.pop(), "words", _DISTRICT if district else _SEVERAL, note=note)
    if district and marked and not candidates:
        note = "the kelurahan named lies in another kecamatan"
        return Place(None, district, "words", _CONFLICT, note=note)
    if district:
        return Place(None, district, "words", _DISTRICT, note="only the kecamatan is named")
    if not named and not sure and len(maybe) == 1:
        note = "a bare name that may be the kecamatan's"
        return Place(None, maybe.pop(), "words", _BARE_DISTRICT, note=note)
    return None
