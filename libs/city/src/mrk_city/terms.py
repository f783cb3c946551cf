"""How many days: the four clocks of a case, and how long a report is kept, on a given day."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from mrk_city.models import Category, Deadlines, Term

BY_CATEGORY = "category"
"""As a kind's class: the category decides."""


@dataclass(frozen=True, slots=True)
class TermData:
    """What ``deadlines.yaml`` states: numbers by clock and by class, oldest first."""

    clocks: Mapping[str, tuple[Term, ...]]
    answer: tuple[Term, ...]
    classes: Mapping[str, tuple[Term, ...]]
    kinds: Mapping[str, str]
    without_category: str
    line: int = 0

    def deadlines(
        self, kind: str, category: Category | None, on: date, name: str | None = None
    ) -> Deadlines:
        """The clocks that hold for a report of ``kind`` received on the local date ``on``.

        ``name`` is the class that a rule states; None: the kind's, or the category's.

        Raises:
            KeyError: the kind is none of the national classes, or the class is not known.
        """
        name = name or self.kinds[kind]
        if name == BY_CATEGORY:
            name = category.deadline if category else self.without_category
        return Deadlines(
            name=name,
            verification=_holding(self.clocks["verification"], on),
            first_response=_holding(self.clocks["first_response"], on),
            resolution=_holding(self.classes[name], on),
            confirmation=_holding(self.clocks["confirmation"], on),
        )

    def answering(self, on: date) -> Term:
        """How long a case waits for its reporter when it is asked on the local date ``on``."""
        return _holding(self.answer, on)


@dataclass(frozen=True, slots=True)
class Retention:
    """What ``retention.yaml`` states: days that a report is kept after its end, by kind."""

    kinds: Mapping[str, tuple[Term, ...]]

    def days(self, kind: str, on: date) -> Term:
        """How long a report of ``kind`` is kept by what holds on the local date ``on``.

        Raises:
            KeyError: the kind is none of the national classes.
        """
        return _holding(self.kinds[kind], on)


def _holding(terms: tuple[Term, ...], on: date) -> Term:
    """The number in force; days before the first one take the first."""
    return terms[max(0, bisect_right(terms, on, key=lambda term: term.since) - 1)]
