"""Makes a model from labelled texts: logistic regression over words, pairs and parts of words."""

import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from mrk_classifier.features import PAIR, PART, part_weight, parts, weighted
from mrk_classifier.file import dump_model
from mrk_classifier.model import Header

_LARGEST: Final = 32_000
_RAREST: Final = {"word": 1, "pair": 2, "part": 2}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text to learn from.

    Attributes:
        words: as they will be read later.
        label: what is right.
        weight: how much it counts.
    """

    words: Sequence[str]
    label: str
    weight: float = 1.0


class Fitted:
    """What was learnt: asks as a model does, and becomes one.

    Args:
        terms: feature to column.
        learnt: scikit-learn's.
    """

    def __init__(self, terms: dict[str, int], learnt: LogisticRegression) -> None:
        self._terms = terms
        self._learnt = learnt

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of a score's columns."""
        return tuple(map(str, self._learnt.classes_))

    def scores(self, texts: Sequence[Sequence[str]]) -> np.ndarray[Any, Any]:
        """A row for each text, a column for each label; before calibration."""
        return np.asarray(self._learnt.decision_function(_matrix(texts, self._terms)))

    def dump(self, temperature: float, threshold: float, facts: Mapping[str, Any]) -> bytes:
        """The bytes of a model's file."""
        coefficients = self._learnt.coef_.T / temperature
        words, pairs, others = self._kinds()
        whole = [self._with_parts(word, coefficients) for word in words]
        rows = np.array(whole + [coefficients[self._terms[term]] for term in pairs + others])
        step = float(np.abs(rows).max()) / _LARGEST
        header = Header(
            labels=self.labels,
            bias=tuple(round(float(each), 6) for each in self._learnt.intercept_ / temperature),
            step=step,
            threshold=threshold,
            words=len(words),
            pairs=len(pairs),
            parts=len(others),
            digest="",
            facts=facts,
        )
        numbers = np.rint(rows / step).astype(int)
        weights = b"".join(struct.pack(f"<{len(row)}h", *row) for row in numbers.tolist())
        return dump_model(header, [*words, *pairs, *others], weights)

    def _kinds(self) -> tuple[list[str], list[str], list[str]]:
        kinds: dict[str, list[str]] = {"word": [], "pair": [], "part": []}
        for term in sorted(self._terms):
            kinds[_kind(term)].append(term)
        return kinds["word"], kinds["pair"], kinds["part"]

    def _with_parts(self, word: str, coefficients: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        of_word = parts(word)
        known = [self._terms[part] for part in of_word if part in self._terms]
        total: np.ndarray[Any, Any] = coefficients[self._terms[word]].copy()
        if known:
            total += coefficients[known].sum(axis=0) * part_weight(len(of_word))
        return total


def fit(examples: Sequence[Labelled], *, strength: float, seed: int = 0) -> Fitted:
    """Learn from labelled texts.

    Args:
        examples: at least one for each label.
        strength: how freely weights may grow (scikit-learn's ``C``).
        seed: for what the solver draws by chance.
    """
    seen: Counter[str] = Counter()
    for example in examples:
        seen.update({term for term, _ in weighted(example.words)})
    kept = sorted(term for term, count in seen.items() if count >= _RAREST[_kind(term)])
    terms = {term: column for column, term in enumerate(kept)}
    learnt = LogisticRegression(C=strength, max_iter=400, random_state=seed)
    learnt.fit(
        _matrix([example.words for example in examples], terms),
        [example.label for example in examples],
        sample_weight=[example.weight for example in examples],
    )
    return Fitted(terms, learnt)


def _kind(term: str) -> str:
    if term.startswith(PART):
        return "part"
    return "pair" if PAIR in term else "word"


def _matrix(texts: Sequence[Sequence[str]], terms: Mapping[str, int]) -> csr_matrix:
    def cells() -> Iterator[tuple[float, int, int]]:
        for row, words in enumerate(texts):
            for term, weight in weighted(words):
                column = terms.get(term)
                if column is not None:
                    yield weight, row, column

    found = list(cells())
    values, rows, columns = zip(*found, strict=True) if found else ((), (), ())
    return csr_matrix((values, (rows, columns)), shape=(len(texts), len(terms)))
