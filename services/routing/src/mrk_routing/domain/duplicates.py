"""How alike two reports are: place, words, category, time and photos. Pure, microseconds a pair.

Reports of one category group alone are compared. Where both have a point, its distance decides how
near they are; else the same kelurahan does, with less weight, and the words of the address. Words
are those that the city pack reads, without affixes, so that "berlubang" and "lubangnya" are one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from math import cos, hypot, radians

from mrk_city import CityPack, DuplicatesData
from mrk_routing.domain.case_file import CaseFile
from mrk_schemas.cases import Case
from mrk_schemas.ids import CategoryCode, ComplaintId
from mrk_schemas.reports import Kind, Place, Report

CELL = 0.002
"""Degrees: about 220 m. Neighbours within `DuplicatesData.apart_m` up to that are found."""

_M_PER_DEGREE = 111_195.0
_ROW = 1_000_000
STEPS = tuple(north * _ROW + east for north in (-1, 0, 1) for east in (-1, 0, 1))
"""From the number of a square to its own, and to those of the eight around it."""

_PREFIXES = (
    "memper", "diper", "meng", "meny", "peng", "peny", "mem", "men", "pem", "pen", "ber", "ter",
    "per", "di", "ke", "me", "se",
)  # fmt: skip
_SUFFIXES = ("annya", "kan", "nya", "an", "i")
_SHORTEST = 4
_NUMBER_WORDS = frozenset({"no", "nomor", "jalan", "gang", "medan", "kota", "kelurahan"})
_KELURAHAN = 0.30
"""How near two places are of which only the kelurahan is known to be the same."""
_ADDRESS = 0.65
"""What equal words of their addresses add to it."""
_OTHER_CATEGORY = 0.8


class Alike(StrEnum):
    """Why two reports are alike: stable codes that clients translate."""

    NEAR = "near"
    ADDRESS = "same-address"
    SUBDISTRICT = "same-subdistrict"
    WORDS = "words"
    PHOTO = "same-photo"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Trait:
    """What of a report tells which thing it is about.

    Attributes:
        group: of categories in the city pack.
        cell: where its point lies, a square of about 220 m; None without a point.
        words: of its text, without affixes.
        address: words of its address.
        photos: SHA-256 of each.
    """

    complaint_id: ComplaintId
    group: str
    category: str
    received_at: datetime
    subdistrict: str | None = None
    lat: float | None = None
    lon: float | None = None
    words: frozenset[str] = frozenset()
    address: frozenset[str] = frozenset()
    photos: frozenset[str] = frozenset()

    @property
    def cell(self) -> int | None:
        """The square in which it lies."""
        if self.lat is None or self.lon is None:
            return None
        return cell(self.lat, self.lon)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two reports are, 0 to 1, and why."""

    score: float
    reasons: tuple[Alike, ...]


def cell(lat: float, lon: float) -> int:
    """The number of a square."""
    return int((lat + 90) / CELL) * _ROW + int((lon + 180) / CELL)


def around(trait: Trait) -> list[int]:
    """The square of a report and the eight around it; none without a point."""
    own = trait.cell
    return [] if own is None else [own + step for step in STEPS]


def reach_north(scale: DuplicatesData) -> float:
    """How far north or south of a report another one may be of one place with it, in degrees."""
    return 1.001 * scale.apart_m / _M_PER_DEGREE


def reach_east(trait: Trait, scale: DuplicatesData) -> float:
    """How far east or west of a report that has a point, in degrees."""
    return reach_north(scale) / cos(radians(trait.lat or 0.0))


def trait_of(report: Report, case: Case, pack: CityPack) -> Trait | None:
    """What a report may be compared by; None of what is never linked, or has no category.

    Confidential, whistle-blowing, restricted and erased reports are compared with nothing, and
    neither are those about a person.
    """
    hidden = report.confidential or report.erased or report.restricted
    if hidden or report.kind is Kind.WHISTLEBLOWING:
        return None
    found = _of(case, case.category, report.text, report.place, pack)
    return None if found is None else replace(found, photos=frozenset(report.photos))


def trait_by(file: CaseFile, category: CategoryCode | None, pack: CityPack) -> Trait | None:
    """As `trait_of`, of a case that has no category: were it of this one. Photos are not kept."""
    return _of(file.case, category, file.words, file.place, pack)


def _of(
    case: Case, category: str | None, text: str | None, place: Place | None, pack: CityPack
) -> Trait | None:
    known = pack.categories.get(CategoryCode(category)) if category is not None else None
    if case.confidential or case.erased or case.kind is Kind.WHISTLEBLOWING or known is None:
        return None
    if known.code in pack.duplicates.never:
        return None
    address = place.address if place is not None else None
    return Trait(
        complaint_id=case.complaint_id,
        group=known.group,
        category=known.code,
        received_at=case.received_at,
        subdistrict=case.subdistrict,
        lat=place.lat if place is not None else None,
        lon=place.lon if place is not None else None,
        words=frozenset(map(stem, pack.words(text or ""))),
        address=frozenset(pack.spelled(address)) - _NUMBER_WORDS if address else frozenset(),
    )


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without the affixes of Bahasa Indonesia; roughly, and the same for the same word."""
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST:
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST:
            return word[: -len(suffix)]
    return word


def likeness(one: Trait, other: Trait, scale: DuplicatesData) -> Likeness | None:
    """How alike two reports are; None where they cannot be of one thing.

    Args:
        one: a report.
        other: another one.
        scale: the city's.
    """
    apart = abs(one.received_at - other.received_at)
    if one.group != other.group or apart > timedelta(days=scale.within_days):
        return None
    near, why = _near(one, other, scale)
    if near <= 0:
        return None
    reasons = [why]
    said = _said(one.words, other.words)
    if said >= 0.4:
        reasons.append(Alike.WORDS)
    if one.photos & other.photos:
        reasons.append(Alike.PHOTO)
        said = max(said, 0.95)
    same = one.category == other.category
    if same:
        reasons.append(Alike.CATEGORY)
    fresh = 1 - 0.15 * apart / timedelta(days=scale.within_days)
    score = near**0.55 * said**0.45 * fresh * (1 if same else _OTHER_CATEGORY)
    return Likeness(round(score, 3), tuple(reasons))


def _near(one: Trait, other: Trait, scale: DuplicatesData) -> tuple[float, Alike]:
    """How near two reports are, 0 to 1."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return _named(one, other)
    north = (one.lat - other.lat) * _M_PER_DEGREE
    east = (one.lon - other.lon) * _M_PER_DEGREE * cos(radians(one.lat))
    beyond = hypot(north, east) - scale.same_m
    return 1 - max(0.0, beyond) / (scale.apart_m - scale.same_m), Alike.NEAR


def _named(one: Trait, other: Trait) -> tuple[float, Alike]:
    if one.subdistrict is None or one.subdistrict != other.subdistrict:
        return 0.0, Alike.SUBDISTRICT
    both = one.address & other.address
    if not both:
        return _KELURAHAN, Alike.SUBDISTRICT
    share = len(both) / len(one.address | other.address)
    return _KELURAHAN + _ADDRESS * share, Alike.ADDRESS


def _said(one: frozenset[str], other: frozenset[str]) -> float:
    """How alike two texts are: shared words, and how far the shorter one is in the longer one."""
    both = len(one & other)
    if not both:
        return 0.0
    within = both / min(len(one), len(other))
    return 0.5 * within + 0.5 * both / len(one | other)
