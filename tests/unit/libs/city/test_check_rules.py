"""What the check says of rules and roads: file, line, message and mend."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mrk_city import check
from mrk_city.command import run_check
from mrk_city.pack import examine

Edit = Callable[[str, str, str], Path]

ADDED = 8
"""The line of `rules.yaml` on which rules are added."""


def added(edit: Edit, *conditions: str) -> Path:
    """Medan's pack with rules for prices on top; later keys are the case's own."""
    rows = ""
    for number, each in enumerate(conditions):
        place = "" if "districts:" in each else "districts: all, "
        rows += f"  - {{id: add{number}, categories: [prices], owner: bkad, {place}{each}"
        rows += "}\n" if "from: 2" in each else ", from: 2023-01-01, source: x}\n"
    return edit("rules.yaml", "rules:\n", "rules:\n" + rows)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ('subdistricts: ["12.71.99.1001"]', "subdistrict '12.71.99.1001' is not known"),
        (
            'districts: ["12.71.08"], subdistricts: ["12.71.08.1001"]',
            "subdistrict '12.71.08.1001' is in district '12.71.08', which is named too",
        ),
        (
            'districts: all, subdistricts: ["12.71.08.1001"]',
            "'subdistricts' says nothing beside 'districts: all'",
        ),
        ("kinds: [whistleblowing]", "'whistleblowing' is not known here"),
        ("kinds: []", "no kind is stated"),
        ("words: []", "no word is stated"),
        ("words: [yang ini]", "'yang ini' of rule 'add0' consists of skipped words"),
        ("words: [parit, paret]", "'paret' of rule 'add0' is read as 'parit'"),
        ("roads: [toll]", "'toll' is not known here"),
        ("time: {weekdays: [minggu]}", "'minggu' is not known here"),
        ('time: {from: "08:00"}', "only one end of the hours is stated"),
        ('time: {from: "08:00", until: "08:00"}', "the hours end when they begin"),
        ("time: {}", "'time' states nothing"),
        ("kinds: [complaint], priority: high", "'high' is not known here"),
        ("kinds: [complaint], urgency: 101", "'101' is no number from 0 to 100"),
        ("kinds: [complaint], deadline: soon", "deadline class 'soon' is not known"),
    ],
)
def test_each_mistake_of_a_rule(edit: Edit, conditions: str, message: str) -> None:
    problems = check(added(edit, conditions))
    told = [(p.file, p.line) for p in problems if message in p.message]
    assert told == [("rules.yaml", ADDED)], problems
    assert all(problem.mend for problem in problems)


def test_a_rule_without_a_place(edit: Edit) -> None:
    folder = edit("rules.yaml", "[prices], districts: all,", "[prices],")
    assert [p.message for p in check(folder)] == ["'districts' is missing"]


def test_a_rule_that_others_take_together_is_dead(edit: Edit) -> None:
    both = ("kinds: [complaint, aspiration]", "kinds: [information]")
    (problem,) = check(added(edit, *both))
    assert problem.message == "rule 'prices' is dead: it never decides anything"


def test_a_rule_for_unknown_places_alone_is_alive(edit: Edit) -> None:
    rows = ", ".join(f'"12.71.{n:02d}"' for n in range(1, 22))
    assert check(added(edit, f"districts: [{rows}]")) == []


def test_a_window_that_its_days_never_have_is_dead(edit: Edit) -> None:
    # 7 December 2026 is a Monday
    week = "time: {weekdays: [sunday]}, from: 2026-12-07, until: 2026-12-09, source: x"
    (problem,) = check(added(edit, week))
    assert problem.message == "rule 'add0' is dead: it never decides anything"


def test_a_gap_in_one_kind_and_one_kelurahan(edit: Edit) -> None:
    old = "categories: [local-taxes], districts: all"
    (by_kind,) = check(edit("rules.yaml", old, f"{old}, kinds: [complaint]"))
    told = "nobody owns 'local-taxes' as aspiration, information in all districts from 2023-01-01"
    assert by_kind.message == told
    (by_hour,) = check(edit("rules.yaml", "kinds: [complaint]", "time: {weekdays: [monday]}"))
    assert by_hour.message.endswith("on some roads or at some hours")


def test_rules_that_cross_are_noted_and_do_no_harm(edit: Edit) -> None:
    folder = added(edit, 'districts: ["12.71.08"]', "words: [api], urgency: 5")
    found = examine(folder)
    assert found.sorted() == []
    (note,) = found.notes
    assert (note.file, note.line) == ("rules.yaml", ADDED + 1)
    assert note.message.startswith(f"rule 'add1' crosses 'add0' (line {ADDED}) for prices")
    out = io.StringIO()
    assert run_check(folder, as_json=False, out=out) == 0
    assert out.getvalue().startswith(f"note: {folder}/rules.yaml:{ADDED + 1}: rule 'add1' crosses")
    out = io.StringIO()
    assert run_check(folder, as_json=True, out=out) == 0
    assert [each["severity"] for each in json.loads(out.getvalue())] == ["note"]


def test_an_exception_is_not_noted(edit: Edit) -> None:
    found = examine(added(edit, 'districts: ["12.71.08"], words: [api]', 'districts: ["12.71.08"]'))
    assert (found.sorted(), found.notes) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("class: provincial", "class: state", "'state' is not known here"),
        ("name: Asrama", "name: Gatsu", "'Gatsu' is already in line"),
        ("name: Asrama", 'name: "-"', "'-' has no letter or number"),
        ("markers: [jalan, jl, jln]", "markers: []", "no word tells a street"),
    ],
)
def test_each_mistake_of_a_road(edit: Edit, old: str, new: str, message: str) -> None:
    problems = check(edit("roads.yaml", old, new))
    assert [p.message for p in problems if p.file == "roads.yaml" and message in p.message]


def test_a_pack_may_know_no_roads(edit: Edit) -> None:
    folder = edit("rules.yaml", "roads: [national], ", "roads: [city], ")
    (folder / "roads.yaml").unlink()
    assert "no street in roads.yaml is provincial" in {p.message for p in check(folder)}
