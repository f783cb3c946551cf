"""Uploads in pieces: tus 1.0.0, and `GET`, which tells what the examination found.

https://tus.io/protocols/resumable-upload, with its extensions creation, expiration, termination.
The last part of an upload's address is drawn at random and is its only credential until a report
takes it. Only its digest is stored, and no log or metric holds a path.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

import asyncpg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from mrk_delivery.clock import Clock
from mrk_intake.domain.attachments import (
    MAX_BYTES,
    MediaType,
    Refusal,
    State,
    media_type,
)
from mrk_intake.http.beginning import Beginning, Rules
from mrk_intake.http.limits import DEVICE_HEADER, device_token
from mrk_intake.http.receiving import OvertakenError, Receiving
from mrk_intake.http.refusals import TEXTS
from mrk_intake.http.upload_out import upload_out
from mrk_intake.store import uploads
from mrk_intake.store.objects import Objects
from mrk_intake.store.sealing import Sealing
from mrk_intake.store.uploads import Upload
from mrk_web.language import Text, language_of_scope
from mrk_web.problems import (
    BAD_REQUEST,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FieldError,
    Problem,
    ProblemError,
)

PATH: Final = "/api/v1/uploads"
VERSION: Final = "1.0.0"
VERSION_FORM: Final = r"^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$"
"""Of any version: another one is answered by 412, what is none by 400."""
_COMMON: Final = {"tus-resumable": VERSION, "cache-control": "no-store"}
OFFSET_TYPE: Final = "application/offset+octet-stream"
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,11}")
_POLL_S: Final = 1

_CONFLICT: Final = Problem(
    409, "upload-offset",
    Text("Unggahan tidak bersambung", "The upload does not continue there"),
    Text("Tanyakan Upload-Offset dengan HEAD, lalu lanjutkan dari sana.",
         "Ask for the Upload-Offset by HEAD, then go on from there."),
)  # fmt: skip
_VERSION: Final = Problem(
    412, "tus-version",
    Text("Versi protokol unggahan tidak didukung", "The upload protocol's version is not spoken"),
    Text("Kirim Tus-Resumable: 1.0.0.", "Send Tus-Resumable: 1.0.0."),
)  # fmt: skip
_PIECES: Final = Problem(
    400, "too-many-pieces",
    Text("Unggahan terlalu sering terputus", "The upload came in too many pieces"),
    Text("Mulai unggahan baru dan kirim potongan yang lebih besar.",
         "Begin a new upload, and send larger pieces."),
)  # fmt: skip
_UNVERSIONED: Final = (
    Text("Tajuk Tus-Resumable wajib ada, dan memuat sebuah versi.",
         "The header Tus-Resumable is required, and holds a version."),
    Text("Kirim Tus-Resumable: 1.0.0.", "Send Tus-Resumable: 1.0.0."),
)  # fmt: skip
_LENGTH: Final = (
    Text("Upload-Length wajib ada: bilangan bulat, 1 sampai 10 MB.",
         "Upload-Length is required: a whole number of bytes, up to 10 MB."),
    Text("Sebut jumlah byte berkas.", "Tell the file's size in bytes."),
)  # fmt: skip
_OFFSET: Final = (
    Text("Upload-Offset wajib ada: bilangan bulat.",
         "Upload-Offset is required: a whole number."),
    Text("Sebut byte tempat unggahan dilanjutkan.", "Tell at which byte the upload goes on."),
)  # fmt: skip
_METADATA: Final = (
    Text("Upload-Metadata tidak terbaca.", "Upload-Metadata is malformed."),
    Text("Tulis seperti: filetype aW1hZ2UvanBlZw==", "Write it like: filetype aW1hZ2UvanBlZw=="),
)  # fmt: skip


class Uploads:
    """Begins uploads, takes their pieces, tells of them.

    Args:
        pool: of intake's database.
        objects: the store.
        sealing: makes and opens keys.
        rules: what they may take.
        clock: the domain's.
        public_url: base address of the public API, without a slash at its end.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # wired once
        self,
        pool: asyncpg.Pool,
        objects: Objects,
        sealing: Sealing,
        rules: Rules,
        clock: Clock,
        public_url: str,
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._sealing = sealing
        self._beginning = Beginning(pool, sealing, rules, clock)
        self._public_url = public_url

    async def options(self, request: Request) -> Response:
        """`OPTIONS`: what is spoken here."""
        del request
        headers = {
            "tus-version": VERSION,
            "tus-extension": "creation,expiration,termination",
            "tus-max-size": str(MAX_BYTES),
        }
        return Response(status_code=204, headers=_COMMON | headers)

    async def create(self, request: Request) -> Response:
        """`POST`: begin an upload.

        Raises:
            ProblemError: 400, 412, 413, 415 (a type that is never taken), 429, 503.
        """
        language = language_of_scope(request.scope)
        device = device_token(request.headers.getlist(DEVICE_HEADER), language)
        _speaks(request)
        length = _number(request, "Upload-Length", *_LENGTH)
        if length < 1:
            raise _wrong(request, "Upload-Length", *_LENGTH)
        hint = _hint(request)
        if length > MAX_BYTES:
            raise ProblemError(TOO_LARGE, detail=TEXTS[Refusal.TOO_LARGE])
        forwarded = request.headers.get("x-forwarded-for")
        self._beginning.require(request.scope, device, forwarded, length)
        new, expires = await self._beginning.begin(length, hint)
        headers = {
            "location": f"{self._public_url}{PATH}/{new.token}",
            "upload-offset": "0",
            "upload-expires": _date(expires),
        }
        return Response(status_code=201, headers=_COMMON | headers)

    async def head(self, request: Request) -> Response:
        """`HEAD`: how far it is.

        Raises:
            ProblemError: 400, 404, 412.
        """
        _speaks(request)
        upload = await self._found(request)
        return Response(status_code=200, headers=_progress(upload, upload.received))

    async def patch(self, request: Request) -> Response:
        """`PATCH`: go on with it. What came before a line breaks is kept.

        Raises:
            ProblemError: 400, 404, 408, 409, 412, 413, 415, 503.
        """
        _speaks(request)
        if request.headers.get("content-type", "").strip().lower() != OFFSET_TYPE:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE, detail=Text(
                f"Kirim sebagai {OFFSET_TYPE}.", f"Send {OFFSET_TYPE}."))  # fmt: skip
        offset = _number(request, "Upload-Offset", *_OFFSET)
        upload = await self._found(request)
        if offset != upload.received or upload.state is not State.RECEIVING:
            raise ProblemError(_CONFLICT, headers=_COMMON)
        if upload.pieces >= uploads.MOST_PIECES:
            raise ProblemError(_PIECES, headers=_COMMON)
        seal = self._sealing.open(upload.id, upload.key)
        receiving = Receiving(self._pool, self._objects, seal, upload)
        try:
            await receiving.take(request.stream())
        except OvertakenError:
            raise ProblemError(_CONFLICT, headers=_COMMON) from None
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return Response(status_code=204, headers=_progress(upload, receiving.received))

    async def get(self, request: Request) -> Response:
        """`GET`: what it is by now.

        Raises:
            ProblemError: 404.
        """
        upload = await self._found(request)
        headers = dict(_COMMON)
        if upload.state is State.EXAMINING:
            headers["retry-after"] = str(_POLL_S)
        seal = self._sealing.open(upload.id, upload.key)
        told = upload_out(upload, seal, language_of_scope(request.scope))
        return JSONResponse(told.model_dump(mode="json", exclude_none=True), headers=headers)

    async def delete(self, request: Request) -> Response:
        """`DELETE`: its sender takes it back.

        Raises:
            ProblemError: 400, 404, 412.
        """
        _speaks(request)
        upload = await self._found(request)
        await uploads.remove(self._pool, upload.id)
        return Response(status_code=204, headers=_COMMON)

    async def _found(self, request: Request) -> Upload:
        upload = await uploads.by_token(self._pool, request.path_params["token"])
        if upload is None:
            raise ProblemError(NOT_FOUND, headers=_COMMON)
        return upload


