from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mrk_city import CategoryCode, CityPack, load_pack
from mrk_city.ids import CLOCKS, KINDS
from mrk_schemas.cases import ClockName
from mrk_schemas.reports import Kind

Edit = Callable[[str, str, str], Path]

TODAY = date(2026, 12, 1)
ROADS, POLLUTION = CategoryCode("roads"), CategoryCode("pollution")


@pytest.mark.parametrize(
    ("kind", "category", "name", "days"),
    [
        (Kind.COMPLAINT, ROADS, "ordinary", 14),
        (Kind.COMPLAINT, POLLUTION, "supervised", 60),
        (Kind.COMPLAINT, None, "ordinary", 14),
        (Kind.COMPLAINT, CategoryCode("unknown"), "ordinary", 14),
        (Kind.INFORMATION, POLLUTION, "information", 5),
        (Kind.ASPIRATION, POLLUTION, "ordinary", 14),
        (Kind.WHISTLEBLOWING, ROADS, "supervised", 60),
        ("complaint", ROADS, "ordinary", 14),
    ],
)
def test_the_class_sets_the_resolution(
    pack: CityPack, kind: Kind | str, category: CategoryCode | None, name: str, days: int
) -> None:
    found = pack.deadlines(kind, category, TODAY)
    assert (found.name, found.resolution.days) == (name, days)
    others = (found.verification, found.first_response, found.confirmation)
    assert [term.days for term in others] == [3, 5, 10]
    assert all(term.source for term in (found.resolution, *others))


def test_how_long_a_case_waits_for_an_answer_is_the_packs(pack: CityPack) -> None:
    found = pack.answering(TODAY)
    assert found.days == 5
    assert found.source


def test_an_unknown_kind_is_an_error(pack: CityPack) -> None:
    with pytest.raises(KeyError):
        pack.deadlines("gossip", ROADS, TODAY)


def test_a_new_number_holds_from_its_day(edit: Edit) -> None:
    folder = edit(
        "deadlines.yaml",
        "  first_response:\n",
        "  first_response:\n    - {days: 7, from: 2018-01-01, source: an older regulation}\n",
    )
    pack = load_pack(folder)

    def days(on: date) -> int:
        return pack.deadlines(Kind.COMPLAINT, ROADS, on).first_response.days

    assert days(date(2017, 12, 31)) == 7  # before the first number, the first
    assert days(date(2018, 12, 31)) == 7
    assert days(date(2019, 1, 1)) == 5


def test_words_are_spelled_as_in_the_contracts() -> None:
    assert set(KINDS) == {kind.value for kind in Kind}
    assert set(CLOCKS) == {clock.value for clock in ClockName}


def test_the_ladder_may_differ_by_deadline_class(pack: CityPack) -> None:
    def days(deadline_class: str) -> dict[str, int]:
        return {step.level: step.after for step in pack.escalation.ladder(deadline_class)}

    assert days("ordinary") == {"officer": 0, "head": 1, "secretary": 3, "mayor": 5}
    assert days("information") == days("ordinary")
    assert days("supervised") == {"officer": 0, "head": 2, "secretary": 5, "mayor": 10}
    assert pack.escalation.ladder("supervised")[-1].names["id"] == "Wali Kota"
    assert pack.escalation.reminders == (50, 80)
    assert pack.escalation.unassigned == "diskominfo"
