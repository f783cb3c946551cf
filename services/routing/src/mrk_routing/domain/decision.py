"""How routing decided a new case: kept for its page, and told to nobody outside."""

from enum import StrEnum

from pydantic import Field

from mrk_city import Guess, Ownership
from mrk_routing.domain.place import Located
from mrk_schemas.base import Contract, Text
from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Report


class CategoryBy(StrEnum):
    """Who said what the report is about."""

    REPORTER = "reporter"
    TEXT = "text"


class Decision(Contract):
    """What was decided when the case was opened, and by what.

    Words and streets are the city pack's, never the reporter's own. A confidential report's
    street is left out, as its place is.
    """

    rule: Text | None = None
    """The rule that named the owner; absent in triage."""
    category_by: CategoryBy | None = None
    """Absent where the category is unknown."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """How probable the category, or the suggested one, is; 1 where the reporter chose it."""
    suggested: CategoryCode | None = None
    """What the words point to, sure enough to decide or not."""
    model: Text | None = None
    """Version of the model that read the words; absent where the vocabulary did."""
    words: tuple[Text, ...] = ()
    """The words that told the category."""
    rule_words: tuple[Text, ...] = ()
    """The words for which the rule held."""
    road_class: Text | None = None
    street: Text | None = None
    place_method: Text | None = None
    """How the place was found, as in `Located`."""
    urgency: int | None = Field(default=None, ge=0, le=100)
    """The least urgency that the rule states."""
    deadline: Text | None = None
    """The class of the resolution clock that the rule states."""


def read_category(
    report: Report, guess: Guess | None, *, chosen: bool
) -> tuple[CategoryCode | None, Decision]:
    """The category, and the first part of the decision: by whom it is, and how sure."""
    if chosen:
        return report.category, Decision(category_by=CategoryBy.REPORTER, confidence=1)
    if guess is None:
        return None, Decision()
    read = Decision(
        category_by=CategoryBy.TEXT if guess.sure else None,
        confidence=guess.score,
        suggested=guess.category,
        words=guess.words,
        model=guess.model,
    )
    return (guess.category if guess.sure else None), read


def decided(
    decision: Decision, found: Ownership | None, located: Located, *, confidential: bool
) -> Decision:
    """The decision with the place, and with the rule where one held."""
    changes: dict[str, object] = {"place_method": located.method}
    if found is not None:
        road = found.road
        changes |= {
            "rule": found.rule_id,
            "rule_words": found.words,
            "road_class": road.road_class if road else None,
            "street": road.street if road and not confidential else None,
            "urgency": found.urgency,
            "deadline": found.deadline,
        }
    return decision.model_copy(update=changes)