def _speaks(request: Request) -> None:
    spoken = request.headers.get("tus-resumable")
    if spoken is None or not re.fullmatch(VERSION_FORM, spoken):
        raise _wrong(request, "Tus-Resumable", *_UNVERSIONED)
    if spoken != VERSION:
        raise ProblemError(_VERSION, headers=_COMMON | {"tus-version": VERSION})


def _number(request: Request, header: str, message: Text, mend: Text) -> int:
    given = request.headers.get(header, "")
    if not _WHOLE.fullmatch(given):
        raise _wrong(request, header, message, mend)
    return int(given)


def _wrong(request: Request, header: str, message: Text, mend: Text) -> ProblemError:
    language = language_of_scope(request.scope)
    error = FieldError(header, message.to(language), mend.to(language))
    return ProblemError(BAD_REQUEST, [error], headers=_COMMON)


def _hint(request: Request) -> MediaType | None:
    """The type that the client names in `Upload-Metadata`; nothing else of it is read or kept."""
    written = _metadata(request).get("filetype")
    if not written:
        return None
    found = media_type(written)
    if found is None:
        svg = written.strip().lower().startswith("image/svg")
        why = Refusal.SVG if svg else Refusal.UNKNOWN_TYPE
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, headers=_COMMON, detail=TEXTS[why])
    return found


def _metadata(request: Request) -> Mapping[str, str]:
    found = {}
    for pair in filter(None, request.headers.get("upload-metadata", "").split(",")):
        name, _, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            raise _wrong(request, "Upload-Metadata", *_METADATA) from None
    return found


def _progress(upload: Upload, received: int) -> dict[str, str]:
    told = {"upload-offset": str(received), "upload-length": str(upload.length)}
    if upload.expires_at is not None:
        told["upload-expires"] = _date(upload.expires_at)
    return _COMMON | told


def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
