"""One place from all names of a text: a long street and a market narrow each other down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mrk_city.ids import DistrictCode, SubdistrictCode
from mrk_city.landmarks import Sighting
from mrk_city.models import Place

_WEAK = 0.6
"""Below this certainty a kecamatan's short name only narrows down what landmarks say."""

_CONTRADICTED, _CONFIRMED = 0.6, 0.5
"""What a contradiction leaves of the certainty, and which share of the doubt another name that
agrees takes away."""

_MOST = 0.98


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the landmarks of a text say together."""

    area: frozenset[SubdistrictCode]
    certainty: float
    words: tuple[str, ...]


def combined(  # noqa: PLR0911  # one return for each way in which names agree or not
    named: Place | None,
    everyday: frozenset[SubdistrictCode],
    sightings: Sequence[Sighting],
    owner: Mapping[SubdistrictCode, DistrictCode],
) -> Place | None:
    """The place that names of kelurahan and kecamatan and of landmarks tell together.

    A kelurahan or kecamatan by its own name stands above a landmark; one that contradicts it
    lowers the certainty. Landmarks that agree are cut with each other.

    Args:
        named: by the names of kelurahan and kecamatan.
        everyday: kelurahan that only confirm what a landmark says.
        sightings: landmarks and streets in the text.
        owner: the kecamatan of each kelurahan.
    """
    seen = _together(sightings)
    if seen is None:
        return named
    if named is None:
        if len(seen.area) > 1 and len(seen.area & everyday) == 1:
            return _place(seen.area & everyday, seen.certainty, owner, seen.words)
        return _place(seen.area, seen.certainty, owner, seen.words)
    mine = _area(named, owner)
    both = mine & seen.area
    words = (*named.words, *seen.words)
    if not both:
        if named.certainty < _WEAK and seen.certainty > named.certainty:
            return _place(seen.area, seen.certainty * _CONTRADICTED, owner, words)
        note = "a street or landmark named lies elsewhere"
        certainty = round(named.certainty * _CONTRADICTED, 3)
        return named._replace(certainty=certainty, note=note, words=words)
    if named.subdistrict_code is not None:
        return named._replace(certainty=_surer(named.certainty, seen.certainty), words=words)
    if len(both) == 1 or both == seen.area:
        certainty = _surer(seen.certainty, named.certainty)
        return _place(both, certainty, owner, words)
    return named._replace(certainty=_surer(named.certainty, seen.certainty), words=words)


def _area(
    place: Place, owner: Mapping[SubdistrictCode, DistrictCode]
) -> frozenset[SubdistrictCode]:
    if place.subdistrict_code is not None:
        return frozenset({place.subdistrict_code})
    return frozenset(code for code, district in owner.items() if district == place.district_code)


def _together(sightings: Sequence[Sighting]) -> _Seen | None:
    seen: _Seen | None = None
    # the surest and narrowest first, so that it is the others that contradict it
    for each in sorted(sightings, key=lambda s: (-s.certainty, len(s.meaning.area))):
        area, name = each.meaning.area, (each.meaning.name,)
        if seen is None:
            seen = _Seen(area, each.certainty, name)
        elif name[0] in seen.words:
            continue
        elif seen.area & area:
            both = seen.area & area
            # what a name adds it adds with its own certainty
            certainty = (
                min(seen.certainty, each.certainty)
                if both not in {seen.area, area}
                else max(seen.certainty, each.certainty)
            )
            seen = _Seen(both, _surer(certainty, each.certainty), (*seen.words, *name))
        else:
            seen = _Seen(seen.area, seen.certainty * _CONTRADICTED, (*seen.words, *name))
    return seen


def _surer(certainty: float, by: float) -> float:
    raised = certainty + (1 - certainty) * by * _CONFIRMED
    return round(max(certainty, min(_MOST, raised)), 3)


def _place(
    area: frozenset[SubdistrictCode],
    certainty: float,
    owner: Mapping[SubdistrictCode, DistrictCode],
    words: tuple[str, ...],
) -> Place | None:
    if len(area) == 1:
        (code,) = area
        return Place(code, owner[code], "words", round(certainty, 3), words=words)
    districts = {owner[code] for code in area}
    if len(districts) != 1:
        return None
    note = "what is named fits several kelurahan of this kecamatan"
    return Place(None, districts.pop(), "words", round(certainty, 3), note=note, words=words)
