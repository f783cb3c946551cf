"""Small parts that every operation's description is made of."""

from typing import Any, Final

REF: Final = "#/components/schemas/{model}"
_PROBLEMS: Final = {
    400: "The request, its Idempotency-Key or its X-Device-Token is malformed",
    404: "No such report, file or upload, or one that is hidden from whoever asks",
    408: "The body came too slowly",
    409: "The upload does not continue at this offset: ask by HEAD",
    410: "The report was erased",
    412: "The upload protocol's version is not spoken",
    413: "The body is too large",
    415: "The body is not of the type that is taken here",
    422: "Wrong fields, all of them named; or the key belongs to another body",
    429: "Too many requests: wait as long as Retry-After says",
    503: "Overloaded: wait as long as Retry-After says, then send again with the same key",
}


def header(name: str, description: str, *, required: bool = False, example: str) -> dict[str, Any]:
    """A request's header."""
    return {
        "name": name, "in": "header", "required": required, "description": description,
        "schema": {"type": "string"}, "example": example,
    }  # fmt: skip


def json_of(schema: str) -> dict[str, Any]:
    """A body of JSON."""
    return {"application/json": {"schema": {"$ref": REF.format(model=schema)}}}


def problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    """Answers that are problems."""
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="ProblemDetails")}}}
    return {
        str(status): {"description": _PROBLEMS[status], "content": content} for status in statuses
    }
