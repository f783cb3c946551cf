"""The one seam where a text becomes a category, for whoever decides by it or explains it."""

from collections.abc import Callable

from mrk_city.models import Guess
from mrk_city.pack import CityPack

Classify = Callable[[str], Guess | None]
"""The category of a text, its probability (0 to 1) and the words of the pack that told it; None:
not sure enough, a person decides."""


def classifier_of(pack: CityPack) -> Classify:
    """What ``mrk city explain`` asks: the pack's model; in a pack without one its vocabulary."""
    return pack.categorise
