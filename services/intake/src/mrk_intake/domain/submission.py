"""What a resident sends, and every reason for which a field of it is refused.

The reasons that are ours alone are the error types `phone`, `email`, `future`,
`category_unknown`, `place_missing`, `attribute_text`, `attachment_name`, `attachment_twice` and
those of `mrk_intake.domain.attributes`; `mrk_intake.http.messages` has their texts.
"""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from mrk_city import Attribute
from mrk_intake.domain import attributes, contacts
from mrk_intake.domain.attachments import MAX_A_REPORT
from mrk_schemas.ids import CategoryCode
from mrk_schemas.reports import Kind, Locale

TEXT_LENGTH: Final = (10, 4000)
ADDRESS_LENGTH: Final = (3, 300)
NAME_LENGTH: Final = (1, 120)
_UPLOAD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a phone's clock may be."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a submission is judged against.

    Attributes:
        now: with a zone.
        categories: codes of the city's list.
        attributes: what a category asks for, by its code.
    """

    now: datetime
    categories: Container[str]
    attributes: Mapping[str, Sequence[Attribute]] = field(default_factory=dict)


def reject_nul(value: str) -> str:
    """A pydantic validator, without HTTP's packages that `mrk_web`'s own one brings.

    Raises:
        PydanticCustomError: of type `nul_character`.
    """
    if "\x00" in value:  # PostgreSQL's text cannot hold it, and a whole batch would fail
        raise PydanticCustomError("nul_character", "the text holds a NUL character")
    return value


def _phone(value: str) -> str:
    number = contacts.phone(value)
    if number is None:
        raise PydanticCustomError("phone", "not a phone number")
    return number


def _email(value: str) -> str:
    address = contacts.email(value)
    if address is None:
        raise PydanticCustomError("email", "not an e-mail address")
    return address


def _values(value: Any) -> tuple[str, ...]:
    """One value, or several."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise PydanticCustomError("attribute_text", "neither a text nor a list of texts")


def _upload(value: str) -> str:
    if not _UPLOAD.fullmatch(value):
        raise PydanticCustomError("attachment_name", "this names no upload")
    return value


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # a zone may move the first and the last day off the calendar
        raise PydanticCustomError("datetime_object_invalid", "no such time") from None


class _Part(BaseModel):
    # strict: "3.5" is no number and 1 is no truth; str_strip: blanks alone are no text
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        use_enum_values=False,
    )


class LocationIn(_Part):
    """A point in degrees (WGS 84)."""

    lat: float = Field(ge=-90, le=90, examples=[3.5897])
    lon: float = Field(ge=-180, le=180, examples=[98.6738])


class ReporterIn(_Part):
    """Who reports and how to reach them; kept encrypted, never published."""

    name: Annotated[
        str,
        StringConstraints(min_length=NAME_LENGTH[0], max_length=NAME_LENGTH[1]),
        AfterValidator(reject_nul),
    ] | None = Field(default=None, examples=["Butet Simanjuntak"])  # fmt: skip
    phone: Annotated[str, AfterValidator(reject_nul), AfterValidator(_phone)] | None = Field(
        default=None, description="Any usual way of writing it", examples=["0812 3456 7890"]
    )
    email: Annotated[str, AfterValidator(reject_nul), AfterValidator(_email)] | None = Field(
        default=None, examples=["butet@example.org"]
    )
    locale: Locale = Field(default=Locale.ID, description="Language of messages to the reporter")

    @property
    def reachable(self) -> bool:
        """Whether there is a way to send a message."""
        return self.email is not None or self.phone is not None


