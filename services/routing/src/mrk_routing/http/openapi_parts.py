"""What the operations of the description share: parameters, bodies, problems."""

from typing import Any, Final

from pydantic import BaseModel, Field

from mrk_routing.http.wanting import MOST
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import UUID_PATTERN
from mrk_web import openapi
from mrk_web.openapi import replayed

_UUID: Final = {"type": "string", "pattern": UUID_PATTERN}
_EXAMPLE_ID: Final = "01933a7e-0000-7000-8000-000000000001"
_MOMENT: Final = {"type": "string", "format": "past-date-time"}


def _query(name: str, description: str, schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "required": False, "description": description,
        "schema": schema, "example": example,
    }  # fmt: skip


CODE: Final = {
    "name": "code", "in": "path", "required": True, "description": "The agency's own code",
    "schema": {"type": "string"}, "example": "sdabmbk",
}  # fmt: skip
COMPLAINT: Final = {
    "name": "complaint_id", "in": "path", "required": True, "schema": {"type": "string"},
    "example": _EXAMPLE_ID,
}  # fmt: skip
KEY: Final = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "The command's id: random, of 128 bits or more, one for each command; the"
    " same on the agency's topic is the same command",
    "schema": {"type": "string", "format": "idempotency-key"},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}  # fmt: skip
STATE: Final = _query(
    "state", "Any of these; may be repeated",
    {"type": "array", "items": {"enum": [state.value for state in CaseState]}, "minItems": 1},
    ["assigned"],
)  # fmt: skip
OPEN: Final = _query(
    "open", "Whether there is still something to do", {"enum": ["true", "false"]}, "true"
)
DUE_BEFORE: Final = _query(
    "due_before", "Not solved yet, and to be solved before", _MOMENT, "2026-03-02T03:04:05Z"
)
UPDATED_SINCE: Final = _query(
    "updated_since", "Changed then or later", _MOMENT, "2026-03-02T03:04:05Z"
)
AFTER_ID: Final = _query("after", "`next` of the page before", _UUID, _EXAMPLE_ID)
PLACE: Final = _query(
    "after", "`next` of the last answer; 0 begins at the beginning",
    {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, 0,
)  # fmt: skip
REPLAYED: Final = replayed("the command had been decided before")
_CHALLENGE: Final = {
    "WWW-Authenticate": {"description": "RFC 6750, 3", "schema": {"type": "string"}}
}


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str = Field(description="JSON pointer, or a header's name", examples=["/note"])
    message: str
    mend: str


class ProblemDetails(BaseModel):
    """A problem (RFC 9457), in the reader's language; a rule's own words are in English."""

    type: str = Field(examples=["/problems/validation", "/problems/rules/accept-first"])
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = None
    rule: str | None = Field(
        default=None, description="Stable code of the rule that refuses", examples=["stale"]
    )
    reason: str | None = None
    mend: str | None = None
    command_id: str | None = None


PROBLEMS: Final = {
    400: "The request or its Idempotency-Key is malformed",
    401: "No access token, or one that proves nothing",
    403: "Another agency's",
    404: "No such case with this agency",
    408: "The body came too slowly",
    409: "A rule refuses it where the case stands: `rule`, `reason`, `mend`",
    413: "The body is too large",
    415: "The body is not application/json",
    422: "Wrong fields, all of them named; or the key belongs to another command",
    429: "Too many requests of this client: wait as long as Retry-After says",
    503: "Overloaded, or the database is away: wait as long as Retry-After says",
}


def limit(of: str) -> dict[str, Any]:
    """How many come at most."""
    schema = {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100}
    return _query("limit", f"At most so many {of}", schema, 100)


def problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    """Answers that are problems, by their status."""
    return openapi.problems(statuses, PROBLEMS, {401: _CHALLENGE})
