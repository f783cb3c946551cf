"""From a point to a kelurahan: polygons decide where a pack brings them, else the centroid."""

import json
from collections.abc import Iterable, Mapping
from math import asin, cos, dist, floor, isfinite, radians, sin
from pathlib import Path

from mrk_city.ids import SubdistrictCode
from mrk_city.models import City, Place, Subdistrict
from mrk_city.problems import Problems

_EARTH_DIAMETER_KM = 2 * 6371.0088
_AT_CENTROID, _AT_BORDER = 0.95, 0.5
"""Certainty on a centroid, and half-way between two of them."""

_CELLS_A_DEGREE = 100
"""Cells are about 1.1 km wide: a city has some hundreds, each read a few candidates long."""

_Vector = tuple[float, float, float]
_Centroid = tuple[_Vector, Subdistrict]
"""A point on the unit sphere, and whose it is."""

Ring = tuple[tuple[float, float], ...]
"""Corners as (lon, lat), GeoJSON's order."""

FILE = "subdistricts.geojson"


def _vector(lat: float, lon: float) -> _Vector:
    phi, lam = radians(lat), radians(lon)
    return cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)


class Points:
    """All kelurahan as points, and as areas where the pack has them."""

    def __init__(
        self,
        city: City,
        subdistricts: Iterable[Subdistrict],
        areas: Mapping[SubdistrictCode, tuple[Ring, ...]],
    ) -> None:
        self._city = city
        self._by_code = {item.code: item for item in subdistricts}
        self._centroids = tuple((_vector(s.lat, s.lon), s) for s in self._by_code.values())
        self._near: dict[tuple[int, int], tuple[_Centroid, ...]] = {}
        self._areas = [(_box(rings), rings, code) for code, rings in areas.items()]

    def locate(self, lat: float, lon: float) -> Place | None:
        """The kelurahan of a point in degrees; None when it is no point on Earth."""
        if not (isfinite(lat) and isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
            return None
        for (west, south, east, north), rings, code in self._areas:
            if west <= lon <= east and south <= lat <= north and _within(lat, lon, rings):
                return Place(code, self._by_code[code].district, "polygon", 1.0)
        return self._nearest(lat, lon)

    def _nearest(self, lat: float, lon: float) -> Place:
        point = _vector(lat, lon)
        # The chord grows with the great-circle (haversine) distance and is cheaper to compare.
        near = next_near = 3.0
        nearest = self._centroids[0][1]
        for centre, subdistrict in self._candidates(lat, lon):
            chord = dist(point, centre)
            if chord < near:
                near, next_near, nearest = chord, near, subdistrict
            elif chord < next_near:
                next_near = chord
        away = _EARTH_DIAMETER_KM * asin(min(1.0, near / 2))
        south, north, west, east = self._city.bounds
        if (
            self._areas
            or away > self._city.reach_km
            or not (south <= lat <= north and west <= lon <= east)
        ):
            note = f"outside the city: {away:.1f} km from the centre of {nearest.name}"
            return Place(nearest.code, nearest.district, "centroid", 0.0, inside=False, note=note)
        share = (next_near - near) / (next_near + near)
        certainty = _AT_BORDER + (_AT_CENTROID - _AT_BORDER) * share
        note = f"approximate: nearest centre, {away:.1f} km away"
        return Place(nearest.code, nearest.district, "centroid", round(certainty, 3), note=note)

    def _candidates(self, lat: float, lon: float) -> "tuple[_Centroid, ...]":
        """The centroids among which the two nearest are: few, by the cell that the point is in."""
        south, north, west, east = self._city.bounds
        if not (south <= lat <= north and west <= lon <= east):
            return self._centroids
        cell = floor(lat * _CELLS_A_DEGREE), floor(lon * _CELLS_A_DEGREE)
        found = self._near.get(cell)
        if found is None:
            found = self._near[cell] = self._of_cell(*cell)
        return found

    def _of_cell(self, row: int, column: int) -> "tuple[_Centroid, ...]":
        corners = [
            _vector((row + up) / _CELLS_A_DEGREE, (column + right) / _CELLS_A_DEGREE)
            for up in (0, 1)
            for right in (0, 1)
        ]
        middle = _vector((row + 0.5) / _CELLS_A_DEGREE, (column + 0.5) / _CELLS_A_DEGREE)
        radius = max(dist(middle, corner) for corner in corners)
        away = [dist(middle, centre) for centre, _ in self._centroids]
        # triangle inequality: what is farther than this is not among the two nearest of any point
        # of the cell
        most = sorted(away)[min(1, len(away) - 1)] + 2 * radius
        return tuple(each for each, d in zip(self._centroids, away, strict=True) if d <= most)


def _box(rings: tuple[Ring, ...]) -> tuple[float, float, float, float]:
    lons = [lon for ring in rings for lon, _ in ring]
    lats = [lat for ring in rings for _, lat in ring]
    return min(lons), min(lats), max(lons), max(lats)


def _within(lat: float, lon: float, rings: tuple[Ring, ...]) -> bool:
    """Even-odd rule over all rings, so that holes count as outside."""
    inside = False
    for ring in rings:
        before_lon, before_lat = ring[-1]
        for corner_lon, corner_lat in ring:
            if (corner_lat > lat) != (before_lat > lat):
                crossing = (before_lon - corner_lon) * (lat - corner_lat)
                if lon < corner_lon + crossing / (before_lat - corner_lat):
                    inside = not inside
            before_lon, before_lat = corner_lon, corner_lat
    return inside


def read_areas(folder: Path, problems: Problems) -> dict[SubdistrictCode, tuple[Ring, ...]]:
    """The optional ``subdistricts.geojson``: (Multi)Polygons with Kemendagri's code as ``code``.

    A pack that brings it must bring every kelurahan (checked with the other files): a point in none
    of the areas is then outside the city.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    areas: dict[SubdistrictCode, tuple[Ring, ...]] = {}
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        for feature in features:
            code = SubdistrictCode(feature["properties"]["code"])
            shape = feature["geometry"]
            many = (
                shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
            )
            rings = tuple(
                tuple((float(lon), float(lat)) for lon, lat, *_ in ring)
                for polygon in many
                for ring in polygon
                if ring
            )
            if not rings:
                problems.add(FILE, 0, f"{code} has no corners", "add its polygon")
                continue
            areas[code] = areas.get(code, ()) + rings
    except (OSError, ValueError, KeyError, TypeError) as error:
        problems.add(
            FILE,
            0,
            f"not a collection of polygons: {type(error).__name__} {error}",
            "write a GeoJSON FeatureCollection of (Multi)Polygons with a property 'code'",
        )
    return areas
