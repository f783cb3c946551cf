"""The details that a category asks for: whether what was given fits, and what is published of it.

The error types are `attribute_unknown`, `attribute_missing`, `attribute_single`,
`attribute_blank`, `attribute_long`, `attribute_line`, `attribute_number`, `attribute_time`,
`attribute_choice` and `nul_character`; `mrk_intake.http.messages` has their texts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mrk_city import Attribute as Asked
from mrk_city.ids import LISTS
from mrk_schemas.reports import Attribute
from mrk_text.masking import mask

LONGEST: Final[Mapping[str, int]] = {"string": 200, "text": 2000}
"""Characters of a value, by datatype; others are shorter by their form."""

_MULTIPLE: Final = "multivaluelist"
_LONGEST_OTHER: Final = 60
_LONGEST_MASKED: Final = 8000  # mrk_schemas.reports.Attribute.value: placeholders lengthen it
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:[.,]\d{1,6})?", re.ASCII)

Given = Mapping[str, Sequence[str]]
"""Values by the attribute's code; more than one only of a list of several."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why the value of an attribute is refused.

    Attributes:
        type: one of the error types above.
        context: fills its text.
    """

    code: str
    type: str
    context: Mapping[str, Any] = field(default_factory=dict)


def judge(asked: Sequence[Asked], given: Given) -> list[Wrong]:
    """Everything that is wrong with the attributes of a report; empty where they fit.

    Args:
        asked: the category's.
        given: what was sent.
    """
    known = {each.code: each for each in asked}
    codes = ", ".join(known) or "-"
    wrong = [
        Wrong(code, "attribute_unknown", {"expected": codes}) for code in given if code not in known
    ]
    for each in asked:
        values = given.get(each.code)
        if values is not None:
            wrong.extend(_judged(each, values))
        elif each.required:
            wrong.append(Wrong(each.code, "attribute_missing"))
    return wrong


def _judged(asked: Asked, values: Sequence[str]) -> list[Wrong]:
    code = asked.code
    if not values:
        return [Wrong(code, "attribute_blank")]
    if len(values) > 1 and asked.datatype != _MULTIPLE:
        return [Wrong(code, "attribute_single")]
    found = {type_: Wrong(code, type_, context) for type_, context in map(_why(asked), values)}
    return [wrong for type_, wrong in found.items() if type_]


def _why(asked: Asked) -> Any:
    longest = LONGEST.get(asked.datatype, _LONGEST_OTHER)

    def why(value: str) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911  # one line a reason
        if "\x00" in value:  # PostgreSQL's text cannot hold it, and a whole batch would fail
            return "nul_character", {}
        if not value:
            return "attribute_blank", {}
        if asked.datatype in LISTS:
            expected = ", ".join(asked.values)
            return (
                ("", {}) if value in asked.values else ("attribute_choice", {"expected": expected})
            )
        if len(value) > longest:
            return "attribute_long", {"max_length": longest}
        match asked.datatype:
            case "string" if len(value.splitlines()) > 1:
                return "attribute_line", {}
            case "number" if not _NUMBER.fullmatch(value):
                return "attribute_number", {}
            case "datetime" if _instant(value) is None:
                return "attribute_time", {}
        return "", {}

    return why


def published(
    asked: Sequence[Asked], given: Given, *, confidential: bool
) -> tuple[Attribute, ...] | None:
    """What the event tells of attributes that `judge` found nothing wrong with.

    Free values are masked. A confidential report tells choices from lists alone: a pole's number
    is as good as a point. None where nothing is told.
    """
    told = tuple(
        Attribute(code=each.code, value=value)
        for each in asked
        if each.code in given and (each.datatype in LISTS or not confidential)
        for value in _told(each, given[each.code])
    )
    return told or None


def _told(asked: Asked, values: Sequence[str]) -> list[str]:
    match asked.datatype:
        case "singlevaluelist" | "multivaluelist":
            return [key for key in asked.values if key in values]
        case "datetime":
            at = _instant(values[0])
            return [] if at is None else [at.isoformat(timespec="seconds")]
        case "number":
            return [mask(values[0].replace(",", ".")).text]
        case _:
            return [mask(values[0]).text[:_LONGEST_MASKED]]


def _instant(value: str) -> datetime | None:
    """An instant with an offset."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
