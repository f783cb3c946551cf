"""The part of the public API's description that is about photos and documents."""

from typing import Any, Final

from mrk_intake.domain.attachments import MAX_BYTES
from mrk_intake.http import files, uploads
from mrk_intake.http.openapi_parts import device, header, problems, secret
from mrk_web.openapi import json_of

_TUS: Final = header(
    "Tus-Resumable",
    f"The protocol's version: {uploads.VERSION}. To any other the answer is 412, and `Tus-Version`"
    " names the one that is spoken", required=True, example=uploads.VERSION,
    schema={"pattern": uploads.VERSION_FORM},
)  # fmt: skip
_TOKEN: Final = {
    "name": "token", "in": "path", "required": True,
    "schema": {"type": "string", "format": "upload-token"},
    "description": "The last part of the address that the upload was given; whoever has it has it",
    "example": "Zr5mJ0c2kqH7b1TtVwYx8Ao3eLf9GdNs4uQpRi6KMhE",
}  # fmt: skip
_OFFSET: Final = {"Upload-Offset": {"schema": {"type": "integer"}}}
_EXPIRES: Final = {
    "Upload-Expires": {"schema": {"type": "string"}, "description": "An HTTP date (RFC 9110)"}
}


def paths() -> dict[str, Any]:
    """The paths."""
    one = {"parameters": [_TOKEN]}
    return {
        uploads.PATH: {"post": _create()},
        uploads.PATH + "/{token}": {
            **one, "head": _head(), "patch": _patch(), "get": _get(), "delete": _delete(),
        },
        files.PATH + "/{name}": {"get": _file("readAttachment", "Foto atau dokumen / The file")},
        files.PATH + "/{name}/thumbnail": {
            "get": _file("readThumbnail", "Foto kecil / The photo, small")
        },
    }  # fmt: skip


def _create() -> dict[str, Any]:
    return {
        "operationId": "beginUpload",
        "summary": "Mulai unggahan / Begin an upload",
        "description": "Resumable in pieces by tus 1.0.0 (https://tus.io/protocols/resumable-upload"
        "), with its extensions creation, expiration and termination. JPEG, PNG, WebP, HEIC and"
        f" PDF, at most {MAX_BYTES} bytes. An upload that no report takes expires.",
        "parameters": [
            _TUS,
            header(
                "Upload-Length",
                f"The file's size in bytes; above {MAX_BYTES} the answer is 413",
                required=True,
                example="812345",
                schema={"pattern": "^[1-9][0-9]{0,11}$"},
            ),
            header(
                "Upload-Metadata",
                "`filetype` and the media type in base64; a file of another type is refused."
                " Nothing else is read",
                example="filetype aW1hZ2UvanBlZw==",
                schema={"format": "upload-metadata"},
            ),
            device("The device's token; how much it may upload is limited"),
        ],
        "responses": {
            "201": {
                "description": "Begun; `Location` is the upload's address",
                "headers": {"Location": {"schema": {"type": "string"}}, **_OFFSET, **_EXPIRES},
            },
            **problems((400, 412, 413, 415, 429, 503)),
        },
    }


def _head() -> dict[str, Any]:
    return {
        "operationId": "askUpload",
        "summary": "Sampai mana unggahan / How far an upload is",
        "parameters": [_TUS],
        "responses": {
            "200": {
                "description": "Go on from Upload-Offset",
                "headers": {
                    **_OFFSET, "Upload-Length": {"schema": {"type": "integer"}}, **_EXPIRES,
                },
            },
            **problems((400, 404, 412)),
        },
    }  # fmt: skip


def _patch() -> dict[str, Any]:
    return {
        "operationId": "continueUpload",
        "summary": "Lanjutkan unggahan / Go on with an upload",
        "description": "What arrives before the line breaks is kept.",
        "parameters": [
            _TUS,
            header(
                "Upload-Offset", "Where it goes on", required=True, example="262144",
                schema={"pattern": "^(0|[1-9][0-9]{0,11})$"},
            ),
        ],
        "requestBody": {
            "required": True,
            "content": {uploads.OFFSET_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        "responses": {
            "204": {"description": "Kept, up to Upload-Offset", "headers": {**_OFFSET, **_EXPIRES}},
            **problems((400, 404, 408, 409, 412, 413, 415, 503)),
        },
    }  # fmt: skip


def _get() -> dict[str, Any]:
    return {
        "operationId": "readUpload",
        "summary": "Hasil pemeriksaan / What the examination found",
        "description": "Ask again while the state is examining. `ready` may be named in a report's"
        " `attachments`; `offer` is what the photo told of its place and time, which is taken out.",
        "responses": {
            "200": {"description": "The upload", "content": json_of("UploadOut")},
            **problems((404,)),
        },
    }


def _delete() -> dict[str, Any]:
    return {
        "operationId": "takeUploadBack",
        "summary": "Batalkan unggahan / Take an upload back",
        "parameters": [_TUS],
        "responses": {"204": {"description": "Gone"}, **problems((400, 404, 412))},
    }


def _file(operation: str, summary: str) -> dict[str, Any]:
    name = {
        "name": "name", "in": "path", "required": True, "schema": {"type": "string"},
        "description": "As the report's timeline tells it",
        "example": "q8Zr5mJ0c2kqH7b1TtVwYx8Ao3e",
    }  # fmt: skip
    proves = "Needed for documents, and for whatever belongs to a hidden report"
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {
        "operationId": operation,
        "summary": summary,
        "parameters": [name, secret(proves, required=False)],
        "responses": {
            "200": {
                "description": "The bytes, without metadata",
                "content": {"image/jpeg": schema, "application/pdf": schema},
            },
            "304": {"description": "As the ETag that If-None-Match names"},
            **problems((404, 503)),
        },
    }
