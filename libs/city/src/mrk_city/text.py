"""Words of a text, read the way people here write, and phrases found among them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_TOKEN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_SHORTEST_STEM = 4
_TOKENS_REMEMBERED = 20_000

P = TypeVar("P")


def fold(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():
        return text.lower()
    # small letters last: a phone's fancy letters turn into capitals first
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class Speech:
    """How to read a text: spellings of one word, words to skip, endings to cut.

    ``known`` are whole words of the vocabulary; no ending is cut off them ("sekolah" keeps its
    "lah").
    """

    same: Mapping[str, str]
    skip: frozenset[str]
    endings: tuple[str, ...]
    known: frozenset[str] = frozenset()
    _tokens: dict[str, tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def words(self, text: str) -> list[str]:
        """The words that carry meaning, in order; a word said twice in a row counts once."""
        found: list[str] = []
        last = ""
        read = self._tokens
        for token in _TOKEN.findall(fold(text)):
            words = read.get(token)
            if words is None:
                words = self._words_of(token)
            for word in words:
                if word != last:
                    found.append(word)
                    last = word
        return found

    def _words_of(self, token: str) -> tuple[str, ...]:
        """People use the same few thousand words again and again: each is read once."""
        short = _STRETCHED.sub(r"\1", token)
        whole = self.same.get(short)
        parts = (whole,) if whole else short.split("-")
        words = tuple(word for part in parts if (word := self._read(part)) not in self.skip)
        if len(self._tokens) >= _TOKENS_REMEMBERED:
            self._tokens.clear()
        self._tokens[token] = words
        return words

    def _read(self, word: str) -> str:
        if word in self.known:
            return word
        mapped = self.same.get(word)
        if mapped is not None:
            return mapped
        # "lobang2" is how a phone writes "lobang-lobang".
        if word.endswith("2") and len(word) > _SHORTEST_STEM:
            return self._read(word[:-1])
        for ending in self.endings:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
                stem = word[: -len(ending)]
                return self.same.get(stem, stem)
        return word


class Phrases(Generic[P]):
    """Finds phrases among words: from left to right, the longest first, none overlapping."""

    def __init__(self, phrases: Iterable[tuple[tuple[str, ...], P]]) -> None:
        self._by_first: dict[str, list[tuple[int, list[str], P]]] = {}
        for words, payload in phrases:
            rows = self._by_first.setdefault(words[0], [])
            rows.append((len(words), list(words), payload))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: -row[0])

    def find(self, words: list[str]) -> Iterator[P]:
        """The payloads of the phrases found, in the text's order."""
        if self._by_first.keys().isdisjoint(words):
            return  # most texts hold none
        at = 0
        while at < len(words):
            for length, phrase, payload in self._by_first.get(words[at], ()):
                if length == 1 or words[at : at + length] == phrase:
                    yield payload
                    at += length
                    break
            else:
                at += 1


class Anywhere:
    """Finds which phrases stand among words, also where one stands inside another."""

    def __init__(self, phrases: Iterable[tuple[str, ...]]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        for words in phrases:
            if words:
                self._by_first.setdefault(words[0], []).append(words)

    def find(self, words: list[str]) -> frozenset[tuple[str, ...]]:
        """All phrases found."""
        return frozenset(
            phrase
            for at, word in enumerate(words)
            for phrase in self._by_first.get(word, ())
            if tuple(words[at : at + len(phrase)]) == phrase
        )
