"""What descriptions of HTTP interfaces (OpenAPI 3.1) have in common: bodies, and problems."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

REF: Final = "#/components/schemas/{model}"
_LATER: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "Retry-After": {
            "description": "Seconds to wait before the same request is sent again,"
            " under the same key",
            "schema": {"type": "integer", "minimum": 1},
        }
    }
)
_WAITING: Final[Mapping[int, Mapping[str, Any]]] = MappingProxyType({429: _LATER, 503: _LATER})


def json_of(schema: str) -> dict[str, Any]:
    """A JSON body by its model's name."""
    return {"application/json": {"schema": {"$ref": REF.format(model=schema)}}}


def replayed(when: str) -> dict[str, Any]:
    """The header of an answer that was given before; `when` says of what."""
    return {
        "Idempotent-Replayed": {
            "description": f"true where {when}",
            "schema": {"type": "string", "const": "true"},
        }
    }


def problems(
    statuses: Iterable[int],
    meanings: Mapping[int, str],
    headers: Mapping[int, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[str, Any]:
    """Answers that are problems (RFC 9457, the model `ProblemDetails`), by their status.

    Args:
        statuses: of this operation.
        meanings: what each says in this interface.
        headers: that come with some, beside Retry-After with 429 and 503.
    """
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="ProblemDetails")}}}
    with_ = {**_WAITING, **headers}
    return {
        str(status): {
            "description": meanings[status],
            "content": content,
            **({"headers": dict(with_[status])} if status in with_ else {}),
        }
        for status in statuses
    }
