"""The pack's learnt model of categories, and what it may decide."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mrk_city.ids import CategoryCode
from mrk_city.models import Category, Guess
from mrk_city.problems import Problems
from mrk_city.read_rules import RuleData
from mrk_classifier import Model, ModelError, load_model

MODEL: Final = "category.model"


def read_model(folder: Path, categories: Iterable[Category], problems: Problems) -> Model | None:
    """``category.model``; None in a pack without one, which reads by its vocabulary alone."""
    try:
        model = load_model(folder / MODEL)
    except FileNotFoundError:
        return None
    except ModelError as error:
        problems.add(MODEL, 0, error.reason, error.mend)
        return None
    wanted, given = {str(item.code) for item in categories}, set(model.header.labels)
    if wanted != given:
        strange = ", ".join(sorted(wanted ^ given))
        problems.add(
            MODEL,
            0,
            f"it was made for other categories than categories.yaml has ({strange})",
            "make it again with `make model`, or remove it",
        )
    return model


class Learnt:
    """Guesses categories; sure where those that share the owner are likely enough together.

    Whether parit or banjir was meant matters less than who is sent: both have one owner, so their
    probabilities count together. A category that a person decides about is never a sure one.

    Args:
        model: has the pack's categories as its labels.
        duties: who owns them.
    """

    def __init__(self, model: Model, duties: RuleData) -> None:
        self.model = model
        self._undecided = {code for code, _ in duties.triage}
        self._owning = _owning(model.header.labels, duties)

    def guess(self, words: list[str]) -> Guess | None:
        """The likeliest category of a text's words; None when there are none."""
        read = self.model.read(words)
        if read is None:
            return None
        together = sum(read.probabilities[label] for label in self._owning[read.label])
        category = CategoryCode(read.label)
        sure = category not in self._undecided and together >= self.model.threshold
        return Guess(category, round(read.confidence, 3), read.words, sure, self.model.version)


def _owning(labels: Iterable[str], duties: RuleData) -> dict[str, tuple[str, ...]]:
    """For each category, those that have the same owners everywhere, itself among them.

    Rules for certain words, roads, kinds or hours are exceptions, and don't count here.
    """
    held: dict[str, set[tuple[object, ...]]] = {label: set() for label in labels}
    usual = (r for r in duties.rules if not (r.words or r.roads or r.kinds or r.minutes))
    for rule in usual:
        for category in rule.categories:
            held.get(str(category), set()).add(
                (rule.owner, rule.districts, rule.subdistricts, rule.since, rule.until)
            )
    return {
        label: tuple(other for other, duty in held.items() if duty == held[label]) for label in held
    }
