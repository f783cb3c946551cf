"""Names found among the words of a text, whatever the spaces in them: exactly, or nearly."""

from collections.abc import Iterator
from typing import Generic, TypeVar

_LONGEST = 6
"""No name has more words; names are compared without spaces (Titikuning, Titi Kuning)."""

_NEARLY_FROM = 8
"""Letters from which a name is known with one letter wrong: shorter ones resemble each other."""

_NEARLY_WORDS = 3
"""Words of a name that is known with a letter wrong, at most."""

P = TypeVar("P")


class NameIndex(Generic[P]):
    """What names mean, found in time that depends on the text's length alone."""

    def __init__(self) -> None:
        self._meant: dict[str, P] = {}
        self._begins: set[str] = set()
        self._nearly: dict[str, set[str]] = {}

    def get(self, words: list[str]) -> P | None:
        """What a whole name means."""
        return self._meant.get("".join(words))

    def put(self, words: list[str], meant: P) -> None:
        """Teach a name."""
        name = "".join(words)
        if name in self._meant or not name:
            return
        self._meant[name] = meant
        self._begins.update(name[:end] for end in range(1, len(name) + 1))
        if len(name) >= _NEARLY_FROM:
            for short in (name, *_without_one(name)):
                self._nearly.setdefault(short, set()).add(name)

    def begins(self, word: str) -> bool:
        """Whether a name may begin with this word."""
        return word in self._begins

    def longest(self, words: list[str], at: int) -> tuple[int, P | None]:
        """The longest name that begins at a word: how many words, at least 1, and its meaning."""
        joined, found = "", (1, None)
        best: tuple[int, P | None] = found
        begins, meant = self._begins, self._meant
        for end in range(at, min(len(words), at + _LONGEST)):
            joined += words[end]
            if joined not in begins:
                break
            known = meant.get(joined)
            if known is not None:
                best = (end - at + 1, known)
        return best

    def nearly(self, words: list[str], at: int, right: int = 3) -> tuple[int, P | None]:
        """As ``longest``, of names with one letter wrong, missing, too many, or two exchanged.

        A text that is as near to several names is none of them.

        Args:
            words: of the text.
            at: where the name begins.
            right: how many of its first letters must be right; it saves most of the search.
        """
        best: tuple[int, P | None] = (1, None)
        joined = ""
        for end in range(at, min(len(words), at + _NEARLY_WORDS)):
            joined += words[end]
            if len(joined) < _NEARLY_FROM - 1:
                continue
            if joined[:right] not in self._begins:
                break
            near = {name for name in self._alike(joined) if _one_apart(joined, name)}
            if len(near) == 1:
                best = (end - at + 1, self._meant[near.pop()])
        return best

    def _alike(self, written: str) -> set[str]:
        found: set[str] = set()
        for short in (written, *_without_one(written)):
            found |= self._nearly.get(short, set())
        return found


def _without_one(name: str) -> Iterator[str]:
    for at in range(len(name)):
        yield name[:at] + name[at + 1 :]


def _one_apart(one: str, other: str) -> bool:
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return len(longer) == len(shorter) + 1 and shorter in _without_one(longer)
    differ = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    match differ:
        case [] | [_]:
            return True
        case [first, second]:
            exchanged = one[first] == other[second] and one[second] == other[first]
            return second == first + 1 and exchanged
        case _:
            return False
