from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mrk_city import AgencyCode, CityPack, Ownership, load_pack
from mrk_city.ids import CategoryCode, DistrictCode

Edit = Callable[[str, str, str], Path]

TODAY = date(2026, 12, 1)
JOHOR, BELAWAN = DistrictCode("12.71.11"), DistrictCode("12.71.08")
WASTE, ROADS, OTHERS = (CategoryCode(code) for code in ("waste-pickup", "roads", "others"))


def test_waste_belongs_to_the_camat_with_the_environment_office_in_copy(pack: CityPack) -> None:
    for district in pack.districts.values():
        found = pack.owner(WASTE, district.code, TODAY)
        assert found == Ownership(
            AgencyCode(f"kec-{district.number}"), (AgencyCode("dlh"),), "waste-pickup"
        )
        assert pack.agencies[found.owner].district == district.code


# The agencies' table of the domain.
@pytest.mark.parametrize(
    ("category", "owner"),
    [
        ("roads", "sdabmbk"),
        ("bridges", "sdabmbk"),
        ("drainage", "sdabmbk"),
        ("floods", "sdabmbk"),
        ("housing", "pkpcktr"),
        ("illegal-buildings", "pkpcktr"),
        ("parks", "pkpcktr"),
        ("pollution", "dlh"),
        ("street-lights", "dishub"),
        ("parking", "dishub"),
        ("traffic", "dishub"),
        ("public-order", "satpolpp"),
        ("street-vendors", "satpolpp"),
        ("identity-documents", "disdukcapil"),
        ("civil-records", "disdukcapil"),
        ("social-aid", "dinsos"),
        ("health-services", "dinkes"),
        ("schools", "disdikbud"),
        ("fire-rescue", "damkar"),
        ("corruption", "inspektorat"),
        ("power", "pln"),
        ("clean-water", "tirtanadi"),
        ("land", "bpn"),
        ("national-roads", "jalan-nasional"),
        ("crime", "polri"),
    ],
)
def test_who_owns_what(pack: CityPack, category: str, owner: str) -> None:
    found = pack.owner(CategoryCode(category), JOHOR, TODAY)
    assert found is not None
    assert found.owner == owner


def test_illegal_buildings_are_enforced_with_the_municipal_police(pack: CityPack) -> None:
    found = pack.owner(CategoryCode("illegal-buildings"), JOHOR, TODAY)
    assert found is not None
    assert found.copies == ("satpolpp",)


def test_what_needs_a_person(pack: CityPack) -> None:
    assert pack.owner(OTHERS, JOHOR, TODAY) is None
    assert pack.owner(CategoryCode("unknown"), JOHOR, TODAY) is None
    assert pack.owner(ROADS, DistrictCode("12.72.01"), TODAY) is None
    assert pack.owner(ROADS, JOHOR, date(2022, 12, 31)) is None


def test_without_a_place_only_what_holds_everywhere_has_an_owner(pack: CityPack) -> None:
    found = pack.owner(ROADS, None, TODAY)
    assert found is not None
    assert found.owner == "sdabmbk"
    assert pack.owner(WASTE, None, TODAY) is None


def test_a_rule_for_some_districts_wins_and_duties_move_on_their_day(edit: Edit) -> None:
    folder = edit(
        "rules.yaml",
        "rules:\n",
        "rules:\n"
        '  - {id: port, categories: [roads], districts: ["12.71.08"], owner: jalan-nasional,'
        " copies: [sdabmbk], from: 2027-01-01, until: 2028-01-01, source: example}\n",
    )
    pack = load_pack(folder)

    def owner(district: DistrictCode, on: date) -> str | None:
        found = pack.owner(ROADS, district, on)
        return found.rule_id if found else None

    assert owner(BELAWAN, date(2026, 12, 31)) == "roads"
    assert owner(BELAWAN, date(2027, 1, 1)) == "port"
    assert owner(BELAWAN, date(2027, 12, 31)) == "port"
    assert owner(BELAWAN, date(2028, 1, 1)) == "roads"
    assert owner(JOHOR, date(2027, 6, 1)) == "roads"
