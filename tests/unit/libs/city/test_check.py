"""Each way in which a pack can be wrong: file, line and what is said of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mrk_city import PackError, check, load_pack

Edit = Callable[[str, str, str], Path]


def _rule(
    category: str = "roads",
    districts: str = "all",
    owner: str = "sdabmbk",
) -> str:
    return (
        f"rules:\n  - {{id: more, categories: [{category}], districts: {districts},"
        f" owner: {owner}, from: 2023-01-01, source: x}}\n"
    )


def test_medans_pack_is_sound(medan: Path) -> None:
    assert check(medan) == []


HERE = ""
"""The problem is told at the line of the change; any other text: at the line that holds it."""

RULES = [
    ("rules:\n", _rule("prices"), "id: prices", "rule 'prices' is dead: it never decides"),
    ("rules:\n", _rule("floods"), "id: water", "rule 'water' is dead for floods: an earlier"),
    ("rules:\n", _rule(category="road"), "id: more", "category 'road' is not known"),
    ("rules:\n", _rule(districts='["12.71.22"]'), "id: more", "district '12.71.22' is not known"),
    ("rules:\n", _rule(districts="[]"), "id: more", "rule 'more' is dead: it names no"),
    ("owner: dishub", "owner: dishup", HERE, "agency 'dishup' is not known"),
    ('"kec-{district}"', '"kc-{district}"', HERE, "agency 'kc-01' is not known"),
    ("copies: [dlh]", "copies: [dhl]", HERE, "agency 'dhl' is not known"),
    (
        "[roads, bridges, sidewalks]",
        "[roads, bridges]",
        "since: ",
        "nobody owns 'sidewalks' in all districts from 2023-01-01",
    ),
    (
        "[street-lights], districts: all, owner: dishub, from: 2023-01-01",
        "[street-lights], districts: all, owner: dishub, from: 2023-02-01",
        "since: ",
        "nobody owns 'street-lights' in all districts from 2023-01-01 until 2023-02-01",
    ),
    (
        "[internet], districts: all",
        '[internet], districts: ["12.71.01", "12.71.02"]',
        "since: ",
        "nobody owns 'internet' in 12.71.03, 12.71.04,",
    ),
    ("[others]", "[others, prices]", "id: prices", "is under triage and has an owner"),
    ("[others]", "[]", "since: ", "nobody owns 'others'"),
    ("[others]", "[others, x]", HERE, "category 'x' is not known"),
    ("id: water", "id: roads", HERE, "'roads' is already in line"),
    ("2023-01-01, source: BKAD", "2023-13-01, source: BKAD", HERE, "'2023-13-01' is no date"),
    (
        "source: BKAD",
        "until: 2022-01-01, source: BKAD",
        HERE,
        "rule 'assets' is dead: it ends on 2022-01-01",
    ),
]

AGENCIES = [
    ("code: dlh", "code: dishub", "short: Dishub", "'dishub' is already in line"),
    ("code: dlh", "code: DLH", HERE, "'DLH' is no code"),
    ('district: "12.71.01"', 'district: "12.71.31"', "code: kec-01", "district '12.71.31' is not"),
    ("    short: DLH\n", "", "code: dlh", "'short' is missing"),
    ("short: DLH\n", "brief: DLH\n", HERE, "'brief' is not known here"),
]

CATEGORIES = [
    (
        "got, ",
        "got, sampah, ",
        "code: waste-pickup",
        "'sampah' of waste-pickup belongs to drain",
    ),
    ("got, ", "got, sampa, ", "code: waste-pickup", "belongs to drainage (as 'sampa')"),
    ("got, ", "got, yang ini, ", "code: drainage", "'yang ini' of drainage consists of skipped"),
    ("deadline: ordinary", "deadline: soon", "code: roads", "deadline class 'soon' of roads"),
    ("en: Damaged roads", "fr: Routes", HERE, "'fr' is not known here"),
    ("[complaint, whistleblowing]", "[gossip]", HERE, "'gossip' is not known here"),
    ("code: bridges", "code: roads", HERE, "'roads' is already in line"),
    ("datatype: number", "datatype: integer", HERE, "'integer' is not known here"),
    ("code: hole-width-cm", "code: Hole width", HERE, "'Hole width' is no code"),
    ("{id: Lubang, en: Hole}", "{id: Lubang}", HERE, "'en' is missing"),
    ("hole: {id: Lubang", "Hole!: {id: Lubang", HERE, "'Hole!' is no code"),
    ("peeled: {", "sunken: {", HERE, "'sunken' is stated twice"),
    ("required: true", "required: perhaps", HERE, "'perhaps' is not known here"),
    ("required: true", "order: 0", HERE, "'0' is no number from 1 to 1000"),
    (
        "code: hole-width-cm",
        "code: damage",
        HERE,
        "attribute 'damage' is stated twice",
    ),
    (
        "datatype: singlevaluelist",
        "datatype: string",
        "code: damage",
        "attribute 'damage' has values, but is no list",
    ),
    (
        "datatype: number",
        "datatype: multivaluelist",
        "code: hole-width-cm",
        "attribute 'hole-width-cm' has no values",
    ),
    (
        "datatype: number",
        "order: 1\n        datatype: number",
        "code: hole-width-cm",
        "order 1 is another attribute's",
    ),
]

DEADLINES = [
    ("days: 14", "days: 0", HERE, "'0' is no number from 1 to 1000"),
    ("days: 14", "days: 1.5", HERE, "'1.5' is no whole number"),
    ("days: 14", "days: many", HERE, "'many' is no number"),
    ("aspiration: ordinary", "aspiration: slow", HERE, "'slow' is not known here"),
    ("  confirmation:\n", "  confirmation: []\n  x:\n", HERE, "no number of days is stated"),
    ("answer:\n", "answer: []\nx:\n", HERE, "no number of days is stated"),
    (
        "answer:\n",
        "answer:\n  - {days: 61, from: 2018-01-01, source: x}\n",
        "days: 61",
        "'61' is no number from 1 to 60",
    ),
    (
        "  confirmation:\n",
        "  confirmation:\n    - {days: 9, from: 2020-01-01, source: x}\n",
        "days: 9",
        "the 'from' days do not ascend",
    ),
]

CALENDAR = [
    ('start: "07:30"', 'start: "25:00"', HERE, "'25:00' is no time of day"),
    ('break_end: "13:00"', 'break_end: "17:00"', HERE, "these times are out of order"),
    ("until: 2025-03-30", "until: 2025-02-28", HERE, "ends before it begins"),
    ("from: 2025-03-01", "from: 2024-04-01", HERE, "begins before the one above has ended"),
    ("[public, government]", "[public, bank]", "country: ID", "holiday category 'bank'"),
    ("holiday: true", "holiday: maybe", HERE, "'maybe' is not known here"),
    ("country: ID", "country: MY", HERE, "'MY' is not known here"),
]

SUBDISTRICTS = [
    ("3.585004", "13.585004", HERE, "the centroid of Pasar Baru is outside"),
    ("3.585004", "north", HERE, "lat or lon is no number"),
    ("12.71.01,3.585004", "12.71.41,3.585004", HERE, "district '12.71.41' is not in"),
    ("Pusat Pasar", "Pasar Baru", HERE, "'Pasar Baru in 12.71.01' is already in line 2"),
    ("12.71.01.1002", "12.71.01.1001", HERE, "'12.71.01.1001' is already in line 2"),
    ("Pusat Pasar", "Pusat, Pasar", HERE, "9 values for 8 columns"),
    ("postal_code", "zip", HERE, "the columns are"),
]

DISTRICTS = [
    ("12.71.21", "12.75.21", HERE, "code '12.75.21' is not inside '12.71'"),
    ("12.71.21,Medan Selayang", "12.71.22,Baru", HERE, "Baru has no kelurahan"),
]

CITY = [
    ("Asia/Jakarta", "Asia/Medan", HERE, "'Asia/Medan' is no time zone"),
    ("code_system: kemendagri", "code_system: bps", HERE, "'bps' is not known here"),
    ("south: 3.480", "south: 3.9", HERE, "the bounds enclose nothing"),
    ("reach_km: 4.0\n", "", "name: {id: Kota", "'reach_km' is missing"),
    ("locales: [id, en]", "locales: [id, en, fr]", HERE, "locale 'fr' has no texts"),
    ("code_system", 'code: "12.72"\ncode_system', HERE, "'code' is stated twice"),
]

ESCALATION = [
    ("unassigned: diskominfo", "unassigned: x", HERE, "agency 'x' is not in agencies.yaml"),
    ("after: 3", "after: 1", HERE, "this step is not later than the one above"),
    ("level: mayor", "level: head", HERE, "level 'head' is stated twice"),
    ("resolution]", "confirmation]", HERE, "'confirmation' is not known here"),
    ("[50, 80]", "[80, 50]", HERE, "50 is not more than 80"),
    ("[50, 80]", "[50, 100]", HERE, "'100' is no number from 1 to 99"),
    ("  supervised: {", "  grave: {", HERE, "deadline class 'grave' is not in deadlines.yaml"),
    ("head: 2, ", "hed: 2, ", HERE, "level 'hed' is not among the steps"),
    ("head: 2, ", "head: 6, ", HERE, "this step is not later than the one above"),
    ("{officer: 0, head: 2", "{head: 0, officer: 2", HERE, "level 'officer' is above 'head'"),
    (
        "{officer: 0, head: 2, secretary: 5, mayor: 10}",
        "{}",
        HERE,
        "this class has no steps",
    ),
]

LAPOR = [
    ("  dlh: 7103\n", "", "assumed: true", "'dlh' has no number under institutions"),
    ("dlh: 7103", "dlh: 7102", HERE, "7102 is used twice"),
    ("complaint: 1", "complain: 1", "assumed: true", "'complaint' has no number under class"),
    ("complaint: 1", "complain: 1", "assumed: true", "'complain' under classifications is not"),
    ("state: done", "state: finished", HERE, "'finished' is not known here"),
]

RETENTION = [
    ("days: 730", "days: 0", HERE, "'0' is no number from 1 to 36600"),
    ("  information:\n", "  informasi:\n", "complaint:", "'information' is missing"),
]

HELD = [
    ("goblok, ", "goblok, bangsat, ", HERE, "'bangsat' is already in line"),
    ("goblok, ", "goblok, yang ini, ", HERE, "'yang ini' consists of skipped words"),
    ("goblok, ", "goblok, sampah, ", HERE, "'sampah' is what reports of waste-pickup say"),
    ("[go.id, ", '["https://go.id/", ', HERE, "'https://go.id/' is no host"),
    ("links:", "link:", "  allowed", "'link' is not known here"),
    ("  allowed: [", "  allowed: go.id #", HERE, "a list is expected here"),
]

SPEECH = [("gak, ", "tidak, ", HERE, "'tidak' is already read as 'tidak'")]

MISTAKES = {
    "rules.yaml": RULES,
    "agencies.yaml": AGENCIES,
    "categories.yaml": CATEGORIES,
    "deadlines.yaml": DEADLINES,
    "calendar.yaml": CALENDAR,
    "subdistricts.csv": SUBDISTRICTS,
    "districts.csv": DISTRICTS,
    "city.yaml": CITY,
    "escalation.yaml": ESCALATION,
    "lapor.yaml": LAPOR,
    "retention.yaml": RETENTION,
    "speech.yaml": SPEECH,
    "held.yaml": HELD,
}


@pytest.mark.parametrize(
    ("file", "mistake"),
    [(file, mistake) for file, mistakes in MISTAKES.items() for mistake in mistakes],
)
def test_each_mistake_is_named(
    edit: Edit, medan: Path, file: str, mistake: tuple[str, str, str, str]
) -> None:
    old, new, anchor, message = mistake
    folder = edit(file, old, new)
    text = (folder / file).read_text(encoding="utf-8")
    at = text.index(anchor) if anchor else (medan / file).read_text(encoding="utf-8").index(old)
    # "short:" stands one line below the "- code:" that begins its entry.
    line = text.count("\n", 0, at) + (0 if anchor.startswith("short") else 1)
    problems = check(folder)
    told = [(p.file, p.line) for p in problems if message in p.message]
    assert told == [(file, line)], problems
    assert all(problem.mend for problem in problems)


def test_a_spelling_is_read_once(edit: Edit) -> None:
    problems = check(edit("speech.yaml", "mampet: [", "mampet: [jembatan, "))
    assert [p.message for p in problems if p.file == "speech.yaml"] == [
        "'titi' is read as 'jembatan', which is itself read as 'mampet'"
    ]


def test_missing_and_broken_files(medan: Path, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(medan, folder)
    (folder / "lapor.yaml").unlink()
    (folder / "districts.csv").unlink()
    (folder / "escalation.yaml").write_text("steps: [", encoding="utf-8")
    (folder / "speech.yaml").write_bytes(b"\xff\xfe\x00")
    (folder / "deadlines.yaml").write_text("", encoding="utf-8")
    (folder / "rules.yaml").write_text("- 1\n", encoding="utf-8")
    (folder / "categories.yaml").write_text("categories: {a: 1}\n", encoding="utf-8")
    (folder / "city.yaml").write_text("name: [x]\nname: \x00", encoding="utf-8")
    found = {problem.file for problem in check(folder)}
    assert found >= {
        "lapor.yaml",
        "districts.csv",
        "escalation.yaml",
        "speech.yaml",
        "deadlines.yaml",
        "rules.yaml",
        "categories.yaml",
        "city.yaml",
    }


def test_an_empty_folder_names_every_file(tmp_path: Path) -> None:
    problems = check(tmp_path)
    assert {p.file for p in problems if "missing" in p.message} == {
        "agencies.yaml",
        "calendar.yaml",
        "categories.yaml",
        "city.yaml",
        "deadlines.yaml",
        "districts.csv",
        "duplicates.yaml",
        "escalation.yaml",
        "held.yaml",
        "lapor.yaml",
        "priority.yaml",
        "retention.yaml",
        "rules.yaml",
        "speech.yaml",
        "subdistricts.csv",
    }


def test_loading_raises_with_every_problem(tmp_path: Path, medan: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(medan, folder)
    for file, old, new in (
        ("city.yaml", "Asia/Jakarta", "Nowhere"),
        ("rules.yaml", "owner: dishub", "owner: nobody"),
        ("agencies.yaml", "code: dlh", "code: DLH"),
    ):
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    assert {p.file for p in caught.value.problems} >= {"city.yaml", "rules.yaml", "agencies.yaml"}
    assert "city.yaml:5: 'Nowhere' is no time zone — use an IANA name" in str(caught.value)
