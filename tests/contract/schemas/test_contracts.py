"""The contracts as committed: generated, exemplified, compatible with every version shipped."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from compat import breaks
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from mrk_schemas.base import CommandBody
from mrk_schemas.generate import FOLDER, schemas, text_of
from mrk_schemas.registry import MODELS, TOPICS, agency_of, inbox_of, types_of
from mrk_schemas.topics import declared, expand

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "schemas/examples").glob("*.json"))
SCHEMAS = schemas()


def test_committed_schemas_are_the_generated_ones() -> None:
    assert {f.stem: f.read_text() for f in FOLDER.glob("*.json")} == {
        name: text_of(schema) for name, schema in SCHEMAS.items()
    }, "run `python -m mrk_schemas` and commit"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda f: f.stem)
def test_every_example_ever_shipped_still_validates(file: Path) -> None:
    name = re.sub(r"\.\d+$", "", file.stem)
    document = json.loads(file.read_text())
    Draft202012Validator(SCHEMAS[name]).validate(document)
    if name in MODELS:
        model = MODELS[name].model_validate(document)
        again = MODELS[name].model_validate_json(model.to_json())
        assert again == model


def test_every_shape_has_an_example() -> None:
    assert {re.sub(r"\.\d+$", "", f.stem) for f in EXAMPLES} == set(SCHEMAS)


def shipped() -> list[tuple[str, str]]:
    """(commit, path) of every version of every schema in the history."""
    log = subprocess.run(
        ["git", "log", "--format=@%H", "--name-only", "--diff-filter=AM", "--", "schemas/json"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found, commit = [], ""
    for line in log.splitlines():
        if line.startswith("@"):
            commit = line[1:]
        elif line:
            found.append((commit, line))
    return found


def test_no_schema_breaks_a_version_in_the_history() -> None:
    wrong = []
    for commit, path in shipped():
        text = subprocess.run(
            ["git", "show", f"{commit}:{path}"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        name = Path(path).stem
        if name not in SCHEMAS:
            wrong.append(f"{name}: was shipped in {commit[:8]} and is gone")
        elif reasons := breaks(json.loads(text), SCHEMAS[name]):
            wrong.append(f"{name} since {commit[:8]}: {'; '.join(reasons)}")
    assert not wrong


def changed(edit: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(json.dumps(SCHEMAS["id.go.medan.case.accept.v1"]))
    match edit:
        case "required field added":
            schema["properties"]["officer"] = {"type": "string"}
            schema["required"].append("officer")
        case "field removed":
            del schema["properties"]["case_version"]
            schema["required"].remove("case_version")
        case "type changed":
            schema["properties"]["case_version"] = {"type": "string"}
        case "optional field added":
            schema["properties"]["officer"] = {"type": "string"}
    return schema


@pytest.mark.parametrize("edit", ["required field added", "field removed", "type changed"])
def test_the_gate_refuses(edit: str) -> None:
    assert breaks(SCHEMAS["id.go.medan.case.accept.v1"], changed(edit))


def test_the_gate_lets_an_optional_field_pass() -> None:
    new = changed("optional field added")
    assert not breaks(SCHEMAS["id.go.medan.case.accept.v1"], new)


def test_blanking_leaves_no_persons_words() -> None:
    for file in EXAMPLES:
        name = re.sub(r"\.\d+$", "", file.stem)
        if name in MODELS:
            body = MODELS[name].model_validate_json(file.read_text()).blanked().to_json().decode()
            for words in (
                "berlubang",
                "Setia Budi",
                "Material",
                "berangkat",
                "wewenang",
                "ditambal",
            ):
                assert words not in body, (name, words)


def test_an_agency_is_told_of_an_unknown_field_and_events_ignore_it() -> None:
    for model in MODELS.values():
        document = json.loads((ROOT / f"schemas/examples/{model.TYPE}.1.json").read_text()) | {
            "surprise": 1
        }
        if issubclass(model, CommandBody):
            with pytest.raises(ValidationError, match="surprise"):
                model.model_validate(document)
        else:
            model.model_validate(document)


def test_topics_are_declared_for_every_pattern_of_the_registry() -> None:
    assert {topic.name for topic in declared()} == set(TOPICS)
    names = {topic.name: topic.partitions for topic in expand(["dlh"])}
    assert names[inbox_of("dlh")] == 3
    assert names["agency.dlh.outbox.v1"] == 1
    assert names["complaint.reports.v1"] == 12
    assert agency_of("agency.dlh.outbox.v1") == "dlh"
    assert agency_of("complaint.reports.v1") is None
    assert "id.go.medan.case.accept.v1" in types_of("agency.<code>.outbox.v1")
