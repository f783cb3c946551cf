"""Streets, markets, junctions and landmarks: the pack's list, and the finding of them in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, hypot, radians
from pathlib import Path
from typing import Final

from mrk_city.address_speech import AddressSpeech
from mrk_city.ids import DistrictCode, SubdistrictCode
from mrk_city.models import Landmark, Subdistrict
from mrk_city.names import NameIndex
from mrk_city.problems import Problems
from mrk_city.sources import read_csv

FILE: Final = "landmarks.csv"
COLUMNS: Final = (
    "name", "kind", "aliases", "places", "certainty", "everyday", "lat", "lon", "source",
)  # fmt: skip
STREET: Final = "street"
KINDS: Final = (
    STREET, "market", "school", "hospital", "clinic", "worship", "station", "mall", "park",
    "bridge", "junction", "office", "housing",
)  # fmt: skip

_METRES_A_DEGREE: Final = 111_195.0
_DISTRICT_PARTS: Final = 3
"""Parts of Kemendagri's code of a kecamatan: 12.71.02; a kelurahan's has one more."""

_BARE, _CUT_SHORT, _NEARLY = 0.9, 0.8, 0.8
"""What is left of a row's certainty: a street without "Jl.", a street's one word that goes on with
another (it may be a longer name that the list lacks), and a name with a letter wrong."""


def read_landmarks(folder: Path, problems: Problems) -> list[Landmark]:
    """The optional ``landmarks.csv``; codes and kinds are checked with the other files."""
    if not (folder / FILE).exists():
        return []
    return [_row(row, line, problems) for line, row in read_csv(folder, FILE, COLUMNS, problems)]


def _row(row: Mapping[str, str], line: int, problems: Problems) -> Landmark:
    codes = _parts(row["places"])
    certainty = _number(row["certainty"])
    if certainty is None or not 0 < certainty <= 1:
        told = f"certainty '{row['certainty']}' is no number above 0 and up to 1"
        problems.add(FILE, line, told, "write how sure you are, such as 0.9")
    lat, lon = _number(row["lat"]), _number(row["lon"])
    if (lat is None) is not (lon is None) or (lat is None and (row["lat"] or row["lon"])):
        problems.add(FILE, line, "lat or lon is no number", "write both in degrees, or neither")
    return Landmark(
        name=row["name"],
        kind=row["kind"],
        aliases=_parts(row["aliases"]),
        subdistricts=tuple(SubdistrictCode(code) for code in codes if not _is_district(code)),
        districts=tuple(DistrictCode(code) for code in codes if _is_district(code)),
        certainty=certainty or 0.0,
        point=(lat, lon) if lat is not None and lon is not None else None,
        everyday=row["everyday"] == "yes",
        source=row["source"],
        line=line,
    )


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(";") if part.strip())


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _is_district(code: str) -> bool:
    return code.count(".") + 1 == _DISTRICT_PARTS


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """About how far two points of one city are from each other; latitude and longitude each."""
    aside = (one[1] - other[1]) * cos(radians(one[0]))
    return hypot(one[0] - other[0], aside) * _METRES_A_DEGREE


@dataclass(frozen=True, slots=True)
class Meaning:
    """All rows of one name; two streets of a name are told apart by what else is said."""

    name: str
    landmarks: tuple[Landmark, ...]
    area: frozenset[SubdistrictCode]
    certainty: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """A name in a text.

    Attributes:
        words: how many words it takes.
        certainty: of the place, as far as this name decides it.
    """

    meaning: Meaning
    words: int
    certainty: float


class Landmarks:
    """The pack's list, ready to be found in words.

    Args:
        speech: how addresses are written.
        listed: the rows.
        subdistricts: to know which kelurahan a kecamatan has.
    """

    def __init__(
        self,
        speech: AddressSpeech,
        listed: Iterable[Landmark],
        subdistricts: Iterable[Subdistrict],
    ) -> None:
        self._speech = speech
        self._after = speech.after
        self._skipped = speech.street_fillers | speech.titles
        self._of_district: dict[DistrictCode, set[SubdistrictCode]] = {}
        for item in subdistricts:
            self._of_district.setdefault(item.district, set()).add(item.code)
        self._streets: NameIndex[Meaning] = NameIndex()
        self._others: NameIndex[Meaning] = NameIndex()
        streets: dict[tuple[str, ...], list[Landmark]] = {}
        others: dict[tuple[str, ...], list[Landmark]] = {}
        for each in listed:
            for name in (each.name, *each.aliases):
                words = speech.words(name)
                if each.kind == STREET:
                    streets.setdefault(tuple(self._bare(words)), []).append(each)
                if each.kind != STREET or not each.everyday:
                    whole = words[1:] if words[:1] and words[0] in speech.street else words
                    for said in speech.heads_of(whole if each.kind == STREET else words):
                        others.setdefault(tuple(said), []).append(each)
        for key, rows in others.items():
            # "dekat masjid raya" is the mosque and not the street of its name
            others[key] = [row for row in rows if row.kind != STREET] or rows
        for index, names in ((self._streets, streets), (self._others, others)):
            for key, rows in names.items():
                index.put(list(key), self._meaning(rows))

    def _bare(self, words: list[str]) -> list[str]:
        """A street's name without "Jl.", titles and fillers in front."""
        at = 0
        skipped = self._speech.street | self._skipped
        while at < len(words) - 1 and words[at] in skipped:
            at += 1
        return words[at:]

    def _meaning(self, rows: list[Landmark]) -> Meaning:
        listed = tuple({row.line: row for row in rows}.values())
        area: set[SubdistrictCode] = set()
        for row in listed:
            area |= self.area(row)
        return Meaning(listed[0].name, listed, frozenset(area), min(r.certainty for r in listed))

    def area(self, landmark: Landmark) -> set[SubdistrictCode]:
        """Every kelurahan in which it may be."""
        area = set(landmark.subdistricts)
        for district in landmark.districts:
            area |= self._of_district.get(district, set())
        return area

    def begins(self, word: str) -> bool:
        """Whether a landmark's name may begin with this word."""
        return self._others.begins(word)

    def street(self, words: list[str], at: int) -> Sighting | None:
        """The street whose name follows a "Jl.": ``at`` is the word behind it."""
        first = at
        while first < len(words) - 1 and words[first] in self._skipped:
            first += 1
        length, meaning = self._streets.longest(words, first)
        if meaning is not None:
            taken = first - at + length
            certainty = meaning.certainty
            if length == 1 and self._goes_on(words, first + 1):
                certainty *= _CUT_SHORT
            return Sighting(meaning, taken, certainty)
        length, meaning = self._streets.nearly(words, first)
        if meaning is None:
            return None
        return Sighting(meaning, first - at + length, meaning.certainty * _NEARLY)

    def _goes_on(self, words: list[str], at: int) -> bool:
        return at < len(words) and words[at].isalpha() and words[at] not in self._after

    def other(self, words: list[str], at: int, *, bare_streets: bool) -> Sighting | None:
        """The market, junction and so on that begins at a word; a street without its "Jl." too.

        Args:
            words: of the address.
            at: where it begins.
            bare_streets: whether a street counts although no "near" or alike stands before it.
        """
        length, meaning = self._others.longest(words, at)
        certainty = meaning.certainty if meaning is not None else 0.0
        if meaning is None and words[at] in self._speech.kinds:
            right = len(words[at]) + 2
            length, meaning = self._others.nearly(words, at, right)
            certainty = meaning.certainty * _NEARLY if meaning is not None else 0.0
        if meaning is None:
            return None
        if all(each.kind == STREET for each in meaning.landmarks):
            before = words[at - 1] if at else ""
            if before in self._speech.street:  # "Gang Bersama" is not Jalan Bersama
                return None
            if not bare_streets and before not in self._speech.near:
                return None
            certainty *= _BARE
        return Sighting(meaning, length, certainty)
