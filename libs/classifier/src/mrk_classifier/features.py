"""What of a text counts: its words, pairs of neighbours, and the parts of each word.

Every part belongs to one word, so that a text's score is a sum over its words and pairs: that makes
reading quick, and says which words decided.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt

SHORTEST, LONGEST = 3, 5
"""How long the parts of a word are, the marks of its beginning and end included."""

PAIR = " "
"""Between the two words of a pair; no word holds it."""

PART = "~"
"""Before a part of a word: "~mpu" is a part, "mpu" a word."""


def parts(word: str) -> list[str]:
    """The parts of a word, marked as such: "~<la", "~lam", …, "~mpu>"."""
    marked = f"<{word}>"
    return [
        PART + marked[at : at + length]
        for length in range(SHORTEST, LONGEST + 1)
        for at in range(len(marked) - length + 1)
    ]


def part_weight(count: int) -> float:
    """How much one of a word's ``count`` parts counts beside the word itself."""
    return 1.0 / sqrt(count)


def units(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The distinct words of a text, and its distinct pairs of neighbours, in its order."""
    pairs = (left + PAIR + right for left, right in pairwise(words))
    return list(dict.fromkeys(words)), list(dict.fromkeys(pairs))


def text_weight(distinct_words: int) -> float:
    """By what a text's sum is multiplied: a long one must not be surer for its length alone."""
    return 1.0 / sqrt(distinct_words)


def weighted(words: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Every feature of a text with its weight; one that occurs in two words comes twice."""
    single, pairs = units(words)
    if not single:
        return
    whole = text_weight(len(single))
    for word in single:
        yield word, whole
        of_word = parts(word)
        share = whole * part_weight(len(of_word))
        for part in of_word:
            yield part, share
    for pair in pairs:
        yield pair, whole
