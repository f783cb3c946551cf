"""What is known of Medan and must be in its pack."""

from pydantic import TypeAdapter

from mrk_city import CityPack
from mrk_city.ids import LISTS
from mrk_schemas.ids import AgencyCodeField


def test_the_counts(pack: CityPack) -> None:
    per_district = [
        sum(s.district == code for s in pack.subdistricts.values()) for code in pack.districts
    ]
    # In the order of the codes 12.71.01 to 12.71.21.
    expected = [12, 6, 7, 6, 6, 6, 9, 6, 7, 12, 6, 5, 6, 7, 6, 5, 6, 9, 7, 11, 6]
    assert per_district == expected
    assert sum(expected) == 151
    assert len({s.postal_code for s in pack.subdistricts.values()}) == 88
    assert len(pack.categories) >= 25


def test_every_kecamatan_has_its_agency(pack: CityPack) -> None:
    offices = {a.district: a.code for a in pack.agencies.values() if a.district}
    assert offices == {d.code: f"kec-{d.number}" for d in pack.districts.values()}


def test_only_these_are_not_the_citys(pack: CityPack) -> None:
    external = {agency.code for agency in pack.agencies.values() if agency.external}
    assert external == {"pln", "tirtanadi", "bpn", "jalan-nasional", "polri"}


def test_codes_fit_the_contracts(pack: CityPack) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(AgencyCodeField)
    for code in pack.agencies:
        assert adapter.validate_python(code) == code


def test_residents_read_indonesian_first(pack: CityPack) -> None:
    assert pack.city.locales == ("id", "en")
    names = [agency.names for agency in pack.agencies.values()]
    names += [category.names for category in pack.categories.values()]
    assert all(list(name) == ["id", "en"] for name in names)


def test_the_emergency_number_and_words(pack: CityPack) -> None:
    assert pack.city.emergency_number == "112"
    named = {"kebakaran", "banjir besar", "longsor", "tabrakan", "keracunan", "ledakan", "bom"}
    assert named <= set(pack.city.emergency_words)


def test_whistle_blowing_has_a_category(pack: CityPack) -> None:
    found = {c.code for c in pack.categories.values() if "whistleblowing" in c.kinds}
    assert "corruption" in found


def test_every_telling_phrase_is_heard(unlearnt: CityPack) -> None:
    for category in unlearnt.categories.values():
        for phrase in category.words:
            guess = unlearnt.categorise(phrase)
            assert guess is not None, phrase
            assert guess.category == category.code, phrase


def test_a_dozen_categories_ask_for_details(pack: CityPack) -> None:
    asking = [category for category in pack.categories.values() if category.attributes]
    assert len(asking) >= 12
    for category in asking:
        assert [each.order for each in category.attributes] == sorted(
            each.order for each in category.attributes
        )
        for each in category.attributes:
            told = [each.description, *each.values.values()]
            assert all(list(name) == ["id", "en"] for name in told), (category.code, each.code)
            assert bool(each.values) is (each.datatype in LISTS)
