"""Where a report belongs: by code, point, the address's words, its own words, in this order."""

from dataclasses import dataclass

from mrk_city import CityPack
from mrk_city import Place as Found
from mrk_schemas.ids import DistrictCode, SubdistrictCode
from mrk_schemas.reports import Place


@dataclass(frozen=True, slots=True)
class Located:
    """A report's place; both codes None: it is not known.

    Attributes:
        method: ``code``, ``centroid``, ``polygon`` or ``words``; None when it is not known.
        outside: a point that lies outside the city, which no rule may route.
    """

    subdistrict: SubdistrictCode | None = None
    district: DistrictCode | None = None
    method: str | None = None
    approximate: bool = True
    outside: bool = False


NOWHERE = Located()
OUTSIDE = Located(outside=True)


def locate(place: Place | None, pack: CityPack, text: str | None = None) -> Located:
    """The kelurahan and kecamatan of a report's place; codes that the pack lacks don't count.

    Args:
        place: as intake tells it.
        pack: the city.
        text: the report's masked words, read where the place says nothing. They name places for
            other reasons too, so the pack is less certain of them than of an address.
    """
    found = _of_place(place, pack) if place is not None else NOWHERE
    if found.district is not None or found.outside or not text:
        return found
    return _sure(pack.locate_text(text)) or found


def _of_place(place: Place, pack: CityPack) -> Located:
    by_code = pack.subdistricts.get(place.subdistrict) if place.subdistrict else None
    if by_code is not None:
        return Located(
            by_code.code, by_code.district, place.method or "code", approximate=place.approximate
        )
    return _by_point(place, pack) or _by_words(place, pack) or _by_district(place, pack)


def _by_point(place: Place, pack: CityPack) -> Located | None:
    if place.lat is None or place.lon is None:
        return None
    found = pack.locate(place.lat, place.lon)
    if found is None:
        return None
    if not found.inside:
        return OUTSIDE
    approximate = found.method != "polygon"
    return Located(
        found.subdistrict_code, found.district_code, found.method, approximate=approximate
    )


def _by_words(place: Place, pack: CityPack) -> Located | None:
    return _sure(pack.locate_words(place.address)) if place.address else None


def _sure(found: Found | None) -> Located | None:
    if found is None or not found.sure:
        return None
    return Located(found.subdistrict_code, found.district_code, found.method)


def _by_district(place: Place, pack: CityPack) -> Located:
    if place.district is None or place.district not in pack.districts:
        return NOWHERE
    return Located(None, place.district, place.method or "code", approximate=place.approximate)


def for_agency(place: Place | None, located: Located, *, confidential: bool) -> Place | None:
    """What the owning agency is told: no point and no address of a confidential report."""
    if located.district is None and (place is None or confidential):
        return None
    shown = place if place is not None and not confidential else Place()
    return shown.model_copy(
        update={
            "subdistrict": located.subdistrict,
            "district": located.district,
            "method": located.method,
            "approximate": located.approximate,
        }
    )
