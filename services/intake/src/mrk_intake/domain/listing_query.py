"""The filters of a list as they stand in its address, and back again.

The words of addresses are one and the same in every language of the pages: an address that is
passed on works for whoever opens it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from mrk_city import CityPack, DistrictCode, SubdistrictCode
from mrk_intake.domain import tracking
from mrk_intake.domain.listing import Filters, Mark, Sort, Status
from mrk_intake.domain.open311.parameters import Fault, Parameters
from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Kind

LONGEST_WORDS: Final = 100
"""Characters of the words that are looked for."""
FILTERS: Final = (
    "kata", "kategori", "kecamatan", "kelurahan", "status", "jenis", "dari", "sampai",
)  # fmt: skip
SORT: Final = "urut"
VIEW: Final = "tampilan"
AFTER: Final = "sesudah"
BEFORE: Final = "sebelum"
LANGUAGE: Final = "bahasa"
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {"pengaduan": Kind.COMPLAINT, "aspirasi": Kind.ASPIRATION, "informasi": Kind.INFORMATION}
)
"""The kinds that a list may have, by the words of the addresses."""

_LONGEST_NAME: Final = 40
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MARK: Final = re.compile(r"(\d{1,16})\.([0-9A-Z-]{11})", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_YEAR: Final = 2000
E = TypeVar("E", bound=StrEnum)


class View(StrEnum):
    """How a list is shown."""

    LIST = "daftar"
    MAP = "peta"


@dataclass(frozen=True, slots=True)
class Query:
    """What an address asks for.

    Attributes:
        given: the parameters that say something, in the order in which addresses have them.
        after: the mark behind which its page begins.
        before: the mark before which its page ends.
        faults: what is wrong; what is wrong is not in `filters`.
        unknown: parameters that no list has.
    """

    given: Mapping[str, str]
    filters: Filters
    view: View = View.LIST
    after: Mark | None = None
    before: Mark | None = None
    faults: Sequence[Fault] = ()
    unknown: Sequence[str] = ()

    def address(self, **changes: str | None) -> list[tuple[str, str]]:
        """The parameters of a neighbouring list; None takes one away.

        A list that is another one begins at its beginning, and unknown parameters are left out.
        """
        turned = {AFTER: None, BEFORE: None, **changes}
        values = {**self.given, **turned}
        return [(name, value) for name in (*FILTERS, SORT, VIEW, AFTER, BEFORE, LANGUAGE)
                if (value := values.get(name)) is not None]  # fmt: skip


def write_mark(mark: Mark) -> str:
    """A mark as it stands in an address."""
    return f"{(mark.at - _EPOCH) // _MICROSECOND}.{mark.number}"


def read(
    pairs: Iterable[tuple[str, str]],
    pack: CityPack,
    now: datetime,
    *,
    others: Sequence[str] = (),
) -> Query:
    """What an address asks for. Whatever is wrong is told in `Query.faults`, all of it.

    Args:
        pairs: its parameters as they were sent; blank ones count as absent.
        pack: the city's categories, places and time zone.
        now: UTC.
        others: parameters that this address knows beside the filters. A language is the
            caller's to read, in `given`.
    """
    given = Parameters(pairs)
    known = (*FILTERS, *others)
    unknown = tuple(name[:_LONGEST_NAME] for name in given.values if name not in known)
    zone = pack.calendar.zone
    filters = _places(
        given,
        pack,
        Filters(
            words=_words(given),
            category=_category(given, pack),
            kind=_kind(given),
            status=_one_of(given, "status", Status),
            sort=(_one_of(given, SORT, Sort) if SORT in others else None) or Sort.NEWEST,
        ),
    )
    filters = _range(given, filters, now, zone)
    if filters.sort is not Sort.NEWEST and filters.status is Status.SOLVED:
        given.wrong(SORT, "sort_open")
    view = (_one_of(given, VIEW, View) if VIEW in others else None) or View.LIST
    after = _mark(given, AFTER) if AFTER in others else None
    before = _mark(given, BEFORE) if BEFORE in others else None
    if after is not None and before is not None:
        given.wrong(BEFORE, "marks")
    if view is View.MAP:
        for name in (SORT, AFTER, BEFORE):
            if name in given.values:
                given.wrong(name, "not_of_map")
    said = {name: given.values[name][0] for name in known if name in given.values}
    return Query(said, filters, view, after, before, tuple(given.faults), unknown)


def _words(given: Parameters) -> str | None:
    words = given.one("kata")
    if words is None:
        return None
    if len(words) > LONGEST_WORDS:
        given.wrong("kata", "words_long", longest=LONGEST_WORDS)
    elif not words.isprintable():
        given.wrong("kata", "words_unreadable")
    elif not any(char.isalnum() for char in words):
        given.wrong("kata", "words_none")
    else:
        return words
    return None


def _category(given: Parameters, pack: CityPack) -> CategoryCode | None:
    code = given.one("kategori")
    if code is None:
        return None
    if code not in pack.categories:
        given.wrong("kategori", "category_unknown")
        return None
    return CategoryCode(code)


def _kind(given: Parameters) -> Kind | None:
    word = given.one("jenis")
    if word is not None and word not in KINDS:
        given.wrong("jenis", "not_of_these", these=", ".join(KINDS))
    return KINDS.get(word or "")


def _one_of(given: Parameters, name: str, words: type[E]) -> E | None:
    word = given.one(name)
    if word is None:
        return None
    try:
        return words(word)
    except ValueError:
        given.wrong(name, "not_of_these", these=", ".join(each.value for each in words))
        return None


def _places(given: Parameters, pack: CityPack, filters: Filters) -> Filters:
    district, subdistrict = given.one("kecamatan"), given.one("kelurahan")
    if district is not None and district not in pack.districts:
        given.wrong("kecamatan", "district_unknown")
        district = None
    found = pack.subdistricts.get(SubdistrictCode(subdistrict)) if subdistrict else None
    if subdistrict is not None and found is None:
        given.wrong("kelurahan", "subdistrict_unknown")
    elif found is not None and district not in {None, found.district}:
        own = pack.districts[found.district].name
        given.wrong("kelurahan", "subdistrict_elsewhere", name=found.name, district=own)
        found = None
    return replace(
        filters,
        district=None if district is None else DistrictCode(district),
        subdistrict=None if found is None else found.code,
    )


def _range(given: Parameters, filters: Filters, now: datetime, zone: tzinfo) -> Filters:
    since, until = _day(given, "dari"), _day(given, "sampai")
    if since is not None and since > now.astimezone(zone).date():
        given.wrong("dari", "day_to_come")
        since = None
    if since is not None and until is not None and until < since:
        given.wrong("sampai", "days_turned")
        until = None

    def begin(day: date | None) -> datetime | None:
        return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)

    # the last day is meant whole
    end = None if until is None else until + timedelta(days=1)
    return replace(filters, since=begin(since), until=begin(end))


def _day(given: Parameters, name: str) -> date | None:
    written = given.one(name)
    if written is None:
        return None
    try:
        day = date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year < 2 * _FIRST_YEAR:
        given.wrong(name, "day")
        return None
    return day


def _mark(given: Parameters, name: str) -> Mark | None:
    written = given.one(name)
    if written is None:
        return None
    parts = _MARK.fullmatch(written)
    number = None if parts is None else tracking.read(parts[2])
    if parts is None or number is None:
        given.wrong(name, "mark")
        return None
    return Mark(_EPOCH + int(parts[1]) * _MICROSECOND, number)
