"""Kelurahan, kecamatan, streets and landmarks by name, for whoever types one; a point's name."""

from dataclasses import dataclass
from typing import Final

from mrk_city import CityPack, DistrictCode, Landmark, SubdistrictCode
from mrk_city.text import fold

SHORTEST: Final = 2
"""Characters from which a search finds something."""


@dataclass(frozen=True, slots=True)
class Named:
    """A place as people say it.

    Attributes:
        label: `Kesawan, Medan Barat`, the kecamatan alone, or a landmark with as much of where it
            lies as the pack is sure of.
        subdistrict: None for a kecamatan, and for a landmark that may lie in several kelurahan.
        district: None for a street through several kecamatan.
    """

    label: str
    subdistrict: str | None
    district: str | None


class Places:
    """The names of a city pack.

    Args:
        pack: of the city.
    """

    def __init__(self, pack: CityPack) -> None:
        self._pack = pack
        self._all: list[tuple[tuple[str, ...], Named]] = [
            ((_plain(each.name),), Named(each.name, None, each.name))
            for each in pack.districts.values()
        ]
        for each in pack.subdistricts.values():
            district = pack.districts[each.district].name
            named = Named(f"{each.name}, {district}", each.name, district)
            names = tuple(_plain(name) for name in (each.name, *each.aliases))
            self._all.append((names, named))
        self._landmarks = [
            (tuple(self._spelled(name) for name in (each.name, *each.aliases)), self._of(each))
            for each in pack.landmarks
        ]

    def _spelled(self, written: str) -> str:
        """As `_plain`, in the spelling that all ways of writing it share: Jl. and jalan."""
        return "".join(self._pack.spelled(written))

    def _of(self, landmark: Landmark) -> Named:
        areas = [self._pack.subdistricts[code] for code in landmark.subdistricts]
        districts = {*landmark.districts, *(each.district for each in areas)}
        if len(districts) != 1:
            return Named(landmark.name, None, None)
        exact = areas[0].code if len(areas) == 1 and not landmark.districts else None
        place = self._named(exact, districts.pop())
        return Named(f"{landmark.name}, {place.label}", place.subdistrict, place.district)

    def search(self, written: str, most: int) -> list[Named]:
        """The places whose name has what was written in it; those that begin with it come first.

        Of equals, kelurahan and kecamatan come before streets and landmarks.

        Args:
            written: a name or a part of one, in any case.
            most: how many at most.
        """
        wanted = _plain(written)
        if len(wanted) < SHORTEST:
            return []
        found = [
            (
                min(name.find(wanted) for name in names if wanted in name),
                landmark,
                named.label,
                named,
            )
            for listed, wanted, landmark in (
                (self._all, wanted, False),
                (self._landmarks, self._spelled(written), True),
            )
            for names, named in listed
            if any(wanted in name for name in names)
        ]
        found.sort(key=lambda each: (each[0] > 0, each[1], each[2]))
        return [named for *_, named in found[:most]]

    def of_words(self, address: str) -> Named | None:
        """The place that an address names; None where it names none, or several."""
        found = self._pack.locate_words(address)
        return self._named(found.subdistrict_code, found.district_code) if found else None

    def of_point(self, lat: float, lon: float) -> Named | None:
        """The kelurahan nearest to a point in degrees; None outside the city."""
        found = self._pack.locate(lat, lon)
        if found is None or not found.inside:
            return None
        return self._named(found.subdistrict_code, found.district_code)

    def _named(self, subdistrict: SubdistrictCode | None, district: DistrictCode) -> Named:
        kecamatan = self._pack.districts[district].name
        if subdistrict is None:
            return Named(kecamatan, None, kecamatan)
        kelurahan = self._pack.subdistricts[subdistrict].name
        return Named(f"{kelurahan}, {kecamatan}", kelurahan, kecamatan)


def _plain(name: str) -> str:
    """Letters and figures alone: `Titi Kuning` is found under `titikuning` too."""
    return "".join(char for char in fold(name) if char.isalnum())
