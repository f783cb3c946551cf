"""Teaches a model from a pack's examples, and makes its confidence true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from mrk_city.learning.examples import Example, digest, read_examples
from mrk_city.pack import CityPack
from mrk_classifier.training import Fitted, Labelled, fit

_STRENGTH: Final = 30.0
_WRITTEN, _MADE, _VOCABULARY, _HINT = 3.0, 0.3, 3.0, 1.0
"""How much each source counts: what people would write more than what a grammar repeats."""

_FOLDS: Final = 3
_TEMPERATURES: Final = np.arange(0.4, 2.01, 0.05)

_THRESHOLD: Final = 0.6
"""From which probability of the owner a text is decided: chosen on the folds, see docs."""

_SENTENCE: Final = 4
"""Confidence is fitted on texts of so many words: single words are not what people send."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A model's file, and what its making told.

    Attributes:
        content: the bytes of the file.
        facts: written into it too.
    """

    content: bytes
    facts: Mapping[str, Any]


def teach(pack: CityPack, folder: Path, extra: Sequence[Example] = ()) -> Taught:
    """Make a model of everything in the pack.

    The temperature comes from written sentences that were answered by a model which had seen
    nothing of their template: templates are dealt into folds, each answered by the others.

    Args:
        pack: reads the words.
        folder: of the pack.
        extra: further examples, such as dispatchers' corrections.
    """
    examples = [*read_examples(folder), *extra]
    words = {each.text: pack.words(each.text) for each in examples}
    listed = _listed(pack)

    def taught_by(chosen: Sequence[Example]) -> Fitted:
        rows = [
            Labelled(words[each.text], each.category, _WRITTEN if each.written else _MADE)
            for each in chosen
            if words[each.text]
        ]
        return fit([*rows, *listed], strength=_STRENGTH)

    unseen: list[tuple[Example, np.ndarray[Any, Any]]] = []
    for fold in range(_FOLDS):
        learnt = taught_by([each for each in examples if _fold(each) != fold])
        asked = [
            each
            for each in examples
            if _fold(each) == fold and each.written and len(words[each.text]) >= _SENTENCE
        ]
        scores = learnt.scores([words[each.text] for each in asked])
        unseen += zip(asked, scores, strict=True)
    whole = taught_by(examples)
    temperature = _temperature(unseen, whole.labels)
    facts = {
        "examples": len(examples),
        "written": sum(each.written for each in examples),
        "templates": len({each.template for each in examples}),
        "data": digest(examples),
        "temperature": temperature,
    }
    return Taught(whole.dump(temperature, _THRESHOLD, facts), facts)


def _listed(pack: CityPack) -> list[Labelled]:
    """The vocabulary of the categories: phrases that are examples already."""
    return [
        Labelled(pack.words(phrase), str(category.code), weight)
        for category in pack.categories.values()
        for phrases, weight in ((category.words, _VOCABULARY), (category.hints, _HINT))
        for phrase in phrases
        if pack.words(phrase)
    ]


def _fold(example: Example) -> int:
    return int(sha256(example.template.encode()).hexdigest(), 16) % _FOLDS


def _temperature(
    unseen: Sequence[tuple[Example, np.ndarray[Any, Any]]], labels: Sequence[str]
) -> float:
    """The one under which confidence is truest: it makes what happened least surprising."""
    scores = np.array([row for _, row in unseen])
    right = np.array([labels.index(each.category) for each, _ in unseen])
    rows = np.arange(len(right))

    def surprise(temperature: float) -> float:
        return float(-np.log(_softmax(scores / temperature)[rows, right] + 1e-12).mean())

    return round(float(min(_TEMPERATURES, key=surprise)), 2)


def _softmax(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: np.ndarray[Any, Any] = raised / raised.sum(axis=1, keepdims=True)
    return shares
