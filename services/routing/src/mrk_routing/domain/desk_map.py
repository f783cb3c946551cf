"""A small map of where a case is, and of others beside it: drawn here, without any script."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from mrk_city import CityPack
from mrk_routing.domain.case_file import CaseFile

WIDTH: Final = 360
HEIGHT: Final = 240
LETTERS: Final = "PQRST"
"""What the others are called, in their order: no letter that is a key at the desk."""

_METRES: Final = 111_320.0
"""Of a degree of latitude."""
_LEAST: Final = 350.0
"""Metres from the middle to the upper edge, at least."""
_MOST: Final = 15_000.0
_ROOM: Final = 1.7
"""How much farther the map reaches than what must be on it."""
_MOST_NAMES: Final = 9
_LETTER_WIDTH: Final = 6.2
_LINE: Final = 15.0
_APART: Final = 12.0
"""Marks that would lie nearer than this are one mark."""

Point = tuple[float, float]
"""In degrees: latitude, longitude."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on the map, from its upper left corner; `name` is what is written at it."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map.

    Attributes:
        here: the case, in the middle.
        exact: its point is known; otherwise the middle of its kelurahan is shown.
        others: cases that may tell of the same thing, called by `LETTERS`.
        names: centres of kelurahan.
        scale: a round number of metres.
        length: how long that is on the map.
    """

    here: Mark
    exact: bool
    others: tuple[Mark, ...]
    names: tuple[Mark, ...]
    scale: int
    length: float


def drawn(file: CaseFile, others: Sequence[CaseFile], pack: CityPack) -> Drawn | None:
    """The map of a case; None where not even its kelurahan is known.

    Args:
        file: the case; of a confidential one no point is known here.
        others: those beside it, in the order of their letters; one without a point is left out.
        pack: the city's kelurahan.
    """
    own = point_of(file)
    known = pack.subdistricts.get(file.case.subdistrict) if file.case.subdistrict else None
    middle = own or ((known.lat, known.lon) if known is not None else None)
    if middle is None:
        return None
    found = [(letter, point_of(each)) for letter, each in zip(LETTERS, others, strict=False)]
    places = [(letter, _metres(middle, point)) for letter, point in found if point is not None]
    centres = sorted(
        ((_metres(middle, (each.lat, each.lon)), each.name) for each in pack.subdistricts.values()),
        key=lambda each: hypot(*each[0]),
    )
    half = _half([at for _, at in places], [at for at, _ in centres[: 1 if own else 3]])
    a_metre = HEIGHT / 2 / half

    def on_it(at: tuple[float, float], name: str) -> Mark:
        return Mark(
            round(WIDTH / 2 + at[0] * a_metre, 1), round(HEIGHT / 2 - at[1] * a_metre, 1), name
        )

    scale = _round(half / 2)
    return Drawn(
        on_it((0, 0), ""),
        own is not None,
        _joined(on_it(at, letter) for letter, at in places),
        _readable([on_it(at, name) for at, name in centres]),
        scale,
        round(scale * a_metre, 1),
    )


def point_of(file: CaseFile) -> Point | None:
    """The exact point of a case, where routing has one."""
    place = file.place
    if place is None or place.lat is None or place.lon is None:
        return None
    return place.lat, place.lon


def _metres(middle: Point, point: Point) -> tuple[float, float]:
    """East and north of the middle; a city is small enough to be flat."""
    north = (point[0] - middle[0]) * _METRES
    return (point[1] - middle[1]) * _METRES * cos(radians(middle[0])), north


def _half(others: list[tuple[float, float]], named: list[tuple[float, float]]) -> float:
    """How far the map reaches to the north, so that the others and one name are on it."""
    seen = (max(abs(y), abs(x) * HEIGHT / WIDTH) * _ROOM for x, y in (*others, *named))
    return min(_MOST, max(_LEAST, *seen, _LEAST))


def _round(metres: float) -> int:
    """The largest of 1, 2 or 5 times a power of ten that is not longer."""
    step = 10
    while step * 10 <= metres:
        step *= 10
    return max(each for each in (step, 2 * step, 5 * step) if each <= max(metres, step))


def _joined(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    kept: list[Mark] = []
    for mark in marks:
        if not _inside(mark):
            continue
        for number, each in enumerate(kept):
            if hypot(each.x - mark.x, each.y - mark.y) < _APART:
                kept[number] = Mark(each.x, each.y, each.name + mark.name)
                break
        else:
            kept.append(mark)
    return tuple(kept)


def _readable(names: list[Mark]) -> tuple[Mark, ...]:
    """The nearest names that cover neither each other nor the edge."""
    kept: list[Mark] = []
    for mark in names:
        width = len(mark.name) * _LETTER_WIDTH
        if len(kept) == _MOST_NAMES or not _inside(mark):
            continue
        if not width / 2 < mark.x < WIDTH - width / 2:
            continue
        if all(
            abs(each.y - mark.y) > _LINE
            or abs(each.x - mark.x) > (width + len(each.name) * _LETTER_WIDTH) / 2
            for each in kept
        ):
            kept.append(mark)
    return tuple(kept)


def _inside(mark: Mark) -> bool:
    return _APART < mark.x < WIDTH - _APART and _LINE < mark.y < HEIGHT - 3 * _LINE
