"""How alike two reports are, and how well the city's thresholds do on labelled pairs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import routing_kit as kit

from mrk_city import CityPack
from mrk_routing.domain.assign import Assigned, Rules, assign
from mrk_routing.domain.duplicates import (
    Alike,
    Trait,
    around,
    cell,
    likeness,
    stem,
    trait_of,
)
from mrk_routing.domain.labelled_pairs import measure, read_pairs, told
from mrk_schemas.reports import Kind, Place

PAIRS = Path(__file__).parents[4] / "deploy/city/medan/duplicates.tsv"
HERE = Place(lat=3.57, lon=98.63, address="Jl. Melati 5", subdistrict="12.71.02.1001")


def trait(pack: CityPack, place: Place = HERE, **changes: Any) -> Trait | None:
    report = kit.report(place=place, **changes)
    decision = assign(report.model_copy(update={"kind": Kind.COMPLAINT}), Rules(pack), kit.MONDAY)
    assert isinstance(decision, Assigned)
    return trait_of(report, decision.file.case, pack)


@pytest.fixture(scope="module")
def hole(pack: CityPack) -> Trait:
    found = trait(pack)
    assert found is not None
    return found


def test_the_thresholds_hold_on_pairs_that_a_person_labelled(pack: CityPack) -> None:
    pairs = read_pairs(PAIRS, pack)
    assert len(pairs) >= 120
    assert 50 <= sum(pair.same for pair in pairs) <= len(pairs) - 50
    linked = measure(pairs, pack, pack.duplicates.link)
    assert linked.precision >= 0.97
    assert linked.recall >= 0.5
    suggested = measure(pairs, pack, pack.duplicates.suggest)
    assert suggested.precision >= 0.8
    assert suggested.recall >= 0.9
    assert any("precision" in line for line in told(pairs, pack))


def test_a_pair_that_is_no_row_is_named(pack: CityPack, tmp_path: Path) -> None:
    lines = PAIRS.read_text().splitlines()
    bad = tmp_path / "pairs.tsv"
    bad.write_text("\n".join([*lines[:6], "1\troads"]))
    with pytest.raises(ValueError, match="line 7: 2 values"):
        read_pairs(bad, pack)
    bad.write_text("same\ttext\n")
    with pytest.raises(ValueError, match="line 1: the columns"):
        read_pairs(bad, pack)


@pytest.mark.parametrize(
    "hidden",
    [
        {"confidential": True}, {"restricted": True}, {"erased": True},
        {"kind": Kind.WHISTLEBLOWING},
    ],
)  # fmt: skip
def test_what_is_hidden_has_nothing_to_be_compared_by(
    pack: CityPack, hidden: dict[str, Any]
) -> None:
    assert trait(pack, **hidden) is None


def test_likeness_falls_with_distance_time_and_other_words(pack: CityPack, hole: Trait) -> None:
    scale = pack.duplicates
    same = likeness(hole, hole, scale)
    assert same is not None
    assert same.score == 1
    assert set(same.reasons) == {Alike.NEAR, Alike.WORDS, Alike.CATEGORY}
    scores = []
    for metres in (0, 20, 60, 120, 180):
        there = replace(hole, lat=(hole.lat or 0) + metres / 111_195)
        found = likeness(hole, there, scale)
        scores.append(found.score if found else 0)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == scores[1] > scores[2] > scores[4] > 0
    assert likeness(hole, replace(hole, lat=(hole.lat or 0) + 0.01), scale) is None
    later = replace(hole, received_at=hole.received_at + timedelta(days=scale.within_days + 1))
    assert likeness(hole, later, scale) is None
    assert likeness(hole, replace(hole, group="transport"), scale) is None
    other = likeness(hole, replace(hole, words=frozenset({"marka", "pudar"})), scale)
    assert other is not None
    assert other.score == 0
    pictured = frozenset({"9f" * 32})
    photo = likeness(
        replace(hole, photos=pictured),
        replace(hole, photos=pictured, words=frozenset({"tolong"})),
        scale,
    )
    assert photo is not None
    assert photo.score > scale.link
    assert Alike.PHOTO in photo.reasons


def test_without_points_the_address_decides(pack: CityPack, hole: Trait) -> None:
    named = replace(hole, lat=None, lon=None)
    scale = pack.duplicates
    alike = likeness(named, hole, scale)
    assert alike is not None
    assert alike.score > scale.link
    assert Alike.ADDRESS in alike.reasons
    elsewhere = likeness(named, replace(named, address=frozenset({"mawar"})), scale)
    assert elsewhere is not None
    assert elsewhere.score < scale.suggest
    assert likeness(named, replace(named, subdistrict="12.71.01.1001"), scale) is None


def test_squares_lie_side_by_side(hole: Trait) -> None:
    assert hole.cell in around(hole)
    assert len(set(around(hole))) == 9
    assert cell(3.5701, 98.6301) in around(hole)
    assert cell(3.58, 98.63) not in around(hole)
    assert around(replace(hole, lat=None)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("berlubang", "lubang"),
        ("lubangnya", "lubang"),
        ("tersumbat", "sumbat"),
        ("jalanan", "jalan"),
    ],
)
def test_affixes_count_for_nothing(one: str, other: str) -> None:
    assert stem(one) == stem(other)
