from collections.abc import Callable
from pathlib import Path

import pytest

from mrk_city import CityPack, check

Edit = Callable[[str, str, str], Path]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Lubangnya berbahaya, sudah ada yang terjatuh!", ("berbahaya", "terjatuh")),
        ("BAHAYAAAA kali bah", ("bahaya",)),
        ("the live wire is dangerous", ("live wire", "dangerous")),
        ("lampu jalan mati", ()),
    ],
)
def test_words_of_danger(pack: CityPack, text: str, words: tuple[str, ...]) -> None:
    assert pack.dangers(text) == words


def test_words_of_danger_change_no_category(pack: CityPack) -> None:
    guess = pack.categorise("anjing liar menggigit warga")
    assert guess is not None
    assert guess.category == "stray-animals"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("base: 20", "base: 90", "'90' is no number from 0 to 89"),
        ("base: 20", "base: 2.5", "'2.5' is no whole number"),
        ("  roads: 30", "  road: 30", "category 'road' is not in categories.yaml"),
        ("  roads: 30", "  roads: -1", "'-1' is no number from 0 to 89"),
        ("    clinic:", "    klinik:", "kind 'klinik' is not known"),
        ("repeats: {points: 4, most: 20}", "repeats: {points: 4}", "'most' is missing"),
        ("followers:", "fans:", "'followers' is missing"),
    ],
)
def test_a_wrong_number_is_named_with_its_line(edit: Edit, old: str, new: str, told: str) -> None:
    problems = [each for each in check(edit("priority.yaml", old, new)) if told in each.message]
    assert len(problems) == 1
    assert problems[0].file == "priority.yaml"
    assert problems[0].line > 0
    assert problems[0].mend
