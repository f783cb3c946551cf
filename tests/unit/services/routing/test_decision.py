"""Routing decides by every condition of a rule, and keeps how it decided."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import routing_kit as kit

from mrk_city import load_pack
from mrk_routing.domain.assign import Rules, assign
from mrk_routing.domain.case_file import CaseFile
from mrk_schemas.cases import ClockName, Priority
from mrk_schemas.reports import Kind, Place

MEDAN = Path(__file__).parents[4] / "deploy/city/medan"

Make = Callable[[str], Rules]


@pytest.fixture
def with_rule(tmp_path: Path) -> Make:
    """Medan's rules with one more for lights on top."""

    def make(conditions: str) -> Rules:
        folder = tmp_path / "city"
        shutil.copytree(MEDAN, folder, dirs_exist_ok=True)
        path = folder / "rules.yaml"
        row = f"  - {{id: extra, categories: [street-lights], owner: bpbd, {conditions}, "
        text = path.read_text(encoding="utf-8")
        added = f"rules:\n{row}from: 2023-01-01, source: x}}\n"
        path.write_text(text.replace("rules:\n", added, 1), encoding="utf-8")
        return Rules(load_pack(folder))

    return make


def opened(rules: Rules, **changes: object) -> CaseFile:
    lights: dict[str, object] = {"category": "street-lights", "text": "Lampu jalan mati"}
    decision = assign(kit.report(**lights | changes), rules, kit.MONDAY)
    file: CaseFile = decision.file  # type: ignore[union-attr]  # every report here has a case
    return file


def owner(rules: Rules, **changes: object) -> str | None:
    return opened(rules, **changes).case.owner


def test_by_kelurahan(with_rule: Make) -> None:
    rules = with_rule('subdistricts: ["12.71.02.1001"]')
    assert owner(rules) == "bpbd"
    assert owner(rules, place=Place(district="12.71.02")) == "dishub"


def test_by_kind(with_rule: Make) -> None:
    rules = with_rule("districts: all, kinds: [aspiration]")
    assert owner(rules, kind=Kind.ASPIRATION) == "bpbd"
    assert owner(rules) == "dishub"


def test_by_words(with_rule: Make) -> None:
    file = opened(with_rule("districts: all, words: [tiang roboh]"), text="tiangnya roboh pak")
    assert file.case.owner == "bpbd"
    assert file.decision is not None
    assert file.decision.rule_words == ("tiang roboh",)


def test_by_the_hour_of_receipt_in_the_citys_time(with_rule: Make) -> None:
    # MONDAY is 10:20 in Medan
    rules = with_rule('districts: all, time: {weekdays: [monday], from: "10:00", until: "11:00"}')
    assert owner(rules) == "bpbd"
    assert owner(rules, received_at=kit.MONDAY + timedelta(hours=1)) == "dishub"
    assert owner(rules, received_at=kit.MONDAY + timedelta(days=1)) == "dishub"


def test_by_class_of_road(rules: Rules) -> None:
    place = kit.IN_SUNGGAL.model_copy(update={"address": "Jl. Gatot Subroto No. 7"})
    file = opened(rules, category="roads", place=place)
    assert (file.case.owner, file.case.rule) == ("jalan-nasional", "roads-national")
    assert file.case.handed_on_at == kit.MONDAY
    assert file.decision is not None
    assert (file.decision.road_class, file.decision.street) == ("national", "Gatot Subroto")
    hidden = opened(rules, category="roads", place=place, confidential=True)
    assert hidden.case.owner == "jalan-nasional"
    assert hidden.decision is not None
    assert (hidden.decision.road_class, hidden.decision.street) == ("national", None)


def test_priority_urgency_and_deadline_are_the_rules(with_rule: Make, rules: Rules) -> None:
    urgent = with_rule(
        "districts: all, kinds: [complaint], priority: emergency, urgency: 80, deadline: supervised"
    )
    case, usual = opened(urgent).case, opened(rules).case
    assert (case.priority, usual.priority) == (Priority.EMERGENCY, Priority.NORMAL)
    assert (usual.urgency or 0) < 90 <= (case.urgency or 0)
    ruled = opened(with_rule("districts: all, kinds: [complaint], urgency: 80")).case
    assert (ruled.urgency, ruled.urgency_reasons[0]) == (80, "rule")
    assert "rule" not in usual.urgency_reasons
    due, sooner = (kit.due(opened(each)) for each in (urgent, rules))
    assert due[ClockName.RESOLUTION].due_at > sooner[ClockName.RESOLUTION].due_at
    assert due[ClockName.VERIFICATION] == sooner[ClockName.VERIFICATION]
    assert due[ClockName.RESOLUTION].derivation.startswith("60 hari kerja")


def test_a_rule_never_lowers_an_emergency(with_rule: Make) -> None:
    file = opened(with_rule("districts: all, kinds: [complaint], priority: normal"), emergency=True)
    assert file.case.priority is Priority.EMERGENCY


def test_how_it_was_decided_is_kept(rules: Rules) -> None:
    said = opened(rules, category=None, text="lampu jalan mati total").decision
    assert said is not None
    assert (said.rule, said.category_by) == ("street-lights", "text")
    assert (said.suggested, said.place_method) == ("street-lights", "code")
    assert said.confidence is not None
    assert 0.6 <= said.confidence <= 1
    assert said.model
    assert "lampu jalan" in said.words
    chosen = opened(rules).decision
    assert chosen is not None
    assert (chosen.category_by, chosen.confidence, chosen.words) == ("reporter", 1.0, ())
    unsure = opened(rules, category=None, text="tolong pak").decision
    assert unsure is not None
    assert (unsure.category_by, unsure.rule, unsure.place_method) == (None, None, "code")


def test_a_word_that_nobody_taught_is_not_among_those_of_the_decision(rules: Rules) -> None:
    text = "Lampunya Pak Zulkarnaensyah, lampu jln MATI di rumah saya"
    file = opened(rules, category=None, text=text)
    assert file.decision is not None
    assert file.decision.words
    assert "zulkarnaensyah" not in " ".join(file.decision.words)


def test_nothing_of_it_is_published(rules: Rules) -> None:
    file = opened(rules, category=None, text="lampu jalan mati")
    body = file.case.to_json().decode()
    assert "lampu" not in body.replace("Lampu jalan", "")
    assert "confidence" not in body
    assert file.blanked(kit.MONDAY).decision is None
