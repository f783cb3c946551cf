"""A dispatcher says what a case is about."""

from datetime import timedelta

import pytest
import routing_kit as kit

from mrk_routing.domain.act import Assign, HandOn, act
from mrk_routing.domain.assign import NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.outcome import Learnt, Moved, Refused
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import AgencyCode, CategoryCode

UNSURE = "Tolong bantu kami pak"
ROADS = CategoryCode("roads")


@pytest.fixture(name="rules")
def _rules() -> Rules:
    return Rules(kit.pack())


def waiting(rules: Rules, **changes: object) -> CaseFile:
    decision = assign(
        kit.report(**{"category": None, "text": UNSURE, **changes}), rules, kit.MONDAY
    )
    assert isinstance(decision, NeedsTriage), decision
    return decision.file


def test_a_corrected_category_is_the_cases_and_no_due_date_moves(rules: Rules) -> None:
    file = waiting(rules)
    wish = Assign(AgencyCode("sdabmbk"), category=ROADS)
    outcome = act(file, wish, rules, kit.MONDAY + timedelta(days=2))
    assert isinstance(outcome, Moved)
    case = outcome.file.case
    assert (case.category, case.owner) == ("roads", "sdabmbk")
    assert case.category_name == rules.pack.categories[ROADS].names["id"]
    assert outcome.events[0].case == case, "whoever hears of the owner hears of the category"
    assert case.deadlines == file.case.deadlines
    assert outcome.learnt == Learnt(None, ROADS)


def test_the_urgency_is_rated_by_the_new_category(rules: Rules) -> None:
    scale = rules.pack.priority
    heavy = max(rules.pack.categories, key=scale.of_category)
    file = waiting(rules)
    outcome = act(file, Assign(AgencyCode("sdabmbk"), category=heavy), rules, kit.LATER)
    assert isinstance(outcome, Moved)
    assert (outcome.file.case.urgency or 0) > (file.case.urgency or 0)
    assert "category" in outcome.file.case.urgency_reasons


def test_an_unknown_category_is_refused(rules: Rules) -> None:
    wish = Assign(AgencyCode("sdabmbk"), category=CategoryCode("dragons"))
    outcome = act(waiting(rules), wish, rules, kit.LATER)
    assert isinstance(outcome, Refused)
    assert outcome.rule.code == "no-such-category"


def test_handing_on_corrects_it_too(rules: Rules) -> None:
    wish = HandOn(AgencyCode(kit.EXTERNAL), category=CategoryCode("power"))
    outcome = act(waiting(rules), wish, rules, kit.LATER)
    assert isinstance(outcome, Moved)
    assert outcome.file.case.category == "power"
    assert outcome.learnt == Learnt(None, CategoryCode("power"))


def test_a_confirmed_guess_is_an_example_and_a_stated_category_is_none(rules: Rules) -> None:
    lamp = "Lampu jalan mati total sudah seminggu"
    guessed = kit.standing_at(kit.assigned(rules, category=None, text=lamp), CaseState.TRIAGE)
    stated = kit.standing_at(kit.assigned(rules, category="street-lights"), CaseState.TRIAGE)
    assert guessed.case.category == "street-lights", "known by its words, and returned since"
    wish = Assign(AgencyCode("dishub"), category=CategoryCode("street-lights"))
    learnt = []
    for file in (guessed, stated):
        outcome = act(file, wish, rules, kit.LATER)
        assert isinstance(outcome, Moved)
        learnt.append(outcome.learnt)
    assert learnt == [Learnt(CategoryCode("street-lights"), CategoryCode("street-lights")), None]


def test_without_a_category_it_stays_and_nothing_is_learnt(rules: Rules) -> None:
    file = waiting(rules)
    outcome = act(file, Assign(AgencyCode("dlh")), rules, kit.LATER)
    assert isinstance(outcome, Moved)
    assert (outcome.file.case.category, outcome.learnt) == (None, None)
    assert outcome.file.case.urgency == file.case.urgency
