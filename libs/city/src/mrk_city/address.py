"""Finds the kelurahan or kecamatan that an address names, or that its street and landmarks tell."""

from collections.abc import Iterable
from dataclasses import dataclass

from mrk_city.address_speech import AddressSpeech
from mrk_city.combining import combined
from mrk_city.ids import DistrictCode, SubdistrictCode
from mrk_city.landmarks import Landmarks, Sighting
from mrk_city.models import District, Landmark, Place, Subdistrict
from mrk_city.names import NameIndex

_IN_A_TEXT = 0.85
"""What is left of the certainty where a report's text was read and no address."""

_ELSEWHERE = 0.5
"""What is left of it where the words name a place outside the city."""

_CONFLICT = 0.4
_BARE_DISTRICT, _DISTRICT = 0.5, 0.9
_BARE, _EVERYDAY_CONFIRMED, _CONFIRMED = 0.7, 0.8, 0.9
_SEVERAL, _MARKED, _MARKED_CONFIRMED = 0.75, 0.95, 0.98
"""Certainties: a name that stands alone, one with its kecamatan, one after "Kel.", …"""


@dataclass(slots=True)
class _Entry:
    """Everything that one name, written without spaces, may mean."""

    subdistricts: dict[SubdistrictCode, DistrictCode]
    districts: set[DistrictCode]
    short_districts: set[DistrictCode]
    everyday: bool = False
    everyday_district: bool = False
    elsewhere: bool = False


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
        landmarks: Iterable[Landmark] = (),
    ) -> None:
        self._speech = speech
        self._entries: NameIndex[_Entry] = NameIndex()
        subdistricts = tuple(subdistricts)
        self._owner = {item.code: item.district for item in subdistricts}
        self._landmarks = Landmarks(speech, landmarks, subdistricts)
        for name in speech.elsewhere:
            self._entry(speech.words(name)).elsewhere = True
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
        entry = self._entries.get(words)
        if entry is None:
            entry = _Entry({}, set(), set())
            self._entries.put(words, entry)
        return entry

    def _add(self, words: list[str], item: Subdistrict) -> None:
        entry = self._entry(words)
        entry.subdistricts[item.code] = item.district
        entry.everyday |= item.everyday

    def locate(self, address: str) -> Place | None:
        """The place that the words of an address name; None when they name none, or several."""
        named, sightings = self._read(self._speech.words(address), free=False)
        return self._combined(named, sightings)

    def _combined(self, named: "_Names", sightings: list[Sighting]) -> Place | None:
        found = combined(named.decided(), named.everyday, sightings, self._owner)
        if found is None or not named.elsewhere:
            return found
        note = "the words name a place outside the city"
        return found._replace(certainty=round(found.certainty * _ELSEWHERE, 3), note=note)

    def locate_text(self, text: str) -> Place | None:
        """As ``locate``, of a report's own words, which name places for other reasons too.

        A bare everyday name, and a kecamatan's short name, say nothing here.
        """
        named, sightings = self._read(self._speech.words(text), free=True)
        found = self._combined(named, sightings)
        return found and found._replace(certainty=round(found.certainty * _IN_A_TEXT, 3))

    def _read(self, words: list[str], *, free: bool) -> "tuple[_Names, list[Sighting]]":
        names = _Names()
        sightings: list[Sighting] = []
        roads, admin = self._speech.roads, self._speech.admin
        kinds = self._speech.kinds
        at = 0
        before = ""
        while at < len(words):
            word = words[at]
            known, listed = self._entries.begins(word), self._landmarks.begins(word)
            if not (known or listed or word in kinds or before in roads):
                at, before = at + 1, word
                continue
            seen = self._landmarks.street(words, at) if before in roads else None
            length, entry = self._entries.longest(words, at) if known else (1, None)
            if seen is None and not (entry and before in admin):
                seen = self._landmarks.other(words, at, bare_streets=not free)
                if seen is not None and entry is not None and length >= seen.words:
                    seen = None
            if seen is not None:
                sightings.append(seen)
                at += seen.words
            else:
                if entry is not None and not self._in_street(words, at):
                    said = " ".join(words[at : at + length])
                    names.add(entry, before, said, self._speech, free=free)
                at += length
            before = words[at - 1]
        return names, sightings

    def _in_street(self, words: list[str], at: int) -> bool:
        """Whether the name belongs to a street ("Jl. Merdeka", "Jl. Raya Medan Belawan")."""
        before = at - 1
        if before > 0 and words[before] in self._speech.street_fillers:
            before -= 1
        return before >= 0 and words[before] in self._speech.street


class _Names:
    """The kelurahan and kecamatan that a text names."""

    def __init__(self) -> None:
        self._named: list[_Named] = []
        self._sure: set[DistrictCode] = set()
        self._maybe: set[DistrictCode] = set()
        self._said: list[str] = []
        self.elsewhere = False

    @property
    def everyday(self) -> frozenset[SubdistrictCode]:
        """Kelurahan whose names are everyday words and stand alone: they confirm, no more."""
        bare = (item for item in self._named if item.everyday and not item.marked)
        return frozenset(code for item in bare for code in item.codes)

    def add(
        self, entry: _Entry, before: str, said: str, speech: AddressSpeech, *, free: bool
    ) -> None:
        """Note a name that was found, with the word before it."""
        if entry.elsewhere:
            self.elsewhere = True
            return
        self._said.append(said)
        if before in speech.district and (entry.short_districts or entry.districts):
            self._sure |= entry.districts | entry.short_districts
        elif before in speech.subdistrict and entry.subdistricts:
            self._named.append(_Named(entry.subdistricts, marked=True, everyday=entry.everyday))
        elif entry.districts:
            self._sure |= entry.districts
        elif entry.short_districts:
            if not entry.everyday_district and not free:
                self._maybe |= entry.short_districts
        elif entry.subdistricts:
            self._named.append(_Named(entry.subdistricts, marked=False, everyday=entry.everyday))

    def decided(self) -> Place | None:
        """The place that these names alone tell."""
        place = _decide(self._named, self._sure, self._maybe)
        return place and place._replace(words=tuple(dict.fromkeys(self._said)))


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
