"""Open reports of the same thing nearby: where is looked, what counts as the same, what is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from mrk_city import CityPack, load_pack
from mrk_intake.domain.nearby import (
    MOST,
    RADIUS_M,
    ROUGH_RADIUS_M,
    Centre,
    about,
    centre_of,
    nearest,
    same_thing,
)
from mrk_intake.domain.public import PublicReport
from mrk_intake.domain.suggestion import Suggestion, by_vocabulary
from mrk_schemas.reports import Place, Report

AT = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
POINT = (3.5897, 98.6738)
METRE = 1 / 111_195
CENTRE = Centre(*POINT, RADIUS_M, exact=True)


@pytest.fixture(scope="module")
def pack() -> CityPack:
    return load_pack(Path(__file__).parents[4] / "deploy" / "city" / "medan")


def nothing(text: str) -> Suggestion:
    del text
    return Suggestion(None, ())


def report(
    metres: float = 0, category: str | None = "roads", days: int = 0, text: str = "Jalan berlubang"
) -> PublicReport:
    """A public report that far to the north of the point."""
    id_ = uuid4()
    place = Place(lat=POINT[0] + metres * METRE, lon=POINT[1])
    said = Report.model_validate(
        {
            "complaint_id": str(id_), "tracking_number": "7K3-Q9W-XTC", "kind": "complaint",
            "category": category, "text": text, "place": place, "anonymous": False,
            "confidential": False, "received_at": AT - timedelta(days=days),
        }
    )  # fmt: skip
    at = said.received_at
    return PublicReport(id_, said.tracking_number, said, "received", at, at, None, None)


def test_the_nearest_come_first_and_of_equals_the_newest() -> None:
    found = [report(150), report(20, days=3), report(20), report(201), report(199)]
    near = nearest(found, CENTRE, frozenset({"roads"}), nothing)
    assert [each.report for each in near] == [found[2], found[1], found[0], found[4]]
    assert [each.metres for each in near] == [20, 20, 150, 200]


def test_no_more_than_a_screen_are_told() -> None:
    found = [report(each) for each in range(20)]
    assert len(nearest(found, CENTRE, frozenset({"roads"}), nothing)) == MOST


def test_a_report_without_category_is_read_by_its_words(pack: CityPack) -> None:
    suggest = by_vocabulary(pack)
    found = [
        report(category=None, text="Jalan berlubang besar di depan pasar"),
        report(category=None, text="Sampah menumpuk tidak diangkut"),
        report(category="garbage"),
    ]
    near = nearest(found, CENTRE, frozenset({"roads"}), suggest)
    assert [each.report for each in near] == found[:1]


def test_a_place_that_is_only_about_has_no_distances() -> None:
    rough = Centre(*POINT, ROUGH_RADIUS_M, exact=False)
    (near,) = nearest([report(500)], rough, frozenset({"roads"}), nothing)
    assert near.metres is None


@pytest.mark.parametrize(
    ("metres", "told"), [(0, 10), (4, 10), (26, 30), (94, 90), (124, 100), (126, 150), (199, 200)]
)
def test_a_distance_is_told_as_people_say_it(metres: float, told: int) -> None:
    assert about(metres) == told


def test_the_box_holds_the_circle_and_little_more() -> None:
    box = CENTRE.box()
    for lat, lon in ((box.south, POINT[1]), (box.north, POINT[1]), (POINT[0], box.east)):
        assert CENTRE.metres_to(lat, lon) == pytest.approx(RADIUS_M, rel=1e-3)


def test_a_point_decides_and_words_are_looked_up(pack: CityPack) -> None:
    assert centre_of(pack, POINT, "Kesawan") == CENTRE
    words = centre_of(pack, None, "Jl. Ahmad Yani, Kesawan, Medan Barat")
    assert words is not None
    assert (words.exact, words.radius_m) == (False, ROUGH_RADIUS_M)
    assert centre_of(pack, None, "di depan rumah") is None
    assert centre_of(pack, None, "") is None


def test_what_was_chosen_is_the_same_else_what_the_words_suggest(pack: CityPack) -> None:
    categories = pack.categories
    assert same_thing(categories, "roads", categories["trees"].code) == {"roads"}
    assert same_thing(categories, None, categories["roads"].code) == {"roads"}
    assert same_thing(categories, None, None) == frozenset()
    assert same_thing(categories, "none-of-ours", None) == frozenset()
