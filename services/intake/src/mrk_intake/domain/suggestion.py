"""What the words of a report suggest: a category, and whether to call for help at once.

`Suggest` is the seam: whatever answers it, the city pack's vocabulary now, the callers stay.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mrk_city import CityPack
from mrk_schemas.ids import CategoryCode


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was read from a text.

    Attributes:
        category: None where the words point to none, or to several.
        emergency: the emergency words in it, each once, in its order.
    """

    category: CategoryCode | None
    emergency: tuple[str, ...]


Suggest = Callable[[str], Suggestion]
"""From a report's text to what it suggests; quick enough to be asked while somebody types."""


def by_vocabulary(pack: CityPack) -> Suggest:
    """Reads the words as the city pack knows them."""

    def suggest(text: str) -> Suggestion:
        guess = pack.categorise(text)
        category = guess.category if guess is not None else None
        return Suggestion(category, pack.is_emergency(text))

    return suggest
