"""The labelled texts of a city pack: written ones, and those that a grammar makes."""

import csv
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = "examples"
WRITTEN: Final = ("written.tsv", "first.tsv", "short.tsv", "letters.tsv")
GRAMMAR: Final = "grammar.yaml"
HELD_OUT: Final = "strangers.tsv"

_SLOT = re.compile(r"\{([a-z0-9]+)\}")
_SHORTEST_MISSPELT: Final = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A text and its category.

    Attributes:
        template: what it was made from; texts of one template are near-copies of each other, so
            that a split never parts them.
        written: by hand, not by the grammar.
    """

    category: str
    template: str
    text: str
    written: bool


def read_tsv(file: Path) -> list[Example]:
    """The examples of a file with the columns ``category``, ``id`` and ``text``.

    Raises:
        ValueError: a row lacks one of them.
    """
    found: list[Example] = []
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(
            csv.DictReader(lines, delimiter="\t", quotechar=None, quoting=csv.QUOTE_NONE), start=2
        ):
            category, template, text = (row.get(name) for name in ("category", "id", "text"))
            if not category or not template or not text:
                raise ValueError(
                    f"{file}:{number}: a column is empty — write category, id and text, "
                    "each parted by one tab"
                )
            found.append(Example(category, template, text, written=True))
    return found


def read_examples(pack: Path) -> list[Example]:
    """Everything that a pack has to learn from; what is held out is not among it."""
    folder = pack / FOLDER
    grammar = yaml.safe_load((folder / GRAMMAR).read_text(encoding="utf-8"))
    written = [example for name in WRITTEN for example in read_tsv(folder / name)]
    return written + list(expand(grammar))


def held_out(pack: Path) -> list[Example]:
    """The texts that measure a model and are never learnt from."""
    return read_tsv(pack / FOLDER / HELD_OUT)


def digest(examples: Sequence[Example]) -> str:
    """A name for exactly these examples."""
    lines = "\n".join(f"{each.category}\t{each.template}\t{each.text}" for each in examples)
    return sha256(lines.encode()).hexdigest()[:12]


def expand(grammar: Mapping[str, Any]) -> Iterator[Example]:
    """The texts of a grammar: the same at every call, on every machine."""
    shared, style = grammar["shared"], grammar["style"]
    for category, part in grammar["categories"].items():
        slots = {**shared, **part["slots"]}
        for name, pattern in part["templates"].items():
            chance = random.Random(name)  # noqa: S311  # reproducible, not secret
            texts = {
                _styled(_filled(pattern, slots, chance), style, chance)
                for _ in range(style["of-each"])
            }
            for text in sorted(texts):
                yield Example(category, name, text, written=False)


def _filled(pattern: str, slots: Mapping[str, list[str]], chance: random.Random) -> str:
    filled = _SLOT.sub(lambda slot: chance.choice(slots[slot[1]]), pattern)
    return " ".join(filled.split())


def _styled(text: str, style: Mapping[str, Any], chance: random.Random) -> str:
    """The text as different people would type it: abbreviated, misspelt, wordy, in capitals."""
    shorten = chance.random() < style["abbreviated"]
    words = [_shortened(word, style["short"], chance) if shorten else word for word in text.split()]
    if chance.random() < style["misspelt"]:
        at = chance.randrange(len(words))
        words[at] = _misspelt(words[at], chance)
    if chance.random() < style["wordy"]:
        words = [chance.choice(style["openings"]), *words, chance.choice(style["endings"])]
    text = " ".join(words)
    return text.upper() if chance.random() < style["capitals"] else text


def _shortened(word: str, short: Mapping[str, list[str]], chance: random.Random) -> str:
    return chance.choice(short[word]) if word in short else word


def _misspelt(word: str, chance: random.Random) -> str:
    """One slip of the finger: a letter left out, doubled, or changed with its neighbour."""
    if len(word) < _SHORTEST_MISSPELT:
        return word
    at = chance.randrange(1, len(word) - 1)
    left, here, after, right = word[:at], word[at], word[at + 1], word[at + 2 :]
    return chance.choice(
        (left + after + right, left + here * 2 + after + right, left + after + here + right)
    )
