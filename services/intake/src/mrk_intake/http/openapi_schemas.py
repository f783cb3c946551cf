"""What the models' own schemas leave out: rules between fields, and forms that only we know.

A client that follows the description is never refused for what it could have read there.
"""

from collections.abc import Mapping
from typing import Any, Final

from mrk_city import Attribute, Category, CategoryCode
from mrk_intake.domain.attributes import LONGEST

_NO_NUL: Final = r"[^\u0000]"
_SEEN: Final = r"[^\s\u0000]"
_LONE_WORDS: Final = {"pattern": rf"^{_NO_NUL}*{_SEEN}{_NO_NUL}*$"}
_TEXT: Final = {"pattern": rf"^\s*{_SEEN}{_NO_NUL}{{8,3998}}{_SEEN}\s*$"}
_WORDS: Final = {"pattern": rf"^\s*{_SEEN}{_NO_NUL}{{1,3998}}{_SEEN}\s*$"}
_ADDRESS: Final = {"pattern": rf"^\s*{_SEEN}{_NO_NUL}{{1,298}}{_SEEN}\s*$"}

# a complaint has a place: where it is, or its words
_PLACED: Final = [
    {"properties": {"kind": {"enum": ["aspiration", "information", "whistleblowing"]}}},
    {"properties": {"location": {"type": "object"}}, "required": ["location"]},
    {"properties": {"address": {"type": "string"}}, "required": ["address"]},
]

Schema = dict[str, Any]


def precise(
    schemas: dict[str, Schema], categories: Mapping[CategoryCode, Category]
) -> dict[str, Schema]:
    """The components' schemas with what was left out; `schemas` is changed.

    Args:
        schemas: by the model's name.
        categories: the city's list.
    """
    sent, reporter = schemas["Submission"], schemas["ReporterIn"]
    sent["allOf"] = [{"anyOf": _PLACED}, {"anyOf": _detailed(categories)}]
    fields = sent["properties"]
    _counted(fields["text"], _TEXT)
    _counted(_string(fields["address"]), _ADDRESS)
    _string(fields["category"]).update({"enum": sorted(categories)})
    _string(fields["occurred_at"]).update({"format": "past-date-time"})
    fields["attachments"].update({"uniqueItems": True})
    fields["attachments"]["items"]["format"] = "upload-token"
    for each in (reporter, schemas["ContactIn"]):
        people = each["properties"]
        _string(people["name"]).update(_LONE_WORDS)
        _string(people["phone"]).update({"format": "phone"})
        _string(people["email"]).update({"format": "email"})
    schemas["FollowIn"]["properties"]["contact"] = _reachable(schemas["FollowIn"])
    for name in ("InformationIn", "DisputeIn"):
        _counted(schemas[name]["properties"]["text"], _WORDS)
    for name in ("WithdrawalIn", "RatingIn"):
        _counted(_string(schemas[name]["properties"]["text"]), _WORDS)
    return schemas


def _reachable(follow: Schema) -> Schema:
    """A reporter's contact with at least one address."""
    contact: Schema = follow["properties"]["contact"]
    reference = {"$ref": contact.pop("$ref")}
    ways = [
        {"properties": {name: {"type": "string"}}, "required": [name]}
        for name in ("email", "phone")
    ]
    return {**contact, "allOf": [reference, {"anyOf": ways}]}


def _counted(field: Schema, pattern: Schema) -> None:
    """Put the pattern in the lengths' place: white space around a text is not counted."""
    for length in ("minLength", "maxLength"):
        del field[length]
    field.update(pattern)


def _string(field: Schema) -> Schema:
    """The alternative of an optional field that is text."""
    found: Schema = next(each for each in field["anyOf"] if each.get("type") == "string")
    return found


def _detailed(categories: Mapping[CategoryCode, Category]) -> list[Schema]:
    """No details; none where nothing is required; or those that the category asks for."""
    insisting = sorted(
        code for code, each in categories.items() if any(a.required for a in each.attributes)
    )
    nothing: Schema = {"attributes": {"type": "object", "maxProperties": 0}}
    if insisting:
        nothing["category"] = {"not": {"enum": insisting}}
    return [
        {"properties": {"attributes": {"type": "null"}}},
        {"properties": nothing},
        *(
            _details_of(code, category)
            for code, category in sorted(categories.items())
            if category.attributes
        ),
    ]


def _details_of(code: CategoryCode, category: Category) -> Schema:
    details = {
        "type": "object",
        "additionalProperties": False,
        "properties": {each.code: _detail(each) for each in category.attributes},
        "required": [each.code for each in category.attributes if each.required],
    }
    return {
        "properties": {"category": {"const": code}, "attributes": details},
        "required": ["category", "attributes"],
    }


def _detail(asked: Attribute) -> Schema:
    one = _value(asked)
    most = {} if asked.datatype == "multivaluelist" else {"maxItems": 1}
    several = {"type": "array", "items": one, "minItems": 1, **most}
    return {"description": asked.description["en"], "anyOf": [one, several]}


def _value(asked: Attribute) -> Schema:
    match asked.datatype:
        case "singlevaluelist" | "multivaluelist":
            return {"enum": list(asked.values)}
        case "number":
            return {"type": "string", "pattern": r"^\s*-?[0-9]{1,15}([.,][0-9]{1,6})?\s*$"}
        case "datetime":
            return {"type": "string", "format": "date-time"}
        case "string":
            line = r"[^\u0000\n\r\u000b\u000c\u001c-\u001e\u0085\u2028\u2029]"
            pattern = rf"^{line}*\S{line}*$"
            return {"type": "string", "pattern": pattern, "maxLength": LONGEST["string"]}
        case _:
            return {"type": "string", "maxLength": LONGEST["text"], **_LONE_WORDS}
