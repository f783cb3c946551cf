"""A linear model: reads words, answers with a probability for each label."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from operator import itemgetter
from typing import Any, Final

from mrk_classifier.features import part_weight, parts, text_weight, units

_STRANGE_WORDS_REMEMBERED: Final = 1_000
_TELLING_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text's words say.

    Attributes:
        label: the likeliest label.
        confidence: its probability (0 to 1), calibrated.
        words: the words and pairs of words that spoke for it, the weightiest first.
        probabilities: of every label.
    """

    label: str
    confidence: float
    words: tuple[str, ...]
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Header:
    """What a model's file says of itself.

    Attributes:
        labels: in the order of the weights' columns.
        bias: a score for each label before any word.
        step: by what a stored weight is multiplied.
        threshold: the confidence from which an answer counts as sure.
        words, pairs, parts: how many rows of each kind, in this order.
        digest: SHA-256 of everything else; names the model's version.
        facts: whatever its maker noted, such as a hash of the examples.
    """

    labels: tuple[str, ...]
    bias: tuple[float, ...]
    step: float
    threshold: float
    words: int
    pairs: int
    parts: int
    digest: str
    facts: Mapping[str, Any]


class Model:
    """Weights for words, pairs and parts of words; immutable, and safe to share between threads.

    Args:
        header: what the file says of itself.
        terms: one term a line, in the rows' order.
        weights: a row of little-endian 16-bit numbers for each term.
    """

    def __init__(self, header: Header, terms: bytes, weights: bytes) -> None:
        self.header = header
        self._terms = terms
        self._weights = weights
        self._row = struct.Struct(f"<{len(header.labels)}h")
        self._strange: dict[str, tuple[float, ...]] = {}

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that name exactly this model."""
        return self.header.digest[:12]

    @property
    def threshold(self) -> float:
        """The confidence from which an answer counts as sure."""
        return self.header.threshold

    def prepare(self) -> None:
        """Make the index now, not with the first text."""
        _ = self._index

    def read(self, words: Sequence[str]) -> Reading | None:
        """The likeliest label of a text's words; None when there are none."""
        single, pairs = units(words)
        if not single:
            return None
        index = self._index
        rows: list[tuple[str, tuple[float, ...]]] = [(word, self._of(word)) for word in single]
        rows += [(pair, self._unpacked(index[pair])) for pair in pairs if pair in index]
        share = self.header.step * text_weight(len(single))
        sums = map(sum, zip(*map(itemgetter(1), rows), strict=True))
        scores = [total * share + bias for total, bias in zip(sums, self.header.bias, strict=True)]
        best = max(scores)
        raised = [exp(score - best) for score in scores]
        whole = sum(raised)
        column = scores.index(best)
        return Reading(
            self.header.labels[column],
            raised[column] / whole,
            # a word that the model has not learnt may be anything, a name too: it is not told
            _telling([(term, row) for term, row in rows if term in index], column),
            dict(zip(self.header.labels, (each / whole for each in raised), strict=True)),
        )

    @cached_property
    def _index(self) -> dict[str, int]:
        """Each term's row, by its place in the weights; made at the first reading."""
        size = self._row.size
        terms = self._terms.decode().split("\n")
        return {term: place * size for place, term in enumerate(terms)}

    def _unpacked(self, offset: int) -> tuple[int, ...]:
        return self._row.unpack_from(self._weights, offset)

    def _of(self, word: str) -> tuple[float, ...]:
        """A word's weights: a known word's row holds those of its parts too."""
        offset = self._index.get(word)
        if offset is not None:
            return self._unpacked(offset)
        known = self._strange.get(word)
        if known is None:
            known = self._sum_of_parts(word)
            if len(self._strange) >= _STRANGE_WORDS_REMEMBERED:
                self._strange.clear()
            self._strange[word] = known
        return known

    def _sum_of_parts(self, word: str) -> tuple[float, ...]:
        index, of_word = self._index, parts(word)
        rows = [self._unpacked(index[part]) for part in of_word if part in index]
        if not rows:
            return (0.0,) * len(self.header.labels)
        share = part_weight(len(of_word))
        return tuple(sum(column) * share for column in zip(*rows, strict=True))


def _telling(rows: list[tuple[str, tuple[float, ...]]], column: int) -> tuple[str, ...]:
    """The terms that speak for one label more than for the average one."""
    said = [(row[column] - sum(row) / len(row), term) for term, row in rows]
    strongest = sorted((each for each in said if each[0] > 0), key=lambda each: -each[0])
    return tuple(term for _, term in strongest[:_TELLING_WORDS])
