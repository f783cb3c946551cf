"""The public API's description, OpenAPI 3.1, built from the models that do the work."""

import json
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from mrk_intake.domain.submission import Submission
from mrk_intake.domain.timeline import Timeline
from mrk_intake.http import openapi_files
from mrk_intake.http.openapi_parts import REF, header, json_of, problems
from mrk_intake.http.receipt import Receipt
from mrk_intake.http.upload_out import UploadOut

PATH: Final = "/openapi.json"
_EXAMPLE_KEY: Final = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'


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


_POST_PROBLEMS: Final = (400, 408, 413, 415, 422, 429, 503)
_GET_PROBLEMS: Final = (404, 410, 503)


def describe(public_url: str, city: str) -> bytes:
    """The document as JSON.

    Args:
        public_url: the base address that clients use.
        city: the city's name.
    """
    _, schemas = models_json_schema(
        [
            (Submission, "validation"),
            (Receipt, "serialization"),
            (Timeline, "serialization"),
            (UploadOut, "serialization"),
            (ProblemDetails, "serialization"),
        ],
        ref_template=REF,
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
            "/api/v1/reports/{tracking_number}": {"get": _get()},
            **openapi_files.paths(),
        },
        "components": {"schemas": schemas["$defs"]},
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _post() -> dict[str, Any]:
    return {
        "operationId": "sendReport",
        "summary": "Kirim laporan / Send a report",
        "description": "Answers once the report is durable. Send it again with the same key"
        " whenever no answer came: it stays one report.",
        "parameters": [
            header(
                "Idempotency-Key", "A random key of 128 bits or more, one for each report",
                required=True, example=_EXAMPLE_KEY,
            ),
            header(
                "X-Device-Token",
                "A random token that the device keeps. It scopes Idempotency-Key and the rate"
                " limit; without it keys are shared by all who send none, and only the"
                " address is limited",
                example="pZ7mV0sKq1xR8tYb",
            ),
            header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": True, "content": json_of("Submission")},
        "responses": {
            "201": {
                "description": "Durably accepted",
                "headers": {
                    "Idempotent-Replayed": {
                        "description": "true where an earlier request with this key was accepted",
                        "schema": {"type": "string", "const": "true"},
                    }
                },
                "content": json_of("Receipt"),
            },
            **problems(_POST_PROBLEMS),
        },
    }  # fmt: skip


def _get() -> dict[str, Any]:
    number = {
        "name": "tracking_number", "in": "path", "required": True,
        "schema": {"type": "string"}, "example": "7K3-Q9W-XTC",
    }  # fmt: skip
    secret = header(
        "X-Tracking-Secret",
        "Proves the reporter: needed for confidential and whistle-blowing reports",
        example="mN5vQe0kT1y3b6Jc9dXh2A",
    )
    return {
        "operationId": "readReport",
        "summary": "Perjalanan laporan / What happened to a report",
        "parameters": [number, secret],
        "responses": {
            "200": {"description": "The timeline", "content": json_of("Timeline")},
            "304": {"description": "As the ETag that If-None-Match names"},
            **problems(_GET_PROBLEMS),
        },
    }
