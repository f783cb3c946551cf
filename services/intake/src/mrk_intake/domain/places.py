"""Kelurahan and kecamatan by name, for whoever types one, and the name of a point."""

from dataclasses import dataclass
from typing import Final

from mrk_city import CityPack, DistrictCode, SubdistrictCode
from mrk_city.text import fold

SHORTEST: Final = 2
"""Characters from which a search finds something."""


@dataclass(frozen=True, slots=True)
class Named:
    """A place as people say it.

    Attributes:
        label: `Kesawan, Medan Barat`, or the kecamatan alone.
        subdistrict: None for a kecamatan.
    """

    label: str
    subdistrict: str | None
    district: str


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

    def search(self, written: str, most: int) -> list[Named]:
        """The places whose name has what was written in it; those that begin with it come first.

        Args:
            written: a name or a part of one, in any case.
            most: how many at most.
        """
        wanted = _plain(written)
        if len(wanted) < SHORTEST:
            return []
        found = [
            (min(name.find(wanted) for name in names if wanted in name), named.label, named)
            for names, named in self._all
            if any(wanted in name for name in names)
        ]
        found.sort(key=lambda each: (each[0] > 0, each[1]))
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
