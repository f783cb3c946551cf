"""The checker's reckoning against every report that may be, on small cities."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mrk_city import AgencyCode, Matter
from mrk_city.address_speech import AddressSpeech
from mrk_city.coverage import Coverage
from mrk_city.ids import CategoryCode, DistrictCode, SubdistrictCode
from mrk_city.models import District, Subdistrict
from mrk_city.ownership import Owners
from mrk_city.roads import RoadData, Roads, Street
from mrk_city.rules import DAY, RULE_KINDS, Rule
from mrk_city.text import Speech

ROADS = CategoryCode("roads")
MONDAY = date(2026, 12, 7)
DISTRICTS = {code: District(code, code, everyday=False) for code in map(DistrictCode, ("1", "2"))}
SUBDISTRICTS = {
    code: Subdistrict(code, code, DistrictCode(code[0]), 0, 0, "", (), everyday=False)
    for code in map(SubdistrictCode, ("1.1", "1.2", "2.1"))
}
SPEECH = Speech({}, frozenset(), ())
NOTHING: frozenset[str] = frozenset()
ADDRESSES = AddressSpeech({}, "", NOTHING, NOTHING, frozenset({"jl"}), NOTHING, NOTHING)
STREETS = Roads(
    ADDRESSES, RoadData(frozenset({"jl"}), streets=(Street("Raya", (), "national", "x"),))
)

PLACES = [(None, None), *((code, None) for code in DISTRICTS)]
PLACES += [(item.district, item.code) for item in SUBDISTRICTS.values()]
TEXTS = ("", "a", "b", "a b", "b z a")
WAYS = (None, "jl raya", "jl kecil")
HOURS = (0, DAY // 2)
DATES = [MONDAY + timedelta(days=n) for n in range(-1, 12)]
"""From before the first rule until a week after the last change."""


def days() -> st.SearchStrategy[date]:
    return st.sampled_from([MONDAY + timedelta(days=n) for n in (0, 2, 4)])


def some(*values: str) -> st.SearchStrategy[tuple[str, ...] | None]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)
    return st.none() | chosen


def halves() -> st.SearchStrategy[tuple[tuple[int, int], ...] | None]:
    """Half days of the week."""
    spans = [(at, at + DAY // 2) for at in range(0, 7 * DAY, DAY // 2)]
    return st.none() | st.lists(st.sampled_from(spans), min_size=1, max_size=13).map(tuple)


@st.composite
def rule(draw: st.DrawFn, *, timed: bool = True) -> Rule:
    until = draw(st.none() | days())
    since = (
        draw(days().filter(lambda day: until is None or day < until)) if until != MONDAY else None
    )
    return Rule(
        id="",
        categories=(ROADS,),
        districts=draw(some("1", "2")),  # type: ignore[arg-type]  # codes are texts
        subdistricts=draw(some("1.1", "1.2", "2.1")),  # type: ignore[arg-type]
        owner=draw(st.sampled_from(("x", "y", "k-{district}"))),
        copies=(),
        since=since or MONDAY,
        until=until if since else None,
        source="",
        kinds=draw(some(*RULE_KINDS)),
        words=draw(some("a", "b", "a b")) or (),
        roads=draw(some("national", "provincial", "city")),
        minutes=draw(halves()) if timed else None,
    )


def rules(*, timed: bool = True) -> st.SearchStrategy[list[Rule]]:
    def named(found: list[Rule]) -> list[Rule]:
        return [replace(each, id=f"r{at}") for at, each in enumerate(found)]

    return st.lists(rule(timed=timed), max_size=5).map(named)


def owners(found: Sequence[Rule]) -> Owners:
    return Owners(found, DISTRICTS, SUBDISTRICTS, SPEECH, STREETS)


def coverage(found: Sequence[Rule]) -> Coverage:
    def reading(text: str) -> tuple[str, ...]:
        return tuple(SPEECH.words(text))

    return Coverage(found, SUBDISTRICTS.values(), DISTRICTS, reading, STREETS.classes)


def matters(
    places: Sequence[tuple[DistrictCode | None, SubdistrictCode | None]], texts: Sequence[str]
) -> list[Matter]:
    return [
        Matter(ROADS, on, *place, kind, on.weekday() * DAY + hour, text, way)
        for on, place, kind, hour, text, way in product(
            DATES, places, RULE_KINDS, HOURS, texts, WAYS
        )
    ]


ALL = matters(PLACES, TEXTS)
PLAIN = matters([place for place in PLACES if place[1]], ("",))


def plain(name: str, **changes: object) -> Rule:
    return replace(Rule(name, (ROADS,), None, "x", (), MONDAY, None, ""), **changes)  # type: ignore[arg-type]


ALL_KINDS_ALONE = [plain(f"r{n}", kinds=(kind,)) for n, kind in enumerate(RULE_KINDS)]


@settings(max_examples=30, deadline=None)
@example([plain("r0", words=("a",)), plain("r1", words=("a b",)), plain("r2", words=("b",))])
@example([plain("r0", owner="k-{district}"), plain("r1")])
@example([plain("r0", districts=("1", "2")), plain("r1", owner="k-{district}")])
@example([*ALL_KINDS_ALONE, plain("r3")])
@given(rules())
def test_what_decides_is_what_decides_some_report(found: list[Rule]) -> None:
    decide = owners(found).decide
    expected = {answer.rule_id for matter in ALL if (answer := decide(matter)) is not None}
    assert coverage(found).deciding() == expected


@settings(max_examples=30, deadline=None)
@given(rules())
def test_a_gap_is_what_some_report_without_words_falls_into(found: list[Rule]) -> None:
    decide = owners(found).decide
    answers = [(matter, decide(matter)) for matter in PLAIN if matter.on >= MONDAY]
    unowned = {(m.subdistrict, m.kind, m.on) for m, answer in answers if answer is None}
    owned = {(m.subdistrict, m.kind, m.on) for m, answer in answers if answer is not None}
    gaps = coverage(found).gaps(MONDAY)
    told: set[object] = set()
    for gap in gaps:
        for place, kind in product(gap.places, gap.kinds):
            inside = {(place, kind, on) for on in DATES if gap.span[0] <= on < gap.span[1]}
            assert inside & unowned
            assert not (gap.always and inside & owned)
            told |= inside
    assert unowned <= told


def _met(each: Rule) -> Iterator[int]:
    decide = owners([each]).decide
    return (at for at, matter in enumerate(ALL) if decide(matter) is not None)


@settings(max_examples=20, deadline=None)
@given(rules(timed=False))
def test_rules_cross_where_neither_is_the_others_exception(found: list[Rule]) -> None:
    found = [each for each in found if each.id in coverage([each]).deciding()]
    met = [set(_met(each)) for each in found]
    crossing = {
        (first.id, second.id)
        for at, first in enumerate(found)
        for then, second in enumerate(found)
        if at < then
        and met[at] & met[then]
        and not met[at] <= met[then]
        and not met[then] <= met[at]
        and first.owner != second.owner
    }
    assert {(a.id, b.id) for a, b in coverage(found).ambiguous()} == crossing


def test_an_agency_is_filled_in_by_district() -> None:
    ours = plain("r", owner="k-{district}")
    found = owners([ours]).decide(Matter(ROADS, MONDAY, DistrictCode("2")))
    assert found is not None
    assert found.owner == AgencyCode("k-2")
