"""Each condition of a rule, the order of the file, and what a rule says beside the owner."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from mrk_city import CityPack, Matter, Ownership, Road, load_pack, minute_of_week
from mrk_city.ids import CategoryCode, DistrictCode, SubdistrictCode

Edit = Callable[[str, str, str], Path]

TODAY = date(2026, 12, 1)
JOHOR, BELAWAN = DistrictCode("12.71.11"), DistrictCode("12.71.08")
IN_BELAWAN, ALSO_BELAWAN = SubdistrictCode("12.71.08.1001"), SubdistrictCode("12.71.08.1002")
PRICES = CategoryCode("prices")
REPORT = Matter(PRICES, TODAY, JOHOR, SubdistrictCode("12.71.11.1001"), "complaint", 0, "", "")


def with_rules(edit: Edit, *rules: str) -> CityPack:
    """Medan's pack with rules for prices above its own."""
    common = "  - {categories: [prices], from: 2023-01-01, source: x, "
    owned = (each if "owner: " in each else f"owner: bkad, {each}" for each in rules)
    rows = "".join(f"{common}{each}}}\n" for each in owned)
    return load_pack(edit("rules.yaml", "rules:\n", "rules:\n" + rows))


def by(pack: CityPack, **known: object) -> str | None:
    found = pack.decide(replace(REPORT, **known))
    return found.rule_id if found else None


def test_the_first_rule_of_the_file_decides(edit: Edit) -> None:
    pack = with_rules(
        edit,
        "id: one, districts: all, kinds: [complaint]",
        'id: two, districts: ["12.71.11"]',
    )
    assert by(pack) == "one"
    assert by(pack, kind="aspiration") == "two"
    assert by(pack, kind="aspiration", district=BELAWAN) == "prices"


def test_a_kelurahan_and_kecamatan_beside_each_other(edit: Edit) -> None:
    pack = with_rules(edit, f'id: port, districts: ["{JOHOR}"], subdistricts: ["{IN_BELAWAN}"]')
    assert by(pack, district=BELAWAN, subdistrict=IN_BELAWAN) == "port"
    assert by(pack, district=BELAWAN, subdistrict=ALSO_BELAWAN) == "prices"
    assert by(pack, district=BELAWAN, subdistrict=None) == "prices"
    assert by(pack, subdistrict=None) == "port"
    assert by(pack, district=None, subdistrict=None) == "prices"


def test_a_kind(edit: Edit) -> None:
    pack = with_rules(edit, "id: ideas, districts: all, kinds: [aspiration, information]")
    assert by(pack, kind="aspiration") == "ideas"
    assert by(pack, kind="information") == "ideas"
    assert by(pack, kind="complaint") == by(pack, kind=None) == "prices"


def test_words_are_read_as_the_vocabulary_reads_them(edit: Edit) -> None:
    pack = with_rules(edit, "id: shops, districts: all, words: [lampu padam, parit tumpat]")
    for said in ("LAMPU PADAM!", "lampunya sudah padam", "lampu pet pak", "paret sumbat"):
        assert by(pack, text=said) == "shops", said
    for said in ("lampu", "padam lampu", "lampu jalan padam", "", None):
        assert by(pack, text=said) == "prices", said
    found = pack.decide(replace(REPORT, text="paret tersumbat, lampu padam"))
    assert found is not None
    assert found.words == ("lampu padam", "parit tumpat")


def test_a_phrase_is_found_inside_the_longer_one_of_another_rule(edit: Edit) -> None:
    pack = with_rules(
        edit,
        "id: long, districts: all, kinds: [aspiration], words: [lampu jalan padam]",
        "id: short, districts: all, words: [jalan padam]",
    )
    assert by(pack, text="lampu jalan padam") == "short"


@pytest.mark.parametrize(
    ("address", "text", "decides"),
    [
        ("Jl. Gatot Subroto No. 12", None, "highways"),
        ("jln. jend. gatot subroto", None, "highways"),
        ("Gatot Subroto 12", None, "highways"),
        ("Jl. Sisinga Mangaraja 5", None, "highways"),
        ("", "rusak kali jl letjen jamin ginting itu", "highways"),
        ("Jl. Marelan Raya", None, "other-roads"),
        ("Jl. Kenanga 3", "jl gatot subroto", "other-roads"),
        ("Jl. Gatot Subroto Gg. Mawar", None, "other-roads"),
        ("", "gg mawar jl gatot subroto", "other-roads"),
        # unknown: no street, one of two classes, streets of several, a listed name not a street's
        ("", "jalan rusak", "prices"),
        ("", "gatot subroto", "prices"),
        ("Jl. Setia Budi", None, "prices"),
        ("Jl. Kenanga simpang Jl. Gatot Subroto", None, "prices"),
        ("RS Gatot Subroto", None, "prices"),
        (None, None, "prices"),
    ],
)
def test_a_class_of_road(edit: Edit, address: str | None, text: str | None, decides: str) -> None:
    pack = with_rules(
        edit,
        "id: highways, districts: all, roads: [national]",
        "id: other-roads, districts: all, roads: [provincial, city]",
    )
    assert by(pack, address=address, text=text) == decides


