"""The description of role `api`, OpenAPI 3.1, built from the models that do the work."""

import json
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from mrk_routing.http import token
from mrk_routing.http.commands import BODIES, COMMANDS
from mrk_routing.http.openapi_parts import (
    AFTER_ID,
    CODE,
    COMPLAINT,
    DUE_BEFORE,
    KEY,
    OPEN,
    PLACE,
    REPLAYED,
    STATE,
    UPDATED_SINCE,
    ProblemDetails,
    limit,
    problems,
)
from mrk_schemas.agencies import CaseHandedOver, CommandDone
from mrk_schemas.cases import Case
from mrk_web.openapi import REF, json_of

PATH: Final = "/openapi.json"
BASE: Final = "/api/v1/agencies/{code}"
_EXAMPLES: Final = {
    "accept": {"case_version": 2, "note": "Tim sudah dijadwalkan."},
    "return": {"case_version": 2, "reason": "Ini jalan nasional."},
    "progress": {"case_version": 4, "note": "Tim turun ke lapangan."},
    "ask": {"case_version": 4, "question": "Di sebelah mana rumah ibadahnya?"},
    "resolve": {"case_version": 6, "note": "Lubang ditambal.", "proof": ["9f" * 32]},
}
_SUMMARIES: Final = {
    "accept": "We take the case",
    "return": "Not ours: it goes back to a dispatcher",
    "progress": "What was done so far",
    "ask": "Ask the reporter; the case waits for the answer",
    "resolve": "Solved, with what was done and hashes of proof photos",
}


class CaseOut(CaseHandedOver):
    """A case as its owner is handed it."""

    version: int = Field(ge=1, description="What a command about it may quote")


class CaseState(BaseModel):
    """A case's state, without words."""

    version: int = Field(ge=1, description="What a command about it may quote")
    case: Case


class Cases(BaseModel):
    """A page of cases."""

    cases: list[CaseState]
    next: str | None = Field(
        default=None, description="`after` of the next page; absent on the last one"
    )


class CommandAnswer(CommandDone):
    """A command took effect; `case` is the state after it, `version` what the next may quote."""

    version: int = Field(ge=1)


class CloudEvent(BaseModel):
    """CloudEvents 1.0, JSON format: an event as the agency's topic and webhooks have it."""

    specversion: str = Field(examples=["1.0"])
    id: str
    source: str
    type: str = Field(examples=["id.go.medan.case.handed-over.v1"])
    time: str
    subject: str = Field(description="The complaint id, mostly")
    sequence: str = Field(description="The version of its stream")
    datacontenttype: str
    traceparent: str | None = None
    correlationid: str | None = None
    data: dict[str, Any] = Field(description="By `type`: see schemas/json")


class Inbox(BaseModel):
    """A part of the inbox."""

    events: list[CloudEvent]
    next: str = Field(description="`after` of the next request, also where nothing came")


class AccessToken(BaseModel):
    """RFC 6749, 5.1."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds", examples=[600])
    scope: str = Field(examples=["agency:sdabmbk"])


class TokenProblem(BaseModel):
    """RFC 6749, 5.2."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


_MODELS: Final[tuple[type[BaseModel], ...]] = (
    CaseOut, Cases, CommandAnswer, Inbox, AccessToken, TokenProblem, ProblemDetails,
    *BODIES.values(),
)  # fmt: skip


