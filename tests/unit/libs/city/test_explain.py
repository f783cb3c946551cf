"""`mrk city explain`: keys, and the same answers as routing's decisions."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from mrk_city import CityPack, Guess
from mrk_city.classify import classifier_of
from mrk_city.command import main
from mrk_city.explain import Question, explain
from mrk_city.ids import CategoryCode

MEDAN = str(Path(__file__).parents[4] / "deploy/city/medan")
ON = date(2026, 12, 1)


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["explain", "--city", MEDAN, "--json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_the_rule_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(
        capsys, "--text", "Sampah menumpuk", "--at", "3.5897,98.6738", "--on", "2026-12-01"
    )
    assert {key: found[key] for key in ("category", "rule", "copies")} == {
        "category": "waste-pickup",
        "rule": "waste-pickup",
        "copies": ["dlh"],
    }
    confidence, words = found["confidence"], found["words"]
    assert isinstance(confidence, float)
    assert isinstance(words, list)
    assert 0.6 <= confidence <= 1
    assert "sampah" in words
    assert all(set(each.split()) <= {"sampah", "menumpuk"} for each in words)
    assert found["owner"] == f"kec-{str(found['district'])[-2:]}"
    assert str(found["subdistrict"]).startswith(f"{found['district']}.")
    assert (found["priority"], found["deadline"], found["triage"]) == ("normal", "ordinary", None)
    assert "considered" not in found


def test_verbose_says_why_each_earlier_rule_did_not(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--text", "jalan berlubang", "--address", "Jl. Kenanga, Kel. Kesawan", "--verbose")
    found = told(capsys, *asked)
    assert (found["rule"], found["subdistrict"]) == ("roads", "12.71.05.1001")
    considered = found["considered"]
    assert isinstance(considered, list)
    assert [(each["rule"], each["why_not"]) for each in considered] == [
        ("roads-national", "another class of road"),
        ("roads-provincial", "another class of road"),
    ]


def test_the_road_and_an_emergency(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--text", "tabrakan di lubang jl gatot subroto", "--category", "roads")
    assert (found["rule"], found["road"]) == (
        "roads-national",
        {"class": "national", "street": "Gatot Subroto"},
    )
    assert (found["priority"], found["emergency_words"]) == ("emergency", ["tabrakan"])
    assert (found["confidence"], found["category_by"], found["words"]) == (1.0, "given", [])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--text", "tolong dibantu"), "category-unknown"),
        (("--text", "sampah menumpuk"), "place-unknown"),
        (("--text", "x", "--category", "others"), "no-rule"),
        (("--text", "jalan rusak", "--at", "-6.2,106.8"), "outside-the-city"),
        (("--text", "jalan rusak", "--on", "2022-12-31"), "no-rule"),
    ],
)
def test_triage_says_why(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], why: str
) -> None:
    found = told(capsys, *arguments)
    assert (found["triage"], found["owner"], found["rule"]) == (why, None, None)


def test_text_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--city", MEDAN, "--text", "parit mampet", "--verbose"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("owner            sdabmbk\n")
    (words,) = (line for line in out.splitlines() if line.startswith("words "))
    assert "parit" in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--at", "3.5"), "'3.5' is no point: write 3.5952,98.6722"),
        (("--at", "98.6,3.5"), "is no point on Earth"),
        (("--on", "1 December"), "'1 December' is no date: write 2026-12-31"),
        (("--category", "road"), "'road' is not known — use one of: roads, bridges"),
        (("--kind", "whistleblowing"), "invalid choice"),
    ],
)
def test_a_wrong_question_exits_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert main(["explain", "--city", MEDAN, "--text", "x", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_classifier_takes_the_vocabularys_place(pack: CityPack) -> None:
    def trained(text: str) -> Guess:
        return Guess(CategoryCode("prices"), 0.83, (text[:3],))

    found = explain(pack, Question("abcd", ON), trained)
    assert (found["category"], found["confidence"], found["words"]) == ("prices", 0.83, ["abc"])
    assert classifier_of(pack)("parit mampet") == pack.categorise("parit mampet")


def test_the_hour_counts_where_it_is_stated(capsys: pytest.CaptureFixture[str]) -> None:
    evening = told(capsys, "--text", "jalan rusak", "--on", "2026-12-31T18:30")
    utc = told(capsys, "--text", "jalan rusak", "--on", "2026-12-31T18:30:00+00:00")
    assert (evening["on"], utc["on"]) == ("2026-12-31", "2027-01-01")


def test_it_loads_nothing_heavy() -> None:
    asked = ["-m", "mrk_city", "explain", "--city", MEDAN, "--text", "parit mampet", "--json"]
    command = [sys.executable, "-X", "importtime", *asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert json.loads(done.stdout)["owner"] == "sdabmbk"
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "yaml" in imported
    assert not imported & {"pydantic", "holidays", "mrk_schemas"}
