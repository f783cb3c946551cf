"""Whom the desk suggests, and why."""

from dataclasses import replace
from datetime import date

import pytest
import routing_kit as kit

from mrk_routing.domain.assign import NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.desk_suggest import Why, read_of, suggestions
from mrk_schemas.ids import AgencyCode, CategoryCode

TODAY = date(2026, 3, 2)


@pytest.fixture(name="rules")
def _rules() -> Rules:
    return Rules(kit.pack())


def unsure(rules: Rules, suggested: str = "roads") -> CaseFile:
    """A case whose words point to a category, not surely enough to decide."""
    text = "Tolong bantu kami pak"
    decision = assign(kit.report(category=None, text=text), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage), decision
    file = decision.file
    assert file.decision is not None
    said = {"suggested": suggested, "confidence": 0.41, "words": ("lubang", "aspal")}
    return replace(file, decision=file.decision.model_copy(update=said))


def test_what_words_point_to_leads_to_the_first_choice_though_unsure(rules: Rules) -> None:
    file = unsure(rules)
    read = read_of(file, rules.pack)
    assert read is not None
    assert (read.category, read.score, read.words) == ("roads", 0.41, ("lubang", "aspal"))
    first = suggestions(file, rules.pack, TODAY)[0]
    own = rules.pack.owner(CategoryCode("roads"), file.case.district, TODAY)
    assert own is not None
    assert (first.agency, first.why, first.rule) == (own.owner, Why.WORDS, own.rule_id)
    assert (first.category, first.read) == ("roads", read)


def test_an_authority_that_is_not_the_citys_is_told_as_such(rules: Rules) -> None:
    first = suggestions(unsure(rules, "power"), rules.pack, TODAY)[0]
    assert (first.agency, first.external) == (kit.EXTERNAL, True)


def test_the_category_that_a_dispatcher_says_comes_first(rules: Rules) -> None:
    found = suggestions(unsure(rules), rules.pack, TODAY, chosen=CategoryCode("power"))
    assert (found[0].agency, found[0].why, found[0].category) == ("pln", Why.CHOSEN, "power")
    assert found[1].why is Why.WORDS


def test_a_proposed_owner_comes_first_though_it_had_the_case(rules: Rules) -> None:
    file = replace(unsure(rules), handed_to=(AgencyCode("dlh"), AgencyCode("sdabmbk")))
    found = suggestions(file, rules.pack, TODAY, proposed=AgencyCode("dlh"))
    assert (found[0].agency, found[0].why, found[0].before) == ("dlh", Why.PROPOSED, True)
    assert found[-1].before, "who had it without being proposed comes last"
    unknown = suggestions(file, rules.pack, TODAY, proposed=AgencyCode("nobody"))
    assert "nobody" not in [each.agency for each in unknown]
