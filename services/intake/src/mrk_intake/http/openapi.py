"""The public API's description, OpenAPI 3.1, built from the models that do the work."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mrk_city import Category, CategoryCode
from mrk_intake.domain.actions import BODIES, Action
from mrk_intake.domain.contact import ContactIn
from mrk_intake.domain.following import FollowIn
from mrk_intake.domain.submission import Submission
from mrk_intake.domain.timeline_out import Timeline
from mrk_intake.http import openapi_files, openapi_followers
from mrk_intake.http.actions import ActionTaken
from mrk_intake.http.contact import ContactOut
from mrk_intake.http.followers import AlreadyFollowing, FollowReceipt, OwnFollowOut
from mrk_intake.http.openapi_actions import act
from mrk_intake.http.openapi_contact import correct, replace, restriction
from mrk_intake.http.openapi_parts import (
    NUMBER,
    REPLAYED,
    ProblemDetails,
    device,
    header,
    idempotency_key,
    problems,
    secret,
)
from mrk_intake.http.openapi_schemas import precise
from mrk_intake.http.own_data import ErasureOut, OwnDataOut
from mrk_intake.http.receipt import Receipt
from mrk_intake.http.restriction import RestrictionOut
from mrk_intake.http.upload_out import UploadOut
from mrk_web.openapi import REF, json_of

PATH: Final = "/openapi.json"
_POST_PROBLEMS: Final = (400, 408, 413, 415, 422, 429, 503)
_GET_PROBLEMS: Final = (404, 410, 503)
_OWN_PROBLEMS: Final = (404, 410, 429, 503)
_ERASURE_PROBLEMS: Final = (404, 429, 503)


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
            (UploadOut, "serialization"),
            (ProblemDetails, "serialization"),
            (ActionTaken, "serialization"),
            (FollowReceipt, "serialization"),
            (AlreadyFollowing, "serialization"),
            (OwnFollowOut, "serialization"),
            (FollowIn, "validation"),
            (ContactIn, "validation"),
            (ContactOut, "serialization"),
            (RestrictionOut, "serialization"),
            *((model, "validation") for model in BODIES.values()),
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
            "/api/v1/reports/{tracking_number}": {"get": _get(), "delete": _delete()},
            "/api/v1/reports/{tracking_number}/data": {"get": _data()},
            "/api/v1/reports/{tracking_number}/erasure": {"get": _erasure()},
            "/api/v1/reports/{tracking_number}/contact": {"put": replace(), "patch": correct()},
            "/api/v1/reports/{tracking_number}/restriction": {
                "put": restriction(lifted=False),
                "delete": restriction(lifted=True),
            },
            **{
                f"/api/v1/reports/{{tracking_number}}/{action.value}": {"post": act(action)}
                for action in Action
            },
            **openapi_followers.paths(),
            **openapi_files.paths(),
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
            idempotency_key("one for each report"),
            device(
                "A random token that the device keeps. It scopes Idempotency-Key and the rate"
                " limit; without it keys are shared by all who send none, and only the"
                " address is limited"
            ),
            header(
                "X-Challenge-Solution",
                "Of a challenge that a 429 held, for the same Idempotency-Key; admits it once",
                example="eyJhbGdvcml0aG0iOiAiU0hBLTI1NiJ9",
            ),
            header("Accept-Language", "id or en", example="id"),
        ],
        "requestBody": {"required": True, "content": json_of("Submission")},
        "responses": {
            "201": {
                "description": "Durably accepted",
                "headers": REPLAYED,
                "content": json_of("Receipt"),
            },
            **problems(_POST_PROBLEMS),
        },
    }  # fmt: skip


def _get() -> dict[str, Any]:
    proves = "Proves the reporter: needed for confidential and whistle-blowing reports"
    return {
        "operationId": "readReport",
        "summary": "Perjalanan laporan / What happened to a report",
        "parameters": [NUMBER, secret(proves, required=False)],
        "responses": {
            "200": {"description": "The timeline", "content": json_of("Timeline")},
            "304": {"description": "As the ETag that If-None-Match names"},
            **problems(_GET_PROBLEMS),
        },
    }


def _data() -> dict[str, Any]:
    return {
        "operationId": "readOwnData",
        "summary": "Data Anda / Everything that is kept of a report and its reporter",
        "parameters": [NUMBER, secret("Proves the reporter")],
        "responses": {
            "200": {"description": "All of it", "content": json_of("OwnDataOut")},
            **problems(_OWN_PROBLEMS),
        },
    }


def _delete() -> dict[str, Any]:
    return {
        "operationId": "eraseReport",
        "summary": "Hapus untuk selamanya / Erase a report and its reporter's data, for ever",
        "description": "What SP4N-LAPOR! or an agency received before is told, and stays with"
        " them. A second call changes nothing.",
        "parameters": [NUMBER, secret("Proves the reporter")],
        "responses": {
            "202": {"description": "Erased here; others follow", "content": json_of("ErasureOut")},
            **problems(_ERASURE_PROBLEMS),
        },
    }


def _erasure() -> dict[str, Any]:
    return {
        "operationId": "readErasure",
        "summary": "Sejauh mana penghapusan / How far an erasure has come",
        "parameters": [NUMBER, secret("Proves the reporter")],
        "responses": {
            "200": {"description": "Where it stands", "content": json_of("ErasureOut")},
            **problems(_ERASURE_PROBLEMS),
        },
    }
