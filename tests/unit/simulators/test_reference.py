import json
from pathlib import Path

import pytest

from mrk_simulators.lapor.reference import BUILT_IN, State, load_reference
from mrk_simulators.process import ExitCode, StartupError

LAPOR_YAML = Path(__file__).parents[3] / "deploy" / "city" / "medan" / "lapor.yaml"


def test_the_built_in_ids_are_those_that_the_city_pack_assumes() -> None:
    pack = load_reference(LAPOR_YAML)
    assert pack.strict == {"institutions", "classifications", "categories"}
    assert pack.institutions == BUILT_IN.institutions
    assert pack.categories == BUILT_IN.categories
    assert pack.statuses == BUILT_IN.statuses


def test_a_file_replaces_its_sections_and_makes_them_strict(tmp_path: Path) -> None:
    file = tmp_path / "reference.json"
    states = {"77": {"state": "done", "name": "Tuntas"}}
    templates = [{"code": "tutup", "content": "Ditutup", "state": "done"}]
    institutions = [{"id": 5, "name": "Dinas Lima"}]
    file.write_text(
        json.dumps({"states": states, "templates": templates, "institutions": institutions})
    )
    read = load_reference(file)
    assert read.statuses[State.FINISHED].code == "77"
    assert read.templates["tutup"].state is State.FINISHED
    assert read.institution(5) == "Dinas Lima"
    assert read.refuses("institutions", 7101)
    assert not read.refuses("categories", 12345)


@pytest.mark.parametrize("text", ["[]", "states: {'1': {state: unknown, name: x}}", "a: [", "{a"])
def test_a_file_of_another_form_refuses_to_start(tmp_path: Path, text: str) -> None:
    file = tmp_path / "reference.yaml"
    file.write_text(text)
    with pytest.raises(StartupError, match="not understood") as error:
        load_reference(file)
    assert error.value.code is ExitCode.USAGE
