"""The description of how a reporter corrects their contact, and restricts processing."""

from typing import Any, Final

from mrk_intake.http.openapi_parts import NUMBER, PROBLEMS, header, problems, secret
from mrk_web.openapi import json_of

_PROBLEMS: Final = (400, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503)
_RESTRICTION_PROBLEMS: Final = (403, 404, 410, 429, 503)
_EXAMPLE: Final = {"name": "Butet Simanjuntak", "email": "butet@example.org", "locale": "id"}
_SAME: Final = (
    " The same contact again changes nothing, so it may be sent again whenever no answer came. The"
    " one before is deleted. A report whose reporter left none can be given one; anonymous reports"
    " too: it goes where it went before, to the reporter's own messages and nowhere else."
)


def replace() -> dict[str, Any]:
    """The operation that sets all of it."""
    return _operation(
        "replaceContact",
        "Ganti kontak / Set how you are reached",
        "Takes the place of the whole contact: what is left out is taken away." + _SAME,
        ("application/json",),
    )


def correct() -> dict[str, Any]:
    """The operation that changes a part of it."""
    return _operation(
        "correctContact",
        "Perbaiki kontak / Correct how you are reached",
        "What is left out stays, null takes it away (RFC 7396)." + _SAME,
        ("application/merge-patch+json", "application/json"),
    )


def restriction(*, lifted: bool) -> dict[str, Any]:
    """The operation that restricts processing, or lets it go on."""
    return {
        "operationId": "liftRestriction" if lifted else "restrictProcessing",
        "summary": "Lanjutkan pemrosesan / Let processing go on"
        if lifted
        else "Batasi pemrosesan / Have processing restricted",
        "description": "While it is restricted nothing of the report is shown to the public or"
        " handed on: no message, no copy at SP4N-LAPOR!, no place, no photo.",
        "parameters": [NUMBER, secret("Proves the reporter; from the answer to the report")],
        "responses": {
            "200": {"description": "Durably so", "content": json_of("RestrictionOut")},
            **problems(_RESTRICTION_PROBLEMS),
        },
    }


def _operation(
    id_: str, summary: str, description: str, media_types: tuple[str, ...]
) -> dict[str, Any]:
    described = json_of("ContactIn")["application/json"] | {"example": _EXAMPLE}
    return {
        "operationId": id_,
        "summary": summary,
        "description": description,
        "parameters": [
            NUMBER,
            secret("Proves the reporter; from the answer to the report"),
            header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": True, "content": dict.fromkeys(media_types, described)},
        "responses": {
            "200": {"description": "Durably kept", "content": json_of("ContactOut")},
            **problems(_PROBLEMS),
            "409": {
                **problems((409,))["409"],
                "description": f"Changed too often. {PROBLEMS[409]}",
            },
        },
    }
