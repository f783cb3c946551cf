from dataclasses import replace

import pytest
import routing_kit as kit
from hypothesis import given
from hypothesis import strategies as st

from mrk_routing.domain.assign import Assigned, NeedsTriage, Rules, assign
from mrk_routing.domain.case_file import handed_over
from mrk_routing.domain.followers import counted
from mrk_routing.domain.priority import EMERGENCY_FROM, Facts, Reason, rated, urgency
from mrk_schemas.cases import Priority
from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Place

SCALE = kit.pack().priority
CATEGORIES = st.none() | st.sampled_from(sorted(kit.pack().categories)).map(CategoryCode)
FACTS = st.builds(
    Facts,
    emergency=st.booleans(),
    category=CATEGORIES,
    dangerous=st.booleans(),
    repeats=st.integers(0, 10_000),
    followers=st.none() | st.integers(0, 10_000),
    vulnerable=st.frozensets(st.sampled_from(["school", "hospital", "clinic", "park"])),
)


def test_each_sort_of_fact_adds_its_points_and_says_why() -> None:
    roads = CategoryCode("roads")
    assert urgency(Facts(), SCALE).points == SCALE.base
    assert urgency(Facts(), SCALE).reasons == ()
    alone = urgency(Facts(category=roads), SCALE)
    assert (alone.points, alone.reasons) == (30, (Reason.CATEGORY,))
    facts = Facts(
        category=roads, dangerous=True, repeats=2, followers=3, vulnerable=frozenset({"school"})
    )
    found = urgency(facts, SCALE)
    assert found.points == 30 + 20 + 12 + 2 * 4 + 3 * 2
    assert found.reasons == (
        Reason.CATEGORY,
        Reason.DANGER,
        Reason.SCHOOL,
        Reason.REPEATS,
        Reason.FOLLOWERS,
    )


def test_several_kinds_near_count_once_and_are_told() -> None:
    one = urgency(Facts(vulnerable=frozenset({"school"})), SCALE)
    two = urgency(Facts(vulnerable=frozenset({"school", "hospital"})), SCALE)
    assert one.points == two.points
    assert two.reasons == (Reason.SCHOOL, Reason.HOSPITAL)


@given(FACTS, FACTS)
def test_an_emergency_stands_above_everything_else(one: Facts, other: Facts) -> None:
    alarm = urgency(replace(one, emergency=True), SCALE)
    rest = urgency(replace(other, emergency=False), SCALE)
    assert 0 <= rest.points < EMERGENCY_FROM <= alarm.points <= 100
    assert alarm.reasons[0] is Reason.EMERGENCY
    assert Reason.EMERGENCY not in rest.reasons


@given(FACTS, st.integers(0, 50), st.sampled_from(["school", "hospital", "clinic"]))
def test_more_of_anything_never_makes_it_less(facts: Facts, more: int, kind: str) -> None:
    now = urgency(facts, SCALE).points
    for changed in (
        replace(facts, dangerous=True),
        replace(facts, emergency=True),
        replace(facts, repeats=facts.repeats + more),
        replace(facts, followers=(facts.followers or 0) + more),
        replace(facts, vulnerable=facts.vulnerable | {kind}),
    ):
        assert urgency(changed, SCALE).points >= now


@given(FACTS)
def test_reasons_are_told_once(facts: Facts) -> None:
    reasons = urgency(facts, SCALE).reasons
    assert len(reasons) == len(set(reasons))


def test_an_opened_case_has_its_urgency(rules: Rules) -> None:
    case = kit.assigned(rules).case  # a dangerous hole in front of a school
    assert case.urgency == 30 + 20 + 12
    assert case.urgency_reasons == ("category", "danger-in-words", "near-school")
    plain = kit.assigned(rules, text="Jalan berlubang").case
    assert plain.urgency == 30
    assert plain.priority is Priority.NORMAL


def test_a_case_in_triage_has_one_too(rules: Rules) -> None:
    decision = assign(kit.report(category="others"), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage)
    assert decision.file.case.urgency == 10 + 20 + 12


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"text": "Jalan rusak dekat puskesmas"}, "near-clinic"),
        ({"text": "Jalan rusak dekat RS Adam Malik"}, "near-hospital"),
        ({"text": "Broken road in front of the school"}, "near-school"),
        ({"text": "x", "place": Place(lat=3.5187, lon=98.6086)}, "near-hospital"),
        (
            {"text": "Jalan rusak", "place": Place(address="Jl. Bunga Lau depan RS Adam Malik")},
            "near-hospital",
        ),
    ],
)
def test_places_where_people_are_hurt_sooner(
    rules: Rules, changes: dict[str, object], reason: str
) -> None:
    decision = assign(kit.report(**changes), rules, kit.MONDAY)
    assert isinstance(decision, Assigned)
    assert reason in decision.file.case.urgency_reasons


def test_a_point_farther_off_is_not_near(rules: Rules) -> None:
    far = {"text": "x", "place": Place(lat=3.5186 + 0.003, lon=98.6085)}
    assert "near-hospital" not in kit.assigned(rules, **far).case.urgency_reasons


def test_a_teacher_is_no_school_nearby(rules: Rules) -> None:
    case = kit.assigned(rules, category="schools", text="Guru di sekolah sering tidak masuk").case
    assert "near-school" not in case.urgency_reasons


def test_followers_raise_it_when_they_come(rules: Rules) -> None:
    file = kit.assigned(rules, text="Jalan berlubang")
    followed = rated(counted(file, 3), kit.pack())
    assert followed.case.urgency == 30 + 6
    assert "followers" in followed.case.urgency_reasons
    assert rated(counted(followed, 0), kit.pack()).case.urgency == 30
    assert rated(replace(file, repeats=2), kit.pack()).case.urgency == 30 + 8


def test_an_emergency_pages_its_owner(rules: Rules) -> None:
    file = kit.assigned(rules, emergency=True)
    assert file.case.urgency is not None
    assert file.case.urgency >= EMERGENCY_FROM
    assert file.case.priority is Priority.EMERGENCY
    assert handed_over(file).page
    assert handed_over(file).case.reporter is None
    assert not handed_over(kit.assigned(rules)).page
