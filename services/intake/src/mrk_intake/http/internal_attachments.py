"""Role `internal`: attachments for the other services, and the proofs that agencies send."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from mrk_delivery.clock import Clock
from mrk_delivery.tx import Tx
from mrk_intake.domain import private
from mrk_intake.domain.attachments import MAX_BYTES, Purpose, Refusal, State, media_type
from mrk_intake.domain.private import Resource
from mrk_intake.http.attachments import streamed
from mrk_intake.http.beginning import new_id
from mrk_intake.http.internal import Callers, parsed_uuid
from mrk_intake.http.receiving import OvertakenError, Receiving, UndoneError
from mrk_intake.http.refusals import TEXTS
from mrk_intake.http.status import GONE
from mrk_intake.store import attachments, reports, uploads
from mrk_intake.store.attachments import File
from mrk_intake.store.objects import Objects
from mrk_intake.store.sealing import Sealing
from mrk_intake.store.uploads import New, Upload
from mrk_schemas.base import Contract
from mrk_schemas.ids import ComplaintId
from mrk_schemas.internal import AttachmentInfo, AttachmentList, Proof
from mrk_telemetry.logs import get_logger
from mrk_web.credentials import Caller
from mrk_web.language import Text
from mrk_web.problems import (
    BAD_REQUEST,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    ProblemError,
)

MOST_PROOFS: Final = 20
"""Proofs of one complaint."""

_NO_STORE: Final = "no-store"
_UNFINISHED: Final = timedelta(hours=1)
_NO_LENGTH: Final = Text("Content-Length wajib ada.", "Content-Length is required.")
_TOO_MANY: Final = Problem(
    409, "too-many-proofs",
    Text("Foto bukti terlalu banyak", "There are too many proofs"),
    Text(f"Satu laporan memuat paling banyak {MOST_PROOFS} foto bukti.",
         f"A complaint holds at most {MOST_PROOFS} proofs."),
)  # fmt: skip


class InternalAttachments:
    """Answers the other services.

    Args:
        pool: of intake's database.
        objects: the store.
        sealing: makes and opens keys.
        callers: who may call.
        clock: real time.
    """

    def __init__(
        self, pool: asyncpg.Pool, objects: Objects, sealing: Sealing, callers: Callers,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._pool = pool
        self._objects = objects
        self._sealing = sealing
        self._callers = callers
        self._clock = clock

    async def listed(self, request: Request) -> Response:
        """`GET /internal/v1/reports/{complaint_id}/attachments`.

        Raises:
            ProblemError: 401, 400 (no purpose), 403, 404 (unknown, or not shown to this service),
                410 (erased).
        """
        caller = self._callers.require(request, Resource.ATTACHMENTS)
        complaint = parsed_uuid(request.path_params["complaint_id"])
        await self._shown_report(caller, complaint)
        files = await attachments.of_report(self._pool, complaint)
        get_logger().info(
            "attachments.listed", caller=caller.name, purpose=caller.purpose,
            complaint=str(complaint),
        )  # fmt: skip
        infos = tuple(_info(file) for file in files)
        return _answer(AttachmentList(complaint_id=ComplaintId(str(complaint)), attachments=infos))

    async def read(self, request: Request) -> Response:
        """`GET /internal/v1/attachments/{attachment_id}`: the bytes.

        Raises:
            ProblemError: 401, 400, 403, 404, 503.
        """
        caller = self._callers.require(request, Resource.ATTACHMENTS)
        file = await attachments.by_id(
            self._pool, parsed_uuid(request.path_params["attachment_id"])
        )
        shown = file is not None and private.attachments_shown(
            caller.name, file.kind, confidential=file.confidential
        )
        if file is None or file.restricted or not shown:
            raise ProblemError(NOT_FOUND)
        get_logger().info(
            "attachment.read", caller=caller.name, purpose=caller.purpose,
            complaint=str(file.complaint), attachment=str(file.id),
        )  # fmt: skip
        return await streamed(self._objects, self._sealing, file, thumbnail=False, cached=_NO_STORE)

    async def add_proof(self, request: Request) -> Response:
        """`POST /internal/v1/reports/{complaint_id}/proofs`: the photo's bytes.

        Sent again, the same bytes are the same proof. Its hash is known once it is examined:
        ask `proof`.

        Raises:
            ProblemError: 401, 400 (no purpose or length), 403, 404, 409 (too many), 410 (erased),
                413, 415, 503.
        """
        caller = self._callers.require(request, Resource.PROOFS)
        complaint = parsed_uuid(request.path_params["complaint_id"])
        length = _length(request)
        written = request.headers.get("content-type", "")
        hint = media_type(written)
        if hint is None:
            raise ProblemError(UNSUPPORTED_MEDIA_TYPE, detail=TEXTS[Refusal.UNKNOWN_TYPE])
        await self._shown_report(caller, complaint)
        id_ = new_id(self._clock.now())
        key = self._sealing.new(id_)
        new = New(id_, None, Purpose.PROOF, hint, length, key, _UNFINISHED)
        await uploads.begin(self._pool, new)
        upload = await uploads.by_id(self._pool, id_)
        if upload is None:  # it was begun just now
            raise RuntimeError("an upload was not found after it began")
        try:
            id_ = await self._received(request, upload, complaint)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        get_logger().info(
            "proof.received", caller=caller.name, purpose=caller.purpose,
            complaint=str(complaint), attachment=str(id_),
        )  # fmt: skip
        return await self._proof(id_, status=202)

    async def proof(self, request: Request) -> Response:
        """`GET /internal/v1/proofs/{attachment_id}`: whether it is ready, and its hash.

        Raises:
            ProblemError: 401, 400, 403, 404.
        """
        self._callers.require(request, Resource.PROOFS)
        return await self._proof(parsed_uuid(request.path_params["attachment_id"]))

    async def _shown_report(self, caller: Caller, complaint: UUID) -> None:
        """See that a report is there and that this service knows of it.

        Raises:
            ProblemError: 404, 410.
        """
        report = await reports.by_id(self._pool, complaint)
        shown = report is not None and private.attachments_shown(
            caller.name, report.kind, confidential=report.confidential
        )
        if report is None or report.restricted_at is not None or not shown:
            raise ProblemError(NOT_FOUND)
        if report.erased_at is not None:
            raise ProblemError(GONE)

    async def _received(self, request: Request, upload: Upload, complaint: UUID) -> UUID:
        """Take the body; the id of the proof that it is, an earlier one's where it came before."""
        same: UUID | None = None

        async def last(tx: Tx) -> None:
            nonlocal same
            streams = await tx.lock([str(complaint)], create=False)
            if str(complaint) not in streams or streams[str(complaint)].erased:
                raise ProblemError(GONE)
            same = await attachments.same_proof(tx.conn, complaint, receiving.source)
            if same is not None:
                raise _CameBeforeError
            if await attachments.proofs(tx.conn, complaint) >= MOST_PROOFS:
                raise ProblemError(_TOO_MANY)
            await attachments.take_proof(tx.conn, upload.id, complaint, receiving.source)

        seal = self._sealing.open(upload.id, upload.key)
        receiving = Receiving(self._pool, self._objects, seal, upload, last)
        try:
            await receiving.take(request.stream())
        except _CameBeforeError:
            await uploads.remove(self._pool, upload.id)
        except OvertakenError:
            raise RuntimeError("a proof's upload has one writer alone") from None
        if same is None and receiving.received < upload.length:
            raise ProblemError(BAD_REQUEST, detail=_NO_LENGTH)
        return same or upload.id

    async def _proof(self, attachment: UUID, status: int = 200) -> Response:
        found = await uploads.by_id(self._pool, attachment)
        if found is None or found.purpose is not Purpose.PROOF:
            raise ProblemError(NOT_FOUND)
        done = found.state in {State.READY, State.REFUSED}
        why = None if found.refusal is None else TEXTS[found.refusal]
        answer = Proof(
            id=str(found.id),
            state=found.state.value,
            sha256=None if found.clean is None else found.clean.sha256.hex(),
            refused=None if found.refusal is None else found.refusal.value,
            refused_id=None if why is None else why.id,
            refused_en=None if why is None else why.en,
        )
        return _answer(answer, 200 if done else status)


class _CameBeforeError(UndoneError):
    """The same bytes are a proof of this complaint already."""


def _length(request: Request) -> int:
    given = request.headers.get("content-length", "")
    if not given.isdigit() or int(given) < 1:
        raise ProblemError(BAD_REQUEST, detail=_NO_LENGTH)
    if int(given) > MAX_BYTES:
        raise ProblemError(TOO_LARGE, detail=TEXTS[Refusal.TOO_LARGE])
    return int(given)


def _info(file: File) -> AttachmentInfo:
    return AttachmentInfo(
        id=str(file.id),
        purpose=file.purpose.value,
        media_type=file.media_type.value,
        size=file.size,
        sha256=file.sha256.hex(),
        width=file.width,
        height=file.height,
    )


def _answer(body: Contract, status: int = 200) -> Response:
    return Response(
        body.to_json(), status, media_type="application/json",
        headers={"cache-control": _NO_STORE},
    )  # fmt: skip
