"""What the models' own schemas leave out: rules between fields, and forms that only we know.

A client that follows the description is never refused for what it could have read there.
"""

from collections.abc import Iterable
from typing import Any, Final

_NO_NUL: Final = r"[^\u0000]"
_LONE_WORDS: Final = {"pattern": rf"^{_NO_NUL}*\S{_NO_NUL}*$"}
_TEXT: Final = {"pattern": rf"^\s*\S{_NO_NUL}{{8,3998}}\S\s*$"}
_WORDS: Final = {"pattern": rf"^\s*\S{_NO_NUL}{{1,3998}}\S\s*$"}
_ADDRESS: Final = {"pattern": rf"^\s*\S{_NO_NUL}{{1,298}}\S\s*$"}

# a complaint has a place: where it is, or its words
_PLACED: Final = [
    {"properties": {"kind": {"enum": ["aspiration", "information", "whistleblowing"]}}},
    {"properties": {"location": {"type": "object"}}, "required": ["location"]},
    {"properties": {"address": {"type": "string"}}, "required": ["address"]},
]

Schema = dict[str, Any]


def precise(schemas: dict[str, Schema], categories: Iterable[str]) -> dict[str, Schema]:
    """The components' schemas with what was left out; `schemas` is changed.

    Args:
        schemas: by the model's name.
        categories: the codes of the city's list.
    """
    sent, reporter = schemas["Submission"], schemas["ReporterIn"]
    sent["anyOf"] = _PLACED
    fields = sent["properties"]
    _counted(fields["text"], _TEXT)
    _counted(_string(fields["address"]), _ADDRESS)
    _string(fields["category"]).update({"enum": sorted(categories)})
    _string(fields["occurred_at"]).update({"format": "past-date-time"})
    people = reporter["properties"]
    _string(people["name"]).update(_LONE_WORDS)
    _string(people["phone"]).update({"format": "phone"})
    _string(people["email"]).update({"format": "email"})
    for name in ("InformationIn", "DisputeIn"):
        _counted(schemas[name]["properties"]["text"], _WORDS)
    for name in ("WithdrawalIn", "RatingIn"):
        _counted(_string(schemas[name]["properties"]["text"]), _WORDS)
    return schemas


def _counted(field: Schema, pattern: Schema) -> None:
    """Put the pattern in the lengths' place: white space around a text is not counted."""
    for length in ("minLength", "maxLength"):
        del field[length]
    field.update(pattern)


def _string(field: Schema) -> Schema:
    """The alternative of an optional field that is text."""
    found: Schema = next(each for each in field["anyOf"] if each.get("type") == "string")
    return found
