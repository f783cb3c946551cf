import json
from pathlib import Path

import pytest

from mrk_city import CityPack, check, load_pack
from mrk_city.learning.examples import digest, held_out, read_examples
from mrk_city.learnt import MODEL


def test_a_pack_without_a_model_reads_by_its_vocabulary(edit: object) -> None:
    folder = edit("city.yaml", "Medan", "Medan")  # type: ignore[operator]
    (folder / MODEL).unlink()
    assert check(folder) == []
    pack = load_pack(folder)
    guess = pack.categorise("parit mampet")
    assert guess is not None
    assert (guess.category, guess.model, pack.model_version) == ("drainage", None, None)
    assert pack.suggest("entah apa itu") is None


def test_a_broken_model_is_named_with_its_mend(edit: object) -> None:
    folder = edit("city.yaml", "Medan", "Medan")  # type: ignore[operator]
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:-10])
    (problem,) = check(folder)
    assert (problem.file, problem.line) == (MODEL, 0)
    assert "make model" in problem.mend


def test_a_model_made_for_other_categories_is_named(edit: object) -> None:
    folder = edit("categories.yaml", "code: culture", "code: heritage")  # type: ignore[operator]
    told = [problem.message for problem in check(folder) if problem.file == MODEL]
    assert len(told) == 1
    assert "culture, heritage" in told[0]


def test_what_the_words_say_surely_decides_and_the_rest_is_a_suggestion(pack: CityPack) -> None:
    sure = pack.categorise("lampu jalan mati total di gang kami")
    assert sure is not None
    assert (sure.category, sure.sure, sure.model) == ("street-lights", True, pack.model_version)
    assert "lampu" in " ".join(sure.words)
    unsure = pack.suggest("qwxz vbnm")
    assert unsure is not None
    assert not unsure.sure
    assert pack.categorise("qwxz vbnm") is None


def test_categories_of_one_owner_count_together(pack: CityPack) -> None:
    guess = pack.suggest("banjir parit jalan jembatan")
    assert guess is not None
    assert guess.score < 0.95
    assert guess.sure


@pytest.mark.parametrize("text", ["terima kasih banyak ya", "halo min", "tes"])
def test_what_has_no_category_is_left_to_a_person(pack: CityPack, text: str) -> None:
    assert pack.categorise(text) is None


def test_the_figures_beside_the_model_are_of_this_model_and_this_data(
    pack: CityPack, medan: Path
) -> None:
    told = json.loads((medan / "category.metrics.json").read_text(encoding="utf-8"))
    assert told["model"] == pack.model_version
    assert told["data"] == digest(read_examples(medan))
    assert told["held_out"] == digest(held_out(medan))
    assert told["owner_right"] >= 0.90
    assert told["decided"] >= 0.80
