"""The public API's description, OpenAPI 3.1, built from the models that do the work."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from mrk_city import Category, CategoryCode
from mrk_intake.domain.actions import BODIES, TABLE, TOO_MANY, Action
from mrk_intake.domain.submission import Submission
from mrk_intake.domain.timeline import Timeline
from mrk_intake.http.actions import ActionTaken
from mrk_intake.http.openapi_schemas import precise
from mrk_intake.http.own_data import ErasureOut, OwnDataOut
from mrk_intake.http.receipt import Receipt

PATH: Final = "/openapi.json"
_REF: Final = "#/components/schemas/{model}"
_EXAMPLE_KEY: Final = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'

_REPLAYED: Final = {
    "Idempotent-Replayed": {
        "description": "true where an earlier request with this key was accepted",
        "schema": {"type": "string", "const": "true"},
    }
}


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str = Field(description="JSON pointer, or a header's name", examples=["/text"])
    message: str = Field(examples=["Teks terlalu pendek."])
    mend: str = Field(examples=["Tulis paling sedikit 10 huruf."])


class ProblemDetails(BaseModel):
    """A problem (RFC 9457), in the reader's language."""

    type: str = Field(examples=["/problems/validation"])
    title: str = Field(examples=["Ada isian yang perlu diperbaiki"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["Perbaiki semua isian yang disebut, lalu kirim lagi."])
    errors: list[FieldProblem] | None = None


_PROBLEMS: Final = {
    400: "The request, its Idempotency-Key or its X-Device-Token is malformed",
    403: "Only the reporter may do this: X-Tracking-Secret is missing, or another report's",
    404: "No such report, or one that is hidden from whoever asks",
    408: "The body came too slowly",
    409: "Where the report stands does not allow it; the type says why, the detail what to do",
    410: "The report was erased",
    413: "The body is too large",
    415: "The body is not application/json",
    422: "Wrong fields, all of them named; or the key belongs to another body",
    429: "Too many requests: wait as long as Retry-After says",
    503: "Overloaded: wait as long as Retry-After says, then send again with the same key",
}
_POST_PROBLEMS: Final = (400, 408, 413, 415, 422, 429, 503)
_GET_PROBLEMS: Final = (404, 410, 503)
_OWN_PROBLEMS: Final = (404, 410, 429, 503)
_ERASURE_PROBLEMS: Final = (404, 429, 503)
_ACT_PROBLEMS: Final = (400, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503)
_ACTIONS: Final = {
    Action.INFORMATION: (
        "addInformation", "Tambah keterangan / Add information",
        "Adds words, or answers a question; the case's owner is told. Until it is closed.",
    ),
    Action.WITHDRAWAL: (
        "withdrawReport", "Cabut laporan / Take the report back",
        "Ends the case. Until an agency says that it is solved.",
    ),
    Action.CONFIRMATION: (
        "confirmSolution", "Benarkan penyelesaian / Confirm the solution",
        "Closes the case. Once an agency says that it is solved.",
    ),
    Action.DISPUTE: (
        "disputeSolution", "Sanggah penyelesaian / Dispute the solution",
        "Puts the agency back to work; its deadline stays. Once it says that it is solved.",
    ),
    Action.RATING: (
        "rateSolution", "Nilai penyelesaian / Rate the solution",
        "A later rating takes an earlier one's place. Once an agency says that it is solved.",
    ),
}  # fmt: skip


def describe(public_url: str, city: str, categories: Mapping[CategoryCode, Category]) -> bytes:
    """The document as JSON.

    Args:
        public_url: the base address that clients use.
        city: the city's name.
        categories: the city's list.
    """
    _, schemas = models_json_schema(
        [
            (Submission, "validation"),
            (Receipt, "serialization"),
            (Timeline, "serialization"),
            (OwnDataOut, "serialization"),
            (ErasureOut, "serialization"),
            (ProblemDetails, "serialization"),
            (ActionTaken, "serialization"),
            *((model, "validation") for model in BODIES.values()),
        ],
        ref_template=_REF,
    )
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": f"Laporan warga {city} / Residents' reports of {city}",
            "version": "1.0.0",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Messages and problems are in Bahasa Indonesia, or in English where"
            " Accept-Language prefers it.",
        },
        "servers": [{"url": public_url}],
        "paths": {
            "/api/v1/reports": {"post": _post()},
            "/api/v1/reports/{tracking_number}": {"get": _get(), "delete": _delete()},
            "/api/v1/reports/{tracking_number}/data": {"get": _data()},
            "/api/v1/reports/{tracking_number}/erasure": {"get": _erasure()},
            **{
                f"/api/v1/reports/{{tracking_number}}/{action.value}": {"post": _act(action)}
                for action in Action
            },
        },
        "components": {"schemas": precise(schemas["$defs"], categories)},
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _post() -> dict[str, Any]:
    return {
        "operationId": "sendReport",
        "summary": "Kirim laporan / Send a report",
        "description": "Answers once the report is durable. Send it again with the same key"
        " whenever no answer came: it stays one report.",
        "parameters": [
            _idempotency_key("one for each report"),
            _device(
                "A random token that the device keeps. It scopes Idempotency-Key and the rate"
                " limit; without it keys are shared by all who send none, and only the"
                " address is limited"
            ),
            _header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": True, "content": _json("Submission")},
        "responses": {
            "201": {
                "description": "Durably accepted",
                "headers": _REPLAYED,
                "content": _json("Receipt"),
            },
            **_problems(_POST_PROBLEMS),
        },
    }  # fmt: skip


def _act(action: Action) -> dict[str, Any]:
    id_, summary, description = _ACTIONS[action]
    body = BODIES[action]
    required = any(field.is_required() for field in body.model_fields.values())
    return {
        "operationId": id_,
        "summary": summary,
        "description": f"{description} Send it again with the same key whenever no answer came: it"
        " takes effect once.",
        "parameters": [
            _NUMBER,
            _secret("Proves the reporter; from the answer to the report"),
            _idempotency_key("one for each action; it belongs to this report"),
            _device("The device's token; its rate is limited as for reports"),
            _header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": required, "content": _with_example(body)},
        "responses": {
            "201": {
                "description": "Durably done",
                "headers": _REPLAYED,
                "content": _json("ActionTaken"),
            },
            **_problems(_ACT_PROBLEMS),
            "409": {"description": _PROBLEMS[409], "content": _refusals(action)},
        },
    }  # fmt: skip


def _with_example(body: type[BaseModel]) -> dict[str, Any]:
    fields = body.model_fields.items()
    example = {name: field.examples[0] for name, field in fields if field.examples}
    content = _json(body.__name__)
    content["application/json"]["example"] = example
    return content


def _refusals(action: Action) -> dict[str, Any]:
    """Every refusal that this action can meet, each as an example under its code."""
    found = {row[action] for row in TABLE.values()} | {TOO_MANY}
    told = {
        why.code: {
            "value": {
                "type": f"/problems/{why.code}",
                "title": why.reason[0],
                "status": 409,
                "detail": why.mend[0],
            }
        }
        for why in found
        if why is not None
    }
    schema = {"$ref": _REF.format(model="ProblemDetails")}
    return {"application/problem+json": {"schema": schema, "examples": dict(sorted(told.items()))}}


def _idempotency_key(scope: str) -> dict[str, Any]:
    description = f"A random key of 128 bits or more, {scope}"
    return _header(
        "Idempotency-Key", description, required=True, example=_EXAMPLE_KEY,
        schema={"format": "idempotency-key"},
    )  # fmt: skip


def _device(description: str) -> dict[str, Any]:
    pattern = {"pattern": "^[!-~]{16,128}$"}
    return _header("X-Device-Token", description, example="pZ7mV0sKq1xR8tYb", schema=pattern)


def _get() -> dict[str, Any]:
    proves = "Proves the reporter: needed for confidential and whistle-blowing reports"
    return {
        "operationId": "readReport",
        "summary": "Perjalanan laporan / What happened to a report",
        "parameters": [_NUMBER, _secret(proves, required=False)],
        "responses": {
            "200": {"description": "The timeline", "content": _json("Timeline")},
            "304": {"description": "As the ETag that If-None-Match names"},
            **_problems(_GET_PROBLEMS),
        },
    }


def _data() -> dict[str, Any]:
    return {
        "operationId": "readOwnData",
        "summary": "Data Anda / Everything that is kept of a report and its reporter",
        "parameters": [_NUMBER, _secret("Proves the reporter")],
        "responses": {
            "200": {"description": "All of it", "content": _json("OwnDataOut")},
            **_problems(_OWN_PROBLEMS),
        },
    }


def _delete() -> dict[str, Any]:
    return {
        "operationId": "eraseReport",
        "summary": "Hapus untuk selamanya / Erase a report and its reporter's data, for ever",
        "description": "What SP4N-LAPOR! or an agency received before is told, and stays with"
        " them. A second call changes nothing.",
        "parameters": [_NUMBER, _secret("Proves the reporter")],
        "responses": {
            "202": {"description": "Erased here; others follow", "content": _json("ErasureOut")},
            **_problems(_ERASURE_PROBLEMS),
        },
    }


def _erasure() -> dict[str, Any]:
    return {
        "operationId": "readErasure",
        "summary": "Sejauh mana penghapusan / How far an erasure has come",
        "parameters": [_NUMBER, _secret("Proves the reporter")],
        "responses": {
            "200": {"description": "Where it stands", "content": _json("ErasureOut")},
            **_problems(_ERASURE_PROBLEMS),
        },
    }


_NUMBER: Final = {
    "name": "tracking_number", "in": "path", "required": True,
    "schema": {"type": "string"}, "example": "7K3-Q9W-XTC",
}  # fmt: skip


def _secret(description: str, *, required: bool = True) -> dict[str, Any]:
    return _header(
        "X-Tracking-Secret", description, required=required, example="mN5vQe0kT1y3b6Jc9dXh2A"
    )


def _header(
    name: str,
    description: str,
    *,
    required: bool = False,
    example: str,
    schema: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    return {
        "name": name, "in": "header", "required": required, "description": description,
        "schema": {"type": "string", **schema}, "example": example,
    }  # fmt: skip


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=schema)}}}


def _problems(statuses: tuple[int, ...]) -> dict[str, Any]:
    content = {
        "application/problem+json": {"schema": {"$ref": _REF.format(model="ProblemDetails")}}
    }
    return {
        str(status): {"description": _PROBLEMS[status], "content": content} for status in statuses
    }
