"""The desk's small map."""

from dataclasses import replace
from math import hypot

import pytest
import routing_kit as kit

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk_map import HEIGHT, WIDTH, drawn
from mrk_schemas.reports import Place

AT = (3.57, 98.63)


@pytest.fixture(name="rules")
def _rules() -> Rules:
    return Rules(kit.pack())


def at(rules: Rules, lat: float, lon: float) -> CaseFile:
    place = Place(lat=lat, lon=lon, subdistrict="12.71.02.1001", district="12.71.02")
    return kit.assigned(rules, place=place)


def test_distances_and_directions_are_true(rules: Rules) -> None:
    north, east = at(rules, AT[0] + 0.0045, AT[1]), at(rules, AT[0], AT[1] + 0.0045)
    found = drawn(at(rules, *AT), [north, east], rules.pack)
    assert found is not None
    assert found.exact
    above, right = found.others
    assert (above.name, right.name) == ("P", "Q")
    assert (above.x, right.y) == (found.here.x, found.here.y)
    assert above.y < found.here.y
    assert right.x > found.here.x
    half_a_kilometre = found.here.y - above.y
    assert half_a_kilometre == pytest.approx(found.length / found.scale * 500, rel=0.01)


def test_all_that_is_beside_it_is_on_it_and_one_name_at_least(rules: Rules) -> None:
    far = at(rules, AT[0] + 0.03, AT[1] - 0.02)
    found = drawn(at(rules, *AT), [far], rules.pack)
    assert found is not None
    assert [each.name for each in found.others] == ["P"]
    assert found.names
    for each in (*found.others, *found.names):
        assert 0 < each.x < WIDTH
        assert 0 < each.y < HEIGHT


def test_names_do_not_cover_each_other(rules: Rules) -> None:
    found = drawn(at(rules, *AT), [at(rules, AT[0] + 0.05, AT[1])], rules.pack)
    assert found is not None
    assert len(found.names) > 3
    for one in found.names:
        assert all(
            hypot(one.x - each.x, one.y - each.y) > 12 for each in found.names if each != one
        )


def test_reports_of_one_place_share_a_mark(rules: Rules) -> None:
    same = at(rules, AT[0] + 0.001, AT[1])
    found = drawn(at(rules, *AT), [same, same], rules.pack)
    assert found is not None
    assert [each.name for each in found.others] == ["PQ"]


def test_without_a_point_it_shows_the_kelurahan_and_without_that_nothing(rules: Rules) -> None:
    about = drawn(kit.assigned(rules, place=kit.IN_SUNGGAL), [], rules.pack)
    assert about is not None
    assert not about.exact
    file = kit.assigned(rules)
    case = file.case.model_copy(update={"subdistrict": None})
    assert drawn(replace(file, place=None, case=case), [], rules.pack) is None


def test_a_confidential_case_shows_no_point(rules: Rules) -> None:
    place = Place(lat=AT[0], lon=AT[1], subdistrict="12.71.02.1001")
    found = drawn(kit.assigned(rules, place=place, confidential=True), [], rules.pack)
    assert found is not None
    assert not found.exact
