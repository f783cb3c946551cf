"""What every contract has in common: frozen, UTC, free of NUL, and able to be blanked."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Erasable:
    """Marks a field that may hold a person's words; ``blanked()`` empties it."""


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # a zone may move the first and the last day off the calendar
        raise ValueError("no such time in UTC; correct it") from None


def _no_nul(value: str) -> str:
    # PostgreSQL refuses U+0000 in text, and one such row would fail a whole batch.
    if "\x00" in value:
        raise ValueError("contains the character U+0000; remove it")
    return value


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]
"""An instant with a zone, kept in UTC."""

Text = Annotated[str, AfterValidator(_no_nul)]
"""Text without U+0000."""

Words = Annotated[str, AfterValidator(_no_nul), Erasable()]
"""Masked free text of a person: emptied when the report is erased."""


@cache
def _erasable(model: type[BaseModel]) -> frozenset[str]:
    def marked(annotation: Any) -> bool:
        return isinstance(annotation, Erasable) or any(
            marked(part)
            for part in (*get_args(annotation), *getattr(annotation, "__metadata__", ()))
        )

    return frozenset(
        name
        for name, field in model.model_fields.items()
        if marked(field.annotation) or any(marked(mark) for mark in field.metadata)
    )


def _emptied(default: Any) -> Any:
    """What an erasable field with this default holds once it is blanked."""
    if default is None or isinstance(default, tuple):
        return default
    return ""


class Contract(BaseModel):
    """A frozen message body. Unknown fields are ignored: adding a field is compatible."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    def to_json(self) -> bytes:
        """The body as UTF-8 JSON, absent values left out."""
        return self.model_dump_json(exclude_none=True).encode()

    def blanked(self) -> Self:
        """The same message with every erasable field emptied, at any depth."""
        changes: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if name in _erasable(type(self)):
                changes[name] = _emptied(field.default)
            elif isinstance(value, Contract):
                changes[name] = value.blanked()
            elif isinstance(value, tuple) and any(isinstance(v, Contract) for v in value):
                changes[name] = tuple(v.blanked() if isinstance(v, Contract) else v for v in value)
        return self.model_copy(update=changes)


class EventBody(Contract):
    """The body of one event type. ``TYPE`` is its CloudEvents type."""

    TYPE: ClassVar[str]


class CommandBody(EventBody):
    """A command from an agency. Unknown fields are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")
