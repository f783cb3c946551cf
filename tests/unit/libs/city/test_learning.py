from dataclasses import replace
from pathlib import Path

import pytest

from mrk_city import CityPack
from mrk_city.learning.command import CANDIDATE, main
from mrk_city.learning.examples import Example, expand, held_out, read_examples, read_tsv
from mrk_city.learning.measure import guess_of, measure, why_not_better
from mrk_city.learnt import MODEL

GRAMMAR = {
    "shared": {"where": ["di gang", ""]},
    "style": {
        "of-each": 9, "abbreviated": 0.5, "misspelt": 0.3, "wordy": 0.2, "capitals": 0.1,
        "short": {"lampu": ["lmpu"]}, "openings": ["halo"], "endings": ["makasih"],
    },
    "categories": {
        "street-lights": {
            "slots": {"thing": ["lampu", "tiang lampu"]},
            "templates": {"street-lights-t1": "{thing} mati {where}"},
        }
    },
}  # fmt: skip
OWNER = {"a": "x", "b": "x", "c": "y", "none": None}


def test_a_grammar_makes_the_same_texts_each_time() -> None:
    once, again = list(expand(GRAMMAR)), list(expand(GRAMMAR))
    assert once == again
    assert len({each.text for each in once}) > 3
    assert {each.template for each in once} == {"street-lights-t1"}


def test_every_category_has_examples_and_none_is_held_out(pack: CityPack, medan: Path) -> None:
    examples, held = read_examples(medan), held_out(medan)
    assert len(examples) >= 3000
    assert len(held) >= 300
    for texts in (examples, held):
        assert {each.category for each in texts} == set(map(str, pack.categories))
    folded = {" ".join(pack.words(each.text)) for each in examples}
    same = [each.text for each in held if " ".join(pack.words(each.text)) in folded]
    # "mati lampu lagi" and "halo" are what everybody writes
    assert len(same) <= 12, same


def test_a_row_without_a_column_is_named(tmp_path: Path) -> None:
    file = tmp_path / "some.tsv"
    file.write_text("category\tid\ttext\nroads\tx\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"some\.tsv:2"):
        read_tsv(file)


def test_figures_are_reckoned_of_owners_and_of_those_decided() -> None:
    said = {
        "1": guess_of("a", 0.9, sure=True),  # right
        "2": guess_of("a", 0.8, sure=True),  # wrong category, right owner
        "3": guess_of("a", 0.6, sure=True),  # wrong owner
        "4": guess_of("c", 0.3, sure=False),  # right, not decided
        "5": guess_of("a", 0.7, sure=True),  # had none
    }
    labels = ["a", "b", "c", "c", "none"]
    texts = [
        Example(label, text, text, written=True) for label, text in zip(labels, said, strict=True)
    ]
    found = measure(said.get, texts, OWNER)
    assert (found.texts, found.accuracy, found.decided) == (5, 0.4, 0.75)
    assert (found.owner_right, found.category_right) == (0.5, 0.25)
    assert found.wrongly_decided == 1.0
    assert ("b", "a", 1) in found.confused
    assert found.recall["c"] == 0.5


def test_a_model_is_better_only_if_nothing_gets_worse() -> None:
    base = measure({}.get, [], OWNER)
    base = replace(base, accuracy=0.8, decided=0.8, owner_right=0.9)
    assert why_not_better(base, base) == ["nothing is better"]
    assert why_not_better(replace(base, decided=0.85), base) == []
    (reason,) = why_not_better(replace(base, decided=0.95, owner_right=0.88), base)
    assert "0.900 to 0.880" in reason


def test_evaluate_refuses_to_call_a_model_better_than_itself(
    medan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = str(medan / MODEL)
    assert main(["evaluate", "--city", str(medan), "--model", running]) == 1
    assert "not better: nothing is better" in capsys.readouterr().out


def test_evaluate_names_what_is_missing_and_what_is_no_category(
    medan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--city", str(medan), "--model", str(tmp_path / CANDIDATE)]) == 1
    assert "there is no such model" in capsys.readouterr().err
    file = tmp_path / "some.tsv"
    file.write_text("category\tid\ttext\nmoon\tx\tbulan\n", encoding="utf-8")
    assert main(["evaluate", "--city", str(medan), "--data", str(file)]) == 1
    assert "moon is no category" in capsys.readouterr().err
