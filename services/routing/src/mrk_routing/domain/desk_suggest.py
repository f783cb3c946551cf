"""Who may own a case that waits for a dispatcher: candidates, each with why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from mrk_city import CityPack
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.decision import CategoryBy
from mrk_schemas.ids import AgencyCode, CategoryCode

MOST: Final = 4


class Why(StrEnum):
    """What speaks for an agency."""

    PROPOSED = "proposed"
    """Whoever returned the case says so."""
    CHOSEN = "chosen"
    """A rule of the city pack, by the category that the dispatcher says."""
    RULE = "rule"
    """The same, by the category that the report states."""
    WORDS = "words"
    """The same, by the category that its words point to."""
    ELSEWHERE = "elsewhere"
    """It has this category in some district; where the case is was not told."""
    DISTRICT = "district"
    """It is the office of the district."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the words of a case point to.

    Attributes:
        score: how surely, 0 to 1.
        words: those that decided, the weightiest first.
    """

    category: CategoryCode
    score: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An agency that may own a case.

    Attributes:
        category: the case's, once this agency is chosen; None: it stays as it is.
        read: by what words, where they decided.
        before: the case was with it already.
        external: an authority that is not the city's: the case would be handed on to it.
    """

    agency: AgencyCode
    why: Why
    category: CategoryCode | None = None
    rule: str | None = None
    read: Read | None = None
    before: bool = False
    external: bool = False


def read_of(file: CaseFile, pack: CityPack) -> Read | None:
    """What the words pointed to when the case was opened, sure enough to decide or not.

    Of a case whose category was stated, and of one from before that was kept: what they say now.
    """
    kept = file.decision
    if kept is not None and kept.suggested is not None:
        return Read(kept.suggested, kept.confidence or 0.0, kept.words)
    guess = pack.suggest(file.words) if file.words else None
    return None if guess is None else Read(guess.category, guess.score, guess.words)


def suggestions(
    file: CaseFile,
    pack: CityPack,
    on: date,
    chosen: CategoryCode | None = None,
    proposed: AgencyCode | None = None,
) -> tuple[Suggestion, ...]:
    """The likeliest first; those that had the case already come last, unless they were proposed.

    Args:
        file: the case.
        pack: the city.
        on: the local date of the rules.
        chosen: the category that the dispatcher says; None: none yet.
        proposed: whose it is, says the agency that returned it.
    """
    found: dict[AgencyCode, Suggestion] = {}
    if proposed is not None and proposed in pack.agencies and proposed != file.case.owner:
        found[proposed] = _of(file, pack, proposed, Why.PROPOSED, chosen)
    for each in _candidates(file, pack, on, chosen):
        found.setdefault(each.agency, each)
    last = sorted(found.values(), key=lambda each: each.before and each.why is not Why.PROPOSED)
    return tuple(last)[:MOST]


def _of(  # noqa: PLR0913, PLR0917  # what a candidate is made of
    file: CaseFile,
    pack: CityPack,
    agency: AgencyCode,
    why: Why,
    category: CategoryCode | None = None,
    rule: str | None = None,
    read: Read | None = None,
) -> Suggestion:
    before, external = agency in file.handed_to, pack.agencies[agency].external
    return Suggestion(agency, why, category, rule, read, before, external)


def _candidates(
    file: CaseFile, pack: CityPack, on: date, chosen: CategoryCode | None
) -> Iterator[Suggestion]:
    case, read = file.case, read_of(file, pack)
    by_words = file.decision is not None and file.decision.category_by is CategoryBy.TEXT
    several: list[tuple[CategoryCode, Why, Read | None]] = []
    if chosen is not None:
        several.append((chosen, Why.CHOSEN, None))
    if case.category is not None and not (by_words and read and read.category == case.category):
        several.append((case.category, Why.RULE, None))
    if read is not None and read.category in pack.categories:
        several.append((read.category, Why.WORDS, read))
    for category, why, said in several:
        own = pack.owner(category, case.district, on)
        elsewhere = (pack.owner(category, each, on) for each in sorted(pack.districts))
        owners = [own] if own is not None else [each for each in elsewhere if each is not None]
        for each in owners:
            reason = why if own is not None else Why.ELSEWHERE
            yield _of(file, pack, each.owner, reason, category, each.rule_id, said)
    for agency in pack.agencies.values():
        if agency.district is not None and agency.district == case.district:
            yield _of(file, pack, agency.code, Why.DISTRICT, chosen)
