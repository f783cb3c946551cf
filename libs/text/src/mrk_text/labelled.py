"""Labelled examples, and how well masking does on them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from mrk_text.masking import find
from mrk_text.spans import Kind, Span

_MARK: Final = re.compile(r"\{\{(phone|email|nik)\|(.*?)\}\}")


@dataclass(frozen=True, slots=True)
class Example:
    """A text, where its personal data stands, and what it looks like masked."""

    text: str
    spans: tuple[Span, ...]
    masked: str


@dataclass(frozen=True, slots=True)
class Score:
    """How many spans of one kind were found rightly, wrongly, and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of what was found that was rightly found; 1 when nothing was."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found; 1 when nothing is."""
        there = self.right + self.missed
        return self.right / there if there else 1.0


def examples() -> list[Example]:
    """The examples of `labelled.txt`, by which the masker was made: each is masked as labelled."""
    return _read("labelled.txt")


def held() -> list[Example]:
    """The examples of `held.txt`, written apart from the masker to measure it."""
    return _read("held.txt")


def _read(name: str) -> list[Example]:
    lines = files("mrk_text").joinpath(name).read_text(encoding="utf-8").split("\n")
    return [parse(line) for line in lines if line and not line.startswith("#")]


def parse(line: str) -> Example:
    """An example from a line in which `{{kind|text}}` marks personal data."""
    text, masked = "", ""
    spans: list[Span] = []
    position = 0
    for mark in _MARK.finditer(line):
        between, kind = line[position : mark.start()], Kind(mark.group(1))
        text += between
        spans.append(Span(len(text), len(text) + len(mark.group(2)), kind))
        text += mark.group(2)
        masked += between + kind.placeholder
        position = mark.end()
    return Example(text + line[position:], tuple(spans), masked + line[position:])


def score(given: Sequence[Example]) -> dict[Kind, Score]:
    """Scores by kind; a span counts as found when both ends agree."""
    right, wrong, missed = (dict.fromkeys(Kind, 0) for _ in range(3))
    for example in given:
        there, found = set(example.spans), set(find(example.text))
        for counts, spans in (
            (right, there & found),
            (wrong, found - there),
            (missed, there - found),
        ):
            for span in spans:
                counts[span.kind] += 1
    return {kind: Score(right[kind], wrong[kind], missed[kind]) for kind in Kind}
