"""What makes a case urgent in a city: ``priority.yaml``, and its words found in a text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrk_city.address_speech import AddressSpeech
from mrk_city.ids import CategoryCode
from mrk_city.landmarks import KINDS, metres
from mrk_city.models import Landmark
from mrk_city.problems import Problems
from mrk_city.sources import Item, read_yaml
from mrk_city.text import Phrases

PRIORITY: Final = "priority.yaml"
MOST: Final = 89
"""Points of what is no emergency, at most: emergencies begin above it."""


@dataclass(frozen=True, slots=True)
class Growing:
    """Points for each of something, up to ``most``."""

    points: int
    most: int

    def of(self, count: int) -> int:
        """The points of so many."""
        return min(self.most, self.points * max(0, count))


@dataclass(frozen=True, slots=True)
class PriorityData:
    """What ``priority.yaml`` states; points are whole and not negative.

    Attributes:
        base: of a case without category, or whose category has none of its own.
        dangerous: words that tell of danger.
        kinds: of landmarks where people are hurt sooner, with phrases that say "near one".
        metres: how near a landmark's point counts.
    """

    base: int
    categories: Mapping[CategoryCode, int]
    category_lines: Mapping[CategoryCode, int]
    dangerous_points: int
    dangerous: tuple[str, ...]
    repeats: Growing
    followers: Growing
    vulnerable_points: int
    metres: int
    kinds: Mapping[str, tuple[str, ...]]
    line: int = 0

    def of_category(self, category: CategoryCode | None) -> int:
        """The points of a category; None: not known yet."""
        return self.base if category is None else self.categories.get(category, self.base)


def read_priority(folder: Path, problems: Problems) -> PriorityData:
    """``priority.yaml``."""
    root = read_yaml(folder, PRIORITY, problems)
    fields = root.fields("base dangerous repeats followers vulnerable", "categories")
    listed = fields["categories"].codes()
    dangerous = fields["dangerous"].fields("points words")
    vulnerable = fields["vulnerable"].fields("points metres kinds")
    kinds = {}
    for kind, phrases in vulnerable["kinds"].pairs():
        if kind not in KINDS:
            phrases.bad(f"kind '{kind}' is not known", f"use one of: {', '.join(KINDS)}")
        kinds[kind] = phrases.texts()
    return PriorityData(
        base=fields["base"].whole(0, MOST),
        categories={CategoryCode(code): item.whole(0, MOST) for code, item in listed},
        category_lines={CategoryCode(code): item.line for code, item in listed},
        dangerous_points=dangerous["points"].whole(0, MOST),
        dangerous=dangerous["words"].texts(),
        repeats=_growing(fields["repeats"]),
        followers=_growing(fields["followers"]),
        vulnerable_points=vulnerable["points"].whole(0, MOST),
        metres=vulnerable["metres"].whole(0, 5000),
        kinds=kinds,
        line=root.line,
    )


def _growing(item: Item) -> Growing:
    fields = item.fields("points most")
    return Growing(fields["points"].whole(0, MOST), fields["most"].whole(0, MOST))


def validate_priority(
    data: PriorityData, known: Iterable[CategoryCode], problems: Problems
) -> None:
    """Note points for categories that the pack does not have."""
    codes = set(known)
    for code, line in data.category_lines.items():
        if codes and code not in codes:
            told = f"category '{code}' is not in categories.yaml"
            problems.add(PRIORITY, line, told, "correct the code")


class Vulnerable:
    """Finds schools, hospitals and the like near a report.

    Args:
        data: what counts.
        speech: how addresses are written; "depan" is a word there.
        listed: the pack's landmarks.
    """

    def __init__(
        self, data: PriorityData, speech: AddressSpeech, listed: Iterable[Landmark]
    ) -> None:
        self._data = data
        self._speech = speech
        listed = [each for each in listed if each.kind in data.kinds]
        self._points = [(each.point, each.kind) for each in listed if each.point]
        said = [(speech.words(p), kind) for kind, phrases in data.kinds.items() for p in phrases]
        named = [
            (words, each.kind)
            for each in listed
            for name in (each.name, *each.aliases)
            for words in speech.heads_of(speech.words(name))
        ]
        self._phrases = Phrases((tuple(words), kind) for words, kind in (*said, *named) if words)

    def near(self, lat: float, lon: float) -> frozenset[str]:
        """The kinds that have a known point near this one, in degrees."""
        within = self._data.metres
        return frozenset(
            kind for point, kind in self._points if metres(point, (lat, lon)) <= within
        )

    def named(self, text: str) -> frozenset[str]:
        """The kinds that a text names: by phrases, and by landmarks' names."""
        return frozenset(self._phrases.find(self._speech.words(text)))
