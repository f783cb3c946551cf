"""Whether a schema may follow another one that was shipped.

Two readers must be able to go on: today's services read every record that is still in the log,
and yesterday's consumers, who ignore what they don't know, read today's records.
"""

import json
from typing import Any

import jsoncompat


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Why `new` may not follow `old`; empty where it may."""
    wrong = []
    if not jsoncompat.check_compat(
        json.dumps(_closed(old)), json.dumps(_closed(new)), "deserializer"
    ):
        wrong.append("records that were already published no longer validate")
    if not jsoncompat.check_compat(json.dumps(_open(old)), json.dumps(_open(new)), "serializer"):
        wrong.append("consumers of the earlier schema cannot read new records")
    return wrong


def _closed(schema: Any) -> Any:
    """Unknown fields refused, so that an added optional field doesn't look like a narrowing."""
    return _with_additional(schema, allowed=False)


def _open(schema: Any) -> Any:
    """Unknown fields allowed, as consumers are told to read."""
    return _with_additional(schema, allowed=True)


def _with_additional(schema: Any, *, allowed: bool) -> Any:
    if isinstance(schema, list):
        return [_with_additional(part, allowed=allowed) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {
        key: _with_additional(value, allowed=allowed)
        for key, value in schema.items()
        if key != "$id"  # a name; the comparison resolves local references alone
    }
    if "properties" in schema and schema.get("type") == "object":
        changed["additionalProperties"] = allowed
    return changed