def test_the_road_is_told(pack: CityPack) -> None:
    roads = replace(REPORT, category=CategoryCode("roads"), address="Jl. Gatot Subroto 1")
    found = pack.decide(roads)
    assert found is not None
    assert (found.owner, found.copies) == ("jalan-nasional", ("sdabmbk",))
    assert found.road == Road("national", "Gatot Subroto")


def test_provincial_roads_are_the_citys_since_the_governors_letter(pack: CityPack) -> None:
    roads = replace(REPORT, category=CategoryCode("roads"), address="Jl. TB Simatupang")
    after, before = (pack.decide(replace(roads, on=date(2023, n, 1))) for n in (6, 5))
    assert after is not None
    assert before is not None
    assert (after.rule_id, before.rule_id) == ("roads-provincial", "roads")
    assert after.owner == before.owner == "sdabmbk"


def wib(day: int, hour: int, minute: int = 0) -> int:
    """7 December 2026 is a Monday."""
    zone = ZoneInfo("Asia/Jakarta")
    at = datetime(2026, 12, day, hour, minute, tzinfo=zone)
    return minute_of_week(at.astimezone(UTC), zone)


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin(edit: Edit) -> None:
    pack = with_rules(
        edit,
        'id: night, districts: all, time: {weekdays: [sunday], from: "22:00", until: "06:00"}',
        "id: weekend, districts: all, time: {weekdays: [saturday, sunday]}",
        'id: morning, districts: all, time: {from: "07:00", until: "08:00"}',
    )
    for at, decides in (
        (wib(13, 21, 59), "weekend"),
        (wib(13, 22), "night"),
        (wib(14, 5, 59), "night"),
        (wib(14, 6), "prices"),
        (wib(13, 5), "weekend"),
        (wib(12, 0), "weekend"),
        (wib(11, 23, 59), "prices"),
        (wib(9, 7), "morning"),
        (wib(9, 8), "prices"),
        (None, "prices"),
    ):
        assert by(pack, minute=at) == decides


def test_an_owner_by_district_is_that_of_the_kelurahan(edit: Edit) -> None:
    pack = with_rules(edit, f'id: camat, subdistricts: ["{IN_BELAWAN}"], owner: "kec-{{district}}"')
    found = pack.decide(replace(REPORT, district=BELAWAN, subdistrict=IN_BELAWAN))
    assert found is not None
    assert found.owner == "kec-08"


def test_what_a_rule_says_beside_the_owner(edit: Edit) -> None:
    pack = with_rules(
        edit,
        "id: blaze, districts: all, copies: [damkar, bkad], priority: emergency, urgency: 90, "
        "deadline: supervised, words: [api]",
    )
    assert pack.decide(replace(REPORT, text="ada api")) == Ownership(
        "bkad", ("damkar",), "blaze", "emergency", 90, "supervised", ("api",)
    )
    plain = pack.decide(REPORT)
    assert plain is not None
    assert (plain.priority, plain.urgency, plain.deadline) == ("normal", None, None)
    assert pack.deadlines("information", PRICES, TODAY, "supervised").name == "supervised"


def test_a_matter_lacks_its_place_where_a_place_would_give_an_owner(edit: Edit) -> None:
    edit("rules.yaml", "since: 2023-01-01", "since: 9999-12-31")
    old = "categories: [local-taxes], districts: all"
    new = old.replace("districts: all", f'subdistricts: ["{IN_BELAWAN}"]')
    pack = load_pack(edit("rules.yaml", old, new))
    waste = replace(REPORT, category=CategoryCode("waste-pickup"), district=None, subdistrict=None)
    assert pack.decide(waste) is None
    assert pack.lacks_place(waste)
    assert not pack.lacks_place(replace(waste, on=date(2022, 1, 1)))
    assert not pack.lacks_place(replace(waste, category=CategoryCode("others")))
    taxes = replace(waste, category=CategoryCode("local-taxes"))
    assert pack.lacks_place(taxes)
    assert pack.lacks_place(replace(taxes, district=BELAWAN))
    assert not pack.lacks_place(replace(taxes, district=JOHOR))
    assert not pack.lacks_place(replace(taxes, district=BELAWAN, subdistrict=ALSO_BELAWAN))


def test_hundreds_of_rules_are_walked_in_microseconds(edit: Edit, medan: Path) -> None:
    codes = [
        line.split(",")[0]
        for line in (medan / "subdistricts.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    rows = [
        f'id: r{n}, subdistricts: ["{code}"], kinds: [aspiration]' for n, code in enumerate(codes)
    ]
    rows += [f"id: w{n}, districts: all, words: [kata{n}x lain]" for n in range(150)]
    pack = with_rules(edit, *rows)
    matter = replace(REPORT, text="Jalan di depan sekolah berlubang besar dan berbahaya " * 4)
    best = 1.0
    for _ in range(20):
        start = perf_counter()
        for _ in range(20):
            pack.decide(matter)
        best = min(best, (perf_counter() - start) / 20)
    assert best < 50e-6, f"{best * 1e6:.0f} µs"
