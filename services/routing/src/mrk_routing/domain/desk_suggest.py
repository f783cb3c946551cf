"""Who may own a case that waits for a dispatcher: candidates, each with why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from mrk_city import CityPack
from mrk_routing.domain.case_file import CaseFile
from mrk_schemas.ids import AgencyCode, CategoryCode

MOST: Final = 4


class Why(StrEnum):
    """What speaks for an agency."""

    RULE = "rule"
    """A rule of the city pack, by the category that the report states."""
    WORDS = "words"
    """The same, by the category that its words point to."""
    ELSEWHERE = "elsewhere"
    """It has this category in some district; where the case is was not told."""
    DISTRICT = "district"
    """It is the office of the district."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An agency that may own a case.

    Attributes:
        score: share of what the words say that points there, 0 to 1; None where no words decided.
        words: those that decided.
        before: the case was with it already.
    """

    agency: AgencyCode
    why: Why
    category: CategoryCode | None = None
    rule: str | None = None
    score: float | None = None
    words: tuple[str, ...] = ()
    before: bool = False


def suggestions(file: CaseFile, pack: CityPack, on: date) -> tuple[Suggestion, ...]:
    """The likeliest first; those that had the case already come last.

    Args:
        file: the case.
        pack: the city.
        on: the local date of the rules.
    """
    found: dict[AgencyCode, Suggestion] = {}
    for each in _candidates(file, pack, on):
        found.setdefault(each.agency, each)
    return tuple(sorted(found.values(), key=lambda each: each.before))[:MOST]


def _candidates(file: CaseFile, pack: CityPack, on: date) -> Iterator[Suggestion]:
    case = file.case
    guess = pack.categorise(file.words) if file.words else None
    stated = [(case.category, Why.RULE, None, ())] if case.category is not None else []
    read = [(guess.category, Why.WORDS, guess.score, guess.words)] if guess is not None else []
    for category, why, score, words in (*stated, *read):
        own = pack.owner(category, case.district, on)
        elsewhere = (pack.owner(category, each, on) for each in sorted(pack.districts))
        several = [own] if own is not None else [each for each in elsewhere if each is not None]
        for each in several:
            yield Suggestion(
                each.owner,
                why if own is not None else Why.ELSEWHERE,
                category,
                each.rule_id,
                score,
                words,
                each.owner in file.handed_to,
            )
    for agency in pack.agencies.values():
        if agency.district is not None and agency.district == case.district:
            yield Suggestion(agency.code, Why.DISTRICT, before=agency.code in file.handed_to)
