import json
from pathlib import Path

import numpy as np
import pytest

from mrk_classifier import Model, ModelError, load_model
from mrk_classifier.file import parse_model
from mrk_classifier.training import Fitted, Labelled, fit

TEXTS = {
    "light": ["lampu mati", "lampu jalan padam", "tiang lampu miring", "gelap lampu padam"],
    "water": ["air keruh", "pipa bocor", "air mati", "pipa air pecah"],
    "dog": ["anjing liar", "anjing gigit anak", "gigit anjing", "anjing lepas"],
}
STRANGE = ["lampunya padamm", "anjinggg", "pipanya air", "mati", "qqq zzz", "lampu lampu air"]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(
        [Labelled(text.split(), label) for label, texts in TEXTS.items() for text in texts],
        strength=30,
    )


@pytest.fixture(scope="module")
def content(fitted: Fitted) -> bytes:
    return fitted.dump(0.8, 0.5, {"data": "abc"})


@pytest.fixture(scope="module")
def model(content: bytes) -> Model:
    return parse_model(content)


def test_reading_answers_as_training_does(fitted: Fitted, model: Model) -> None:
    texts = [text.split() for texts in TEXTS.values() for text in texts]
    texts += [text.split() for text in STRANGE]
    scores = fitted.scores(texts) / 0.8
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    for words, row in zip(texts, chances, strict=True):
        read = model.read(words)
        assert read is not None
        assert list(read.probabilities) == list(fitted.labels)
        assert list(read.probabilities.values()) == pytest.approx(row.tolist(), abs=2e-3)


def test_the_words_that_decided_are_told_the_weightiest_first(model: Model) -> None:
    read = model.read(["tolong", "anjing", "dekat", "pipa"])
    assert read is not None
    assert (read.label, read.words[0]) == ("dog", "anjing")
    assert "pipa" not in read.words


def test_a_misspelt_word_is_known_by_its_parts_and_not_told(model: Model) -> None:
    read = model.read(["anjingg"])
    assert read is not None
    # what the model has not learnt may be anybody's name
    assert (read.label, read.words) == ("dog", ())


def test_no_words_no_answer(model: Model) -> None:
    assert model.read([]) is None


def test_the_same_examples_give_the_same_bytes(content: bytes) -> None:
    rows = [Labelled(text.split(), label) for label, texts in TEXTS.items() for text in texts]
    assert fit(rows, strength=30).dump(0.8, 0.5, {"data": "abc"}) == content


def test_a_broken_file_is_named_with_its_mend(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "some.model"
    header, rest = content.split(b"\n", 1)
    other = json.dumps({**json.loads(header), "format": "other/9"}).encode()
    for broken in (
        b"",
        b"no model",
        content[:-1],
        content[:-4] + b"\x07\x07\x07\x07",
        other + b"\n" + rest,
        header.replace(b'"bias": [', b'"bias": [NaN, ') + b"\n" + rest,
        b"{}\n" + rest,
    ):
        file.write_bytes(broken)
        with pytest.raises(ModelError, match=r"some\.model.*make model"):
            load_model(file)