class Submission(_Part):
    """A report as a resident sends it."""

    kind: Kind = Field(examples=["complaint"])
    text: Annotated[
        str,
        StringConstraints(min_length=TEXT_LENGTH[0], max_length=TEXT_LENGTH[1]),
        AfterValidator(reject_nul),
    ] = Field(examples=["Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini."])
    category: Annotated[
        str, StringConstraints(max_length=60), AfterValidator(reject_nul)
    ] | None = Field(
        default=None, description="A code of the city's list; leave it out if unsure",
        examples=["roads"],
    )  # fmt: skip
    attributes: dict[
        str,
        Annotated[
            tuple[str, ...], BeforeValidator(_values, json_schema_input_type=str | list[str])
        ],
    ] | None = Field(
        default=None, examples=[{"damage": "hole", "hole-width-cm": "40"}],
        description="Details that the category asks for, by code; a list of texts where several"
        " may be chosen. Where it is sent, nothing that is required may be missing from it",
    )  # fmt: skip
    location: LocationIn | None = None
    address: Annotated[
        str,
        StringConstraints(min_length=ADDRESS_LENGTH[0], max_length=ADDRESS_LENGTH[1]),
        AfterValidator(reject_nul),
    ] | None = Field(
        default=None, validate_default=True, examples=["Jalan Ahmad Yani, Kesawan, Medan Barat"],
        description="Required, or `location`, where the kind is complaint",
    )  # fmt: skip
    reporter: ReporterIn | None = None
    anonymous: bool = Field(
        default=False, description="The reporter's identity is hidden from agencies and the public"
    )
    confidential: bool = Field(default=False, description="The report is hidden from the public")
    occurred_at: Annotated[AwareDatetime, AfterValidator(_utc)] | None = Field(
        default=None, description="When it happened", examples=["2026-01-31T08:00:00+07:00"]
    )
    attachments: Annotated[
        tuple[Annotated[str, AfterValidator(_upload)], ...],
        Field(max_length=MAX_A_REPORT),
    ] = Field(
        default=(),
        description="Photos and documents: the last part of each upload's address, once ready",
    )

    @field_validator("category", mode="after")
    @classmethod
    def _known_category(cls, value: str | None, info: ValidationInfo) -> str | None:
        around: Surroundings | None = info.context
        if value is not None and around is not None and value not in around.categories:
            raise PydanticCustomError("category_unknown", "no such category")
        return value

    @field_validator("attributes", mode="after")
    @classmethod
    def _asked_for(
        cls, value: dict[str, tuple[str, ...]] | None, info: ValidationInfo
    ) -> dict[str, tuple[str, ...]] | None:
        around: Surroundings | None = info.context
        # a category that was sent but is wrong has an error of its own
        if value is None or around is None or "category" not in info.data:
            return value
        asked = around.attributes.get(info.data["category"] or "", ())
        wrong = attributes.judge(asked, value)
        if wrong:
            raise ValidationError.from_exception_data("attributes", [_detail(w) for w in wrong])
        return value

    @field_validator("address", mode="after")
    @classmethod
    def _some_place(cls, value: str | None, info: ValidationInfo) -> str | None:
        known = info.data
        # a location that was sent but is wrong has an error of its own
        missing = value is None and "location" in known and known["location"] is None
        if missing and known.get("kind") is Kind.COMPLAINT:
            raise PydanticCustomError("place_missing", "neither location nor address")
        return value

    @field_validator("attachments", mode="after")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise PydanticCustomError("attachment_twice", "one upload is named twice")
        return value

    @field_validator("occurred_at", mode="after")
    @classmethod
    def _happened(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        around: Surroundings | None = info.context
        if value is not None and around is not None and value > around.now + CLOCK_SKEW:
            raise PydanticCustomError("future", "in the future")
        return value

    @property
    def locale(self) -> Locale:
        """The reporter's language."""
        return self.reporter.locale if self.reporter is not None else Locale.ID

    @property
    def category_code(self) -> CategoryCode | None:
        """The category as the city's list spells it."""
        return CategoryCode(self.category) if self.category is not None else None


def _detail(wrong: attributes.Wrong) -> InitErrorDetails:
    told = PydanticCustomError(wrong.type, "does not fit", dict(wrong.context))
    return InitErrorDetails(type=told, loc=(wrong.code,), input=None)


def parse(body: bytes, around: Surroundings) -> Submission:
    """A submission from a request's body.

    Raises:
        pydantic.ValidationError: with every wrong field.
    """
    return Submission.model_validate_json(body, context=around)


def canonical(submission: Submission) -> bytes:
    """The same bytes for bodies that mean the same: order and white space don't count.

    A submission without attributes or attachments has the bytes that it had before there were
    any: fingerprints live as long as their reports.
    """
    absent = {
        name
        for name, given in (
            ("attributes", submission.attributes is not None),
            ("attachments", bool(submission.attachments)),
        )
        if not given
    }
    return submission.model_dump_json(exclude=absent or None).encode()
