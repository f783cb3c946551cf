from datetime import datetime
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from mrk_web.language import Language, Text
from mrk_web.problems import FieldError
from mrk_web.validation import (
    STANDARD,
    Wrong,
    from_validation,
    pointer,
    reject_nul,
    validation_problem,
)


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=5), AfterValidator(reject_nul)]
    phone: str


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["complaint", "aspiration"]
    text: Annotated[str, Field(min_length=10)]
    lat: Annotated[float, Field(ge=-90, le=90)] = 0
    at: AwareDatetime | None = None
    person: Person | None = None
    tags: Annotated[list[str], Field(max_length=2)] = []


def errors(body: str, language: Language = "en") -> dict[str, FieldError]:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate_json(body)
    return {e.field: e for e in from_validation(caught.value, language)}


def test_every_wrong_field_is_told_at_once() -> None:
    found = errors(
        '{"kind": "x", "text": "a", "lat": 91, "at": "soon", "colour": 1, '
        '"person": {"name": "too long a name", "town": 2}, "tags": ["a", "b", "c"]}'
    )
    assert set(found) == {
        "/kind", "/text", "/lat", "/at", "/colour", "/person/name", "/person/phone",
        "/person/town", "/tags",
    }  # fmt: skip
    assert found["/text"].mend == "Write at least 10 characters."
    assert found["/kind"].mend == "Choose one of: 'complaint' or 'aspiration'."
    assert found["/colour"].message == "This field is unknown."
    assert found["/person/phone"].message == "This is required."


def test_bahasa_indonesia_is_spoken() -> None:
    assert errors('{"kind": "complaint", "text": "a"}', "id")["/text"] == FieldError(
        "/text", "Teks terlalu pendek.", "Tulis paling sedikit 10 huruf."
    )


def test_what_was_sent_is_never_quoted() -> None:
    found = errors('{"kind": "Budi", "text": "Budi", "lat": "Budi", "at": "Budi"}')
    assert "Budi" not in str(found)


def test_a_body_that_is_no_json_is_one_error_of_the_whole() -> None:
    assert list(errors("{")) == [""]
    assert errors("[]")[""].message == "This must be an object."


def test_nul_is_the_fields_error() -> None:
    person = r'{"name": "a\u0000", "phone": ""}'
    body = '{"kind": "complaint", "text": "long enough text", "person": ' + person + "}"
    assert errors(body)["/person/name"].message == "The text holds a NUL character."


def test_unknown_names_are_shortened_and_escaped() -> None:
    found = errors('{"kind": "complaint", "text": "long enough text", "' + "n" * 5000 + '": 1}')
    assert list(found) == ["/" + "n" * 64]
    assert pointer(("a/b", "c~d", 0)) == "/a~1b/c~0d/0"


def test_ten_thousand_unknown_fields_are_a_hundred_errors() -> None:
    fields = ", ".join(f'"f{i}": 1' for i in range(10_000))
    assert len(errors("{" + fields + "}")) == 100


def test_texts_of_the_caller_go_first() -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"kind": "complaint", "text": "a"})
    special = Wrong(
        Text("Ceritakan lebih banyak.", "Tell more."), Text("{min_length}", "{min_length}!")
    )
    (told,) = from_validation(caught.value, "en", {"/text string_too_short": special})
    assert (told.message, told.mend) == ("Tell more.", "10!")


def test_an_error_without_a_text_of_its_own_is_told_generally() -> None:
    class Odd(BaseModel):
        at: Annotated[datetime, AfterValidator(_fail)]

    with pytest.raises(ValidationError) as caught:
        Odd.model_validate({"at": "2026-01-01T00:00:00Z"})
    assert from_validation(caught.value, "en")[0].message == "This is not valid."


def _fail(_given: datetime) -> datetime:
    raise ValueError("Budi")


def test_the_problem_is_a_422() -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({})
    problem = validation_problem(caught.value, "id")
    assert problem.problem.status == 422
    assert [e.field for e in problem.errors] == ["/kind", "/text"]


@pytest.mark.parametrize("kind", STANDARD)
def test_every_text_can_be_filled_in_both_languages(kind: str) -> None:
    for text in (STANDARD[kind].message, STANDARD[kind].mend):
        for language in (text.id, text.en):
            assert language
            language.format_map(
                dict.fromkeys(
                    (
                        "expected",
                        "expected_tags",
                        "min_length",
                        "max_length",
                        "gt",
                        "ge",
                        "lt",
                        "le",
                    ),
                    1,
                )
            )
