"""How good a classifier is on labelled texts, and whether one is better than another."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from mrk_city.ids import CategoryCode
from mrk_city.learning.examples import Example
from mrk_city.models import Guess
from mrk_city.pack import CityPack

_BINS: Final = 10
_PAIRS_SHOWN: Final = 12

Ask = Callable[[str], Guess | None]
"""The best guess for a text, sure or not."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What came out; shares are of 1.

    Attributes:
        texts: how many there were, those without a category included.
        accuracy: whose best guess was the right category, whether it was sure or not.
        macro_f1: of the categories, each counting alike.
        decided: of the texts with a category, whose guess was sure.
        owner_right: of the sure guesses, whose category has the right owner.
        category_right: of the sure guesses, which were the right category.
        wrongly_decided: of the texts without a category, whose guess was sure all the same.
        ece: by how much confidence and success differ (expected calibration error, ten bins).
        recall: by category.
        confused: right category, guessed one, how often; the worst first.
    """

    texts: int
    accuracy: float
    macro_f1: float
    decided: float
    owner_right: float
    category_right: float
    wrongly_decided: float
    ece: float
    recall: Mapping[str, float]
    confused: Sequence[tuple[str, str, int]]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def owners(pack: CityPack, on: date) -> dict[str, str | None]:
    """Each category's owner on a day, in the pack's first district; None: a dispatcher decides."""
    district = next(iter(pack.districts))
    found = {code: pack.owner(code, district, on) for code in pack.categories}
    return {str(code): each.owner if each else None for code, each in found.items()}


def measure(ask: Ask, examples: Sequence[Example], owner: Mapping[str, str | None]) -> Measures:
    """Ask about every example, and compare."""
    asked = [(each.category, ask(each.text)) for each in examples]
    right = [(label, guess is not None and guess.category == label) for label, guess in asked]
    known = [(label, guess) for label, guess in asked if owner[label] is not None]
    sure = [(label, guess) for label, guess in asked if guess is not None and guess.sure]
    empty = len(asked) - len(known)
    wrongly = sum(owner[label] is None for label, _ in sure)
    labels = sorted({label for label, _ in asked})
    recall = {
        name: _share(
            sum(ok for label, ok in right if label == name),
            sum(label == name for label, _ in right),
        )
        for name in labels
    }
    confused = Counter(
        (label, str(guess.category) if guess else "nothing")
        for label, guess in asked
        if guess is None or guess.category != label
    )
    return Measures(
        texts=len(asked),
        accuracy=_share(sum(ok for _, ok in right), len(right)),
        macro_f1=_macro_f1(labels, asked, recall),
        decided=_share(len(sure) - wrongly, len(known)),
        owner_right=_share(
            sum(
                owner[label] is not None and owner[label] == owner[str(guess.category)]
                for label, guess in sure
            ),
            len(sure),
        ),
        category_right=_share(sum(guess.category == label for label, guess in sure), len(sure)),
        wrongly_decided=_share(wrongly, empty),
        ece=_calibration_error(asked),
        recall=recall,
        confused=[
            (*pair, count)
            for pair, count in sorted(confused.items(), key=lambda row: (-row[1], row[0]))[
                :_PAIRS_SHOWN
            ]
        ],
    )


def why_not_better(new: Measures, running: Measures) -> list[str]:
    """Why a new model is not taken for better; empty when it is.

    It must send no more reports to a wrong owner, and leave no more of them to a dispatcher, than
    one in two hundred beyond the running one, and be better in one of both or in accuracy.
    """
    slack = 0.005
    reasons = [
        f"{name} falls from {before:.3f} to {after:.3f}"
        for name, before, after in (
            ("owner right among those decided", running.owner_right, new.owner_right),
            ("share decided", running.decided, new.decided),
            ("accuracy", running.accuracy, new.accuracy),
        )
        if after < before - slack
    ]
    gains = (
        new.owner_right - running.owner_right,
        new.decided - running.decided,
        new.accuracy - running.accuracy,
    )
    if not reasons and max(gains) <= 0:
        reasons.append("nothing is better")
    return reasons


def guess_of(category: str, confidence: float, *, sure: bool) -> Guess:
    """A guess without words, for measuring."""
    return Guess(CategoryCode(category), confidence, (), sure=sure)


def _share(part: float, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _macro_f1(
    labels: Sequence[str], asked: Sequence[tuple[str, Guess | None]], recall: Mapping[str, float]
) -> float:
    total = 0.0
    for name in labels:
        said = [label for label, guess in asked if guess is not None and guess.category == name]
        precision = _share(said.count(name), len(said))
        both = precision + recall[name]
        total += 2 * precision * recall[name] / both if both else 0.0
    return _share(total, len(labels))


def _calibration_error(asked: Sequence[tuple[str, Guess | None]]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for label, guess in asked:
        if guess is not None:
            place = min(int(guess.score * _BINS), _BINS - 1)
            bins.setdefault(place, []).append((guess.score, guess.category == label))
    gaps = (
        abs(sum(score for score, _ in each) - sum(ok for _, ok in each)) for each in bins.values()
    )
    return _share(sum(gaps), len(asked))