def describe(api_url: str) -> bytes:
    """The document as JSON.

    Args:
        api_url: the base address that clients use.
    """
    _, schemas = models_json_schema([(model, "validation") for model in _MODELS], ref_template=REF)
    for body in BODIES.values():
        _without_nul(schemas["$defs"][body.__name__])
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Cases for agencies",
            "version": "1.0.0",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "For systems of agencies that cannot consume Kafka: the same commands"
            " and the same events. Problems are in Bahasa Indonesia, or in English where"
            " Accept-Language prefers it.",
        },
        "servers": [{"url": api_url}],
        "security": [{"client": []}],
        "paths": {
            token.PATH: {"post": _token()},
            f"{BASE}/cases": {"get": _cases()},
            f"{BASE}/cases/{{complaint_id}}": {"get": _case()},
            **{
                f"{BASE}/cases/{{complaint_id}}/{name}": {"post": _command(name)}
                for name in COMMANDS
            },
            f"{BASE}/inbox": {"get": _inbox()},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "client": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {"tokenUrl": api_url + token.PATH, "scopes": {}}
                    },
                }
            },
        },
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _without_nul(schema: Any) -> None:
    """Say what the models' validators hold: no text has U+0000."""
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            # the lengths go into the pattern: readers of a schema mind one of the two
            least, most = schema.pop("minLength", 0), schema.pop("maxLength", "")
            schema["pattern"] = rf"^[^\u0000]{{{least},{most}}}$"
        for part in schema.values():
            _without_nul(part)
    elif isinstance(schema, list):
        for part in schema:
            _without_nul(part)


def _token() -> dict[str, Any]:
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"const": "client_credentials"},
            "client_id": {"type": "string", "description": "Where Authorization is not sent"},
            "client_secret": {"type": "string", "description": "Where Authorization is not sent"},
            "scope": {"type": "string", "description": "May be left out"},
        },
        "example": {"grant_type": "client_credentials"},
    }
    refused = {"application/json": {"schema": {"$ref": REF.format(model="TokenProblem")}}}
    return {
        "operationId": "issueToken",
        "summary": "An access token for client credentials",
        "description": "The client proves itself by Basic, or by client_id and client_secret.",
        "security": [],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form}},
        },
        "responses": {
            "200": {"description": "For ten minutes", "content": json_of("AccessToken")},
            "400": {"description": "The request is wrong", "content": refused},
            "401": {"description": "No client proved itself", "content": refused},
            **problems((408, 413, 429, 503)),
        },
    }


def _cases() -> dict[str, Any]:
    return {
        "operationId": "listCases",
        "summary": "The agency's cases, in the order of their ids",
        "parameters": [CODE, STATE, OPEN, DUE_BEFORE, UPDATED_SINCE, AFTER_ID, limit("cases")],
        "responses": {
            "200": {"description": "A page", "content": json_of("Cases")},
            **problems((401, 403, 422, 429, 503)),
        },
    }


def _case() -> dict[str, Any]:
    return {
        "operationId": "readCase",
        "summary": "One case: its state, and what was said of it",
        "description": "Of a confidential report neither point nor address comes, and of its"
        " details the choices from lists alone.",
        "parameters": [CODE, COMPLAINT],
        "responses": {
            "200": {"description": "The case", "content": json_of("CaseOut")},
            **problems((401, 403, 404, 429, 503)),
        },
    }


def _command(name: str) -> dict[str, Any]:
    body = {
        "application/json": {
            "schema": {"$ref": REF.format(model=BODIES[name].__name__)},
            "example": _EXAMPLES[name],
        }
    }
    return {
        "operationId": f"{name}Case",
        "summary": _SUMMARIES[name],
        "description": "Answers once it was decided. Send it again with the same key whenever no"
        " answer came: it takes effect once, and the answer stays the same. The answer comes on"
        " the inbox too.",
        "parameters": [CODE, COMPLAINT, KEY],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {
                "description": "It took effect",
                "headers": REPLAYED,
                "content": json_of("CommandAnswer"),
            },
            **problems((400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)),
        },
    }


def _inbox() -> dict[str, Any]:
    return {
        "operationId": "readInbox",
        "summary": "The events of the agency's inbox, in order",
        "description": "Go on with `next`. Nothing is shown before everything in front of it is"
        " there, so none is missed.",
        "parameters": [CODE, PLACE, limit("events")],
        "responses": {
            "200": {"description": "What came behind that place", "content": json_of("Inbox")},
            **problems((401, 403, 422, 429, 503)),
        },
    }
