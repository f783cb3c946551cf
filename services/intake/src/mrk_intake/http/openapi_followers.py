"""The description of following another's report."""

from typing import Any, Final

from mrk_intake.domain.following import NO_COMPLAINT, NOT_OPEN, STOPPED
from mrk_intake.http.openapi_parts import (
    NUMBER,
    PROBLEMS,
    REPLAYED,
    device,
    header,
    idempotency_key,
    problems,
)
from mrk_web.openapi import REF, json_of

_PROBLEMS: Final = (400, 404, 408, 409, 410, 413, 415, 422, 429, 503)
_OWN_PROBLEMS: Final = (404, 429, 503)


def paths() -> dict[str, Any]:
    """The two paths."""
    one = "/api/v1/reports/{tracking_number}"
    return {
        f"{one}/followers": {"post": _follow()},
        f"{one}/following": {"get": _read(), "delete": _stop()},
    }


def _follow() -> dict[str, Any]:
    return {
        "operationId": "followReport",
        "summary": "Ikuti laporan warga lain / Follow another resident's report",
        "description": "Whoever has the same problem is told of each public step, and sends no"
        " second report. Public complaints that are open alone. Following twice with one contact"
        " is one follow.",
        "parameters": [
            NUMBER,
            idempotency_key("one for each follower; it belongs to this report"),
            device("The device's token; its rate is limited as for reports"),
            header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": True, "content": json_of("FollowIn")},
        "responses": {
            "201": {
                "description": "Durably done",
                "headers": REPLAYED,
                "content": json_of("FollowReceipt"),
            },
            "200": {
                "description": "This contact follows the report already",
                "content": json_of("AlreadyFollowing"),
            },
            **problems(_PROBLEMS),
            "409": {"description": PROBLEMS[409], "content": _refusals()},
        },
    }


def _read() -> dict[str, Any]:
    return {
        "operationId": "readFollowing",
        "summary": "Data pengikut / Everything that is kept of a follower",
        "parameters": [NUMBER, _secret()],
        "responses": {
            "200": {"description": "All of it", "content": json_of("OwnFollowOut")},
            **problems(_OWN_PROBLEMS),
        },
    }


def _stop() -> dict[str, Any]:
    return {
        "operationId": "stopFollowing",
        "summary": "Berhenti mengikuti / Stop following; the contact is destroyed at once",
        "parameters": [NUMBER, _secret()],
        "responses": {"204": {"description": "Stopped"}, **problems(_OWN_PROBLEMS)},
    }


def _secret() -> dict[str, Any]:
    return header(
        "X-Follow-Secret",
        "Proves the follower; from the answer, or from a message's link",
        required=True,
        example="b2K0fWm3nQ9xYtR5aLc7Pg",
    )


def _refusals() -> dict[str, Any]:
    told = {
        why.code: {
            "value": {
                "type": f"/problems/{why.code}",
                "title": why.reason[0],
                "status": 409,
                "detail": why.mend[0],
            }
        }
        for why in (NO_COMPLAINT, NOT_OPEN, STOPPED)
    }
    schema = {"$ref": REF.format(model="ProblemDetails")}
    return {"application/problem+json": {"schema": schema, "examples": told}}
