"""A person says what a case is about: what that changes in it, and what a model learns of it."""

from dataclasses import replace

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.outcome import Learnt
from mrk_routing.domain.priority import rated
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import CategoryCode


def labelled(
    file: CaseFile, category: CategoryCode, rules: Rules
) -> tuple[CaseFile, Learnt | None]:
    """The case in this category, and the example that it is; None where it teaches nothing.

    Its urgency is rated anew. Due dates stay: what was promised to the reporter is not taken back
    for having been misread.

    Args:
        file: the case.
        category: one of the city pack's.
        rules: the city's.

    Raises:
        KeyError: the city pack has no such category.
    """
    case = file.case
    if category == case.category:
        return file, Learnt(category, category) if _was_guessed(file, category) else None
    name = rules.named(rules.pack.categories[category].names, case.locale)
    changes = {"category": category, "category_name": name}
    after = replace(file, case=case.model_copy(update=changes))
    return rated(after, rules.pack), Learnt(case.category, category)


def _was_guessed(file: CaseFile, category: CategoryCode) -> bool:
    """Whether a case that waits for a dispatcher has this category from its words."""
    guess = file.decision.suggested if file.decision is not None else None
    return file.case.state is CaseState.TRIAGE and guess == category
