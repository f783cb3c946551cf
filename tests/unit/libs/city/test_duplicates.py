from collections.abc import Callable
from pathlib import Path

import pytest

from mrk_city import CityPack, check

Edit = Callable[[str, str, str], Path]


def test_the_citys_thresholds_are_in_order(pack: CityPack) -> None:
    scale = pack.duplicates
    assert 0 < scale.suggest < scale.link <= 1
    assert scale.same_m < scale.apart_m
    assert "women-children" in scale.never


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("link: 0.80", "link: 0.50", "'link' is below 'suggest'"),
        ("link: 0.80", "link: 2", "'2' is no number from 0.3 to 1.01"),
        ("apart: 200", "apart: 25", "'apart' is not beyond 'same'"),
        ("within_days: 21", "within_days: 0", "'0' is no number from 1 to 90"),
        ("suggest: 0.60", "hint: 0.60", "'suggest' is missing"),
        ("never: [identity-documents,", "never: [identity,", "category 'identity' is not in"),
        ("never: [identity-documents,", "never: [{a: b},", "a text is expected here"),
        ("metres: {same: 25, apart: 200}", "metres: {same: 25}", "'apart' is missing"),
        ("within_days: 21", "within_days: 2.5", "'2.5' is no whole number"),
        ("link: 0.80", "link: high", "'high' is no number from 0.3 to 1.01"),
        ("suggest: 0.60", "suggest: 0.60\nlinks: 1", "'links' is not known here"),
    ],
)
def test_a_wrong_number_is_named_with_its_line(edit: Edit, old: str, new: str, told: str) -> None:
    every = check(edit("duplicates.yaml", old, new))
    problems = [each for each in every if told in each.message]
    assert len(problems) == 1
    assert problems[0].file == "duplicates.yaml"
    assert problems[0].line > 0
    assert problems[0].mend
    assert {each.file for each in every} == {"duplicates.yaml"}


def test_a_pack_without_the_file_is_told_to_write_it(edit: Edit) -> None:
    folder = edit("duplicates.yaml", "within_days", "within_days")
    (folder / "duplicates.yaml").unlink()
    (problem,) = check(folder)
    assert (problem.file, problem.message) == ("duplicates.yaml", "the file is missing")
    assert problem.mend
