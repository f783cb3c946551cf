import json
import shutil
from math import asin, cos, nan, radians, sin, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_city import CityPack, Subdistrict, SubdistrictCode, check, load_pack


def test_every_centroid_is_in_its_own_kelurahan(pack: CityPack) -> None:
    for item in pack.subdistricts.values():
        place = pack.locate(item.lat, item.lon)
        assert place is not None
        assert (place.subdistrict_code, place.district_code) == (item.code, item.district)
        assert place.method == "centroid"
        assert place.inside
        assert place.certainty == pytest.approx(0.95, abs=0.001)


def test_half_way_between_two_centres_is_least_certain(pack: CityPack) -> None:
    a, b = (pack.subdistricts[SubdistrictCode(f"12.71.01.100{n}")] for n in (1, 2))
    place = pack.locate((a.lat + b.lat) / 2, (a.lon + b.lon) / 2)
    assert place is not None
    assert place.certainty == pytest.approx(0.5, abs=0.01)
    assert "approximate" in place.note


@pytest.mark.parametrize(
    ("where", "lat", "lon"),
    [
        ("Jakarta", -6.2, 106.8),
        ("Binjai", 3.6001, 98.4854),
        ("within the bounds, too far from every centre", 3.795, 98.59),
    ],
)
def test_outside_the_city_is_said(pack: CityPack, where: str, lat: float, lon: float) -> None:
    place = pack.locate(lat, lon)
    assert place is not None, where
    assert not place.inside
    assert place.certainty == 0
    assert "outside the city" in place.note


@pytest.mark.parametrize(("lat", "lon"), [(nan, 98.6), (3.5, nan), (91, 98), (3.5, 181)])
def test_no_point_on_earth_is_no_place(pack: CityPack, lat: float, lon: float) -> None:
    assert pack.locate(lat, lon) is None


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_every_point_on_earth_has_an_answer(pack: CityPack, lat: float, lon: float) -> None:
    place = pack.locate(lat, lon)
    assert place is not None
    assert place.inside == (place.certainty > 0)


@given(lat=st.floats(3.49, 3.80), lon=st.floats(98.59, 98.75))
def test_the_nearest_two_of_all_centres_decide(pack: CityPack, lat: float, lon: float) -> None:
    def away(other: Subdistrict) -> float:
        a, b = radians(lat), radians(other.lat)
        lateral = sin((b - a) / 2) ** 2
        return asin(sqrt(lateral + cos(a) * cos(b) * sin(radians(other.lon - lon) / 2) ** 2))

    first, second = sorted(pack.subdistricts.values(), key=away)[:2]
    place = pack.locate(lat, lon)
    assert place is not None
    assert away(pack.subdistricts[place.subdistrict_code]) == pytest.approx(away(first))
    if place.inside:
        share = (away(second) - away(first)) / (away(second) + away(first))
        assert place.certainty == pytest.approx(0.5 + 0.45 * share, abs=0.002)


def _square(lat: float, lon: float, half: float) -> list[list[float]]:
    a, b = [lon - half, lat - half], [lon + half, lat + half]
    return [a, [b[0], a[1]], b, [a[0], b[1]], a]


def _with_polygons(
    medan: Path, pack: CityPack, tmp_path: Path, codes: list[SubdistrictCode]
) -> Path:
    folder = tmp_path / "city"
    shutil.copytree(medan, folder)
    features = []
    for code in codes:
        item = pack.subdistricts[code]
        outer = _square(item.lat, item.lon, 0.001)
        hole = _square(item.lat, item.lon, 0.0001)
        features.append(
            {
                "properties": {"code": code},
                "geometry": {"type": "Polygon", "coordinates": [outer, hole]},
            }
        )
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "subdistricts.geojson").write_text(text, encoding="utf-8")
    return folder


def test_polygons_decide_where_a_pack_brings_them(
    medan: Path, pack: CityPack, tmp_path: Path
) -> None:
    drawn = load_pack(_with_polygons(medan, pack, tmp_path, list(pack.subdistricts)))
    item = pack.subdistricts[SubdistrictCode("12.71.11.1002")]
    inside = drawn.locate(item.lat + 0.0005, item.lon)
    assert inside is not None
    assert (inside.subdistrict_code, inside.method, inside.certainty) == (item.code, "polygon", 1)
    hole = drawn.locate(item.lat, item.lon)
    assert hole is not None
    assert not hole.inside
    beyond = drawn.locate(item.lat + 0.0015, item.lon + 0.0015)
    assert beyond is not None
    assert not beyond.inside


def test_polygons_must_cover_every_kelurahan(medan: Path, pack: CityPack, tmp_path: Path) -> None:
    codes = list(pack.subdistricts)[1:]
    problems = check(_with_polygons(medan, pack, tmp_path, codes))
    assert [p.message for p in problems] == ["'12.71.01.1001' has no polygon"]


@pytest.mark.parametrize("text", ["{", "[]", '{"features": [{"properties": {}}]}'])
def test_unreadable_polygons_are_a_problem(medan: Path, tmp_path: Path, text: str) -> None:
    folder = tmp_path / "city"
    shutil.copytree(medan, folder)
    (folder / "subdistricts.geojson").write_text(text, encoding="utf-8")
    (problem,) = check(folder)
    assert problem.file == "subdistricts.geojson"
