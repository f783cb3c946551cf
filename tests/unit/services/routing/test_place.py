import pytest

from mrk_city import CityPack
from mrk_routing.domain.place import NOWHERE, OUTSIDE, for_agency, locate
from mrk_schemas.reports import Place


def test_a_code_wins_over_the_point_and_gives_the_district(pack: CityPack) -> None:
    place = Place(subdistrict="12.71.02.1001", lat=3.78, lon=98.67, method="polygon")
    found = locate(place, pack)
    assert (found.subdistrict, found.district, found.method) == (
        "12.71.02.1001",
        "12.71.02",
        "polygon",
    )


def test_a_code_that_the_city_lacks_does_not_count(pack: CityPack) -> None:
    assert locate(Place(subdistrict="12.75.01.1001"), pack) == NOWHERE


def test_a_point_maps_to_the_nearest_centroid_and_is_approximate(pack: CityPack) -> None:
    for subdistrict in list(pack.subdistricts.values())[::10]:
        found = locate(Place(lat=subdistrict.lat, lon=subdistrict.lon), pack)
        assert found.subdistrict == subdistrict.code
        assert found.approximate


def test_a_point_outside_the_city_is_never_placed(pack: CityPack) -> None:
    assert locate(Place(lat=-6.2, lon=106.8, address="Kel. Tanjung Rejo"), pack) == OUTSIDE


def test_the_address_decides_without_a_point(pack: CityPack) -> None:
    found = locate(Place(address="Jl. Setia Budi, Kel. Tanjung Rejo, Kec. Medan Sunggal"), pack)
    assert found.district == "12.71.02"
    assert found.method == "words"


def test_words_that_contradict_themselves_leave_the_given_district(pack: CityPack) -> None:
    place = Place(address="rumah saya", district="12.71.11")
    assert locate(place, pack).district == "12.71.11"
    assert locate(Place(address="rumah saya"), pack) == NOWHERE
    assert locate(None, pack) == NOWHERE


@pytest.mark.parametrize("confidential", [False, True])
def test_an_agency_never_gets_the_point_of_a_confidential_report(
    pack: CityPack,
    confidential: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    place = Place(lat=3.57, lon=98.63, address="Jl. Setia Budi 12")
    shown = for_agency(place, locate(place, pack), confidential=confidential)
    assert shown is not None
    assert shown.district is not None
    hidden = (shown.lat, shown.lon, shown.address) == (None, None, None)
    assert hidden is confidential


def test_no_place_is_shown_where_there_is_none() -> None:
    assert for_agency(None, NOWHERE, confidential=False) is None
    assert for_agency(Place(address="x"), NOWHERE, confidential=True) is None


def test_a_reports_own_words_place_it_where_nothing_else_does(pack: CityPack) -> None:
    said = "Lampu mati di Jl. Hayam Wuruk"
    found = locate(None, pack, said)
    assert (found.subdistrict, found.method, found.approximate) == ("12.71.17.1001", "words", True)
    assert locate(Place(address="rumah saya"), pack, said) == found
    assert locate(Place(subdistrict="12.71.02.1005"), pack, said).subdistrict == "12.71.02.1005"
    assert locate(Place(lat=-6.2, lon=106.8), pack, said) == OUTSIDE
    assert locate(None, pack, "lampu mati di depan rumah") == NOWHERE
    shown = for_agency(None, found, confidential=True)
    assert shown is not None
    assert (shown.subdistrict, shown.address, shown.lat) == ("12.71.17.1001", None, None)
