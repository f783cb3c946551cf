"""What a reporter says with an action: from JSON, from a form's fields, or from plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from mrk_intake.domain.submission import reject_nul

WORDS_LENGTH: Final = (3, 4000)
RATINGS: Final = (1, 5)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said.

    Attributes:
        words: as written; None where there are none.
        rating: 1 (bad) to 5 (good); None where it is no rating.
    """

    words: str | None = None
    rating: int | None = None


def _whole(value: object) -> object:
    # JSON Schema, 6.1.1: a number without a fraction is an integer, however it is written
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Words = Annotated[
    str,
    StringConstraints(min_length=WORDS_LENGTH[0], max_length=WORDS_LENGTH[1]),
    AfterValidator(reject_nul),
]


class Spoken(BaseModel):
    """The body of any action."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)

    def said(self) -> Said:
        """Its plain values."""
        return Said(getattr(self, "text", None), getattr(self, "rating", None))


class InformationIn(Spoken):
    """What the reporter adds."""

    text: _Words = Field(
        description="Published masked: phone numbers, e-mail addresses and NIK are left out",
        examples=["Sekarang ada dua lubang lagi di dekat halte."],
    )


class AnswerIn(Spoken):
    """What the reporter answers to the agency's question."""

    text: _Words = Field(
        description="For the agency: not published; phone numbers, e-mail addresses and NIK are"
        " left out",
        examples=["Di depan gerbang timur sekolah."],
    )


class WithdrawalIn(Spoken):
    """Why the reporter takes the report back; nobody has to say why."""

    text: _Words | None = Field(default=None, examples=["Sudah diperbaiki warga sendiri."])


class ConfirmationIn(Spoken):
    """Nothing is left to say: it is solved."""


class DisputeIn(Spoken):
    """What is not solved."""

    text: _Words = Field(examples=["Masih berlubang; hanya sebagian yang ditambal."])


class RatingIn(Spoken):
    """How good the solution is."""

    rating: Annotated[int, BeforeValidator(_whole)] = Field(
        ge=RATINGS[0], le=RATINGS[1], description="1 is bad, 5 is good", examples=[4]
    )
    text: _Words | None = Field(default=None, examples=["Rapi, tetapi lama."])


def of_json(model: type[Spoken], body: bytes) -> Said:
    """What a JSON body says; an empty body says nothing.

    Raises:
        pydantic.ValidationError: with every wrong field.
    """
    return model.model_validate_json(body or b"{}").said()


def of_form(model: type[Spoken], fields: Mapping[str, str]) -> Said:
    """What a form's fields say; an empty field says nothing.

    Raises:
        pydantic.ValidationError: with every wrong field.
    """
    given: dict[str, object] = {name: text for name, text in fields.items() if text.strip()}
    digits = fields.get("rating", "").strip()
    if len(digits) == 1 and digits in "0123456789":  # anything else is told as no whole number
        given["rating"] = int(digits)
    return model.model_validate(given).said()
