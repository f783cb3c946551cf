from datetime import timedelta

import pytest
import routing_kit as kit

from mrk_routing.domain.assign import (
    Assigned,
    NeedsTriage,
    NoCase,
    Rules,
    TriageReason,
    assign,
    event_of,
    tombstone,
)
from mrk_routing.domain.case_file import for_inbox
from mrk_schemas.cases import CaseState, Priority
from mrk_schemas.reports import Kind, Locale, Place


def triage_reason(rules: Rules, **changes: object) -> str | None:
    decision = assign(kit.report(**changes), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage)
    assert decision.file.case.state is CaseState.TRIAGE
    assert decision.file.case.owner is None
    assert decision.file.handed_to == ()
    return decision.file.case.triage_reason


def test_a_rule_names_the_owner_in_words_of_the_reader(rules: Rules) -> None:
    decision = assign(kit.report(locale=Locale.EN), rules, kit.MONDAY)
    assert isinstance(decision, Assigned)
    case = decision.file.case
    assert (decision.owner, case.owner, case.rule) == ("sdabmbk", "sdabmbk", "roads")
    assert case.owner_name == "Water Resources, Roads and Construction Office"
    assert case.category_name == "Damaged roads"
    assert decision.file.handed_to == ("sdabmbk",)
    assert decision.file.verified_at == kit.MONDAY
    assert case.state is CaseState.ASSIGNED


def test_the_district_decides_and_copies_are_listed(rules: Rules) -> None:
    case = kit.assigned(rules, category="waste-pickup").case
    assert (case.owner, case.copies) == ("kec-02", ("dlh",))


def test_words_decide_where_no_category_or_an_unknown_one_is_given(rules: Rules) -> None:
    for category in (None, "no-such-category"):
        case = kit.assigned(rules, category=category, text="Lampu jalan mati sudah seminggu").case
        assert (case.category, case.owner) == ("street-lights", "dishub")


def test_what_no_rule_decides_goes_to_triage_with_its_reason(rules: Rules) -> None:
    said = {"category": None, "text": "Tolong dibantu secepatnya ya pak"}
    assert triage_reason(rules, **said) == TriageReason.CATEGORY_UNKNOWN
    assert triage_reason(rules, category="others") == TriageReason.NO_RULE
    assert triage_reason(rules, category="waste-pickup", place=None) == TriageReason.PLACE_UNKNOWN
    jakarta = Place(lat=-6.2, lon=106.8)
    assert triage_reason(rules, place=jakarta) == TriageReason.OUTSIDE_THE_CITY


def test_rules_are_those_of_the_day_of_receipt(rules: Rules) -> None:
    before = kit.MONDAY.replace(year=2022)
    assert triage_reason(rules, received_at=before) == TriageReason.NO_RULE


def test_an_emergency_has_the_top_priority_in_triage_too(rules: Rules) -> None:
    assert kit.assigned(rules).case.priority is Priority.NORMAL
    assert kit.assigned(rules, emergency=True).case.priority is Priority.EMERGENCY
    decision = assign(kit.report(category="others", emergency=True), rules, kit.MONDAY)
    assert isinstance(decision, NeedsTriage)
    assert decision.file.case.priority is Priority.EMERGENCY


def test_whistle_blowing_makes_no_case(rules: Rules) -> None:
    report = kit.report(kind=Kind.WHISTLEBLOWING, text=None, place=None)
    assert assign(report, rules, kit.MONDAY) == NoCase()


def test_an_inbox_never_learns_who_reported(rules: Rules) -> None:
    case = kit.assigned(rules).case
    assert case.reporter is not None
    assert for_inbox(case).reporter is None


def test_deadlines_are_working_days_with_their_derivation(rules: Rules) -> None:
    dues = kit.due(kit.assigned(rules))
    assert sorted(dues) == ["first_response", "resolution", "verification"]
    # Monday 2 March + 3 working days = Thursday 5 March, 15:00 in Ramadan, 08:00 UTC.
    assert dues["verification"].due_at.isoformat() == "2026-03-05T08:00:00+00:00"
    assert dues["verification"].derivation == "3 hari kerja sejak Sen 2 Mar 10:20"
    supervised = kit.due(kit.assigned(rules, category="corruption"))
    assert supervised["resolution"].due_at > dues["resolution"].due_at


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 97))
def test_remembered_due_dates_equal_reckoned_ones(rules: Rules, minutes: int) -> None:
    at = kit.MONDAY + timedelta(minutes=minutes, seconds=minutes % 60)
    for locale in Locale:
        for kind in (Kind.COMPLAINT, Kind.INFORMATION, Kind.ASPIRATION):
            found = rules.dues.deadlines(kind, None, at, locale)
            again = rules.dues.deadlines(kind, None, at + timedelta(seconds=1), locale)
            assert len(found) == len(again) == 3
            terms = rules.pack.deadlines(kind, None, rules.dues.local_date(at))
            plain = [
                rules.pack.calendar.add_working_days(at, days)
                for days in (
                    terms.verification.days,
                    terms.first_response.days,
                    terms.resolution.days,
                )
            ]
            assert [d.due_at for d in found] == [d.at for d in plain]
            assert [d.derivation for d in found] == [d.explain(locale) for d in plain]


def test_events_tell_the_decision(rules: Rules) -> None:
    yes = assign(kit.report(), rules, kit.MONDAY)
    no = assign(kit.report(category="others"), rules, kit.MONDAY)
    assert isinstance(yes, Assigned)
    assert isinstance(no, NeedsTriage)
    assert event_of(yes).TYPE == "id.go.medan.case.assigned.v1"
    assert event_of(no).TYPE == "id.go.medan.case.sent-to-triage.v1"
    assert event_of(yes).by == "routing"


def test_blanking_keeps_the_state_and_nothing_of_the_resident(rules: Rules) -> None:
    file = kit.assigned(rules).blanked(kit.MONDAY)
    assert (file.words, file.place, file.case.reporter) == (None, None, None)
    assert file.case.erased
    assert file.case.state is CaseState.ASSIGNED
    assert file.handed_to == ("sdabmbk",)
    blank = tombstone(kit.report(), kit.MONDAY)
    assert blank.case.erased
    assert (blank.words, blank.case.reporter, blank.case.owner) == (None, None, None)
