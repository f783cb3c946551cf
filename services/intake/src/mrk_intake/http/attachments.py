"""`GET /api/v1/attachments/{name}`: a report's photos and documents, and the proofs of agencies.

The public sees the photos of public reports. Documents, and whatever belongs to a hidden report,
need the report's secret: without it nobody learns that there is something.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final

import asyncpg
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mrk_intake.domain import tracking
from mrk_intake.domain.attachments import MediaType
from mrk_intake.domain.keys import Keys
from mrk_intake.http.files import is_public
from mrk_intake.http.status import PROOF_HEADER
from mrk_intake.store import attachments
from mrk_intake.store.attachments import File
from mrk_intake.store.objects import MissingError, Objects, StoreAwayError
from mrk_intake.store.sealing import Sealing
from mrk_telemetry.logs import get_logger
from mrk_web.overload import overloaded
from mrk_web.problems import NOT_FOUND, ProblemError

FRESH_S: Final = 86_400
"""Seconds for which caches may show a public photo: an erased one is gone from them by then."""

_RETRY_AFTER_S: Final = 5
_POLICY: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"
_SUFFIX: Final = {MediaType.JPEG: "jpg", MediaType.PDF: "pdf"}

Proof = Callable[[Request], str | None]
"""Finds the tracking secret of a request."""


def header_proof(request: Request) -> str | None:
    """The secret as clients of the API send it."""
    return request.headers.get(PROOF_HEADER)


class Attachments:
    """Shows files.

    Args:
        pool: of intake's database.
        objects: the store.
        sealing: opens keys.
        keys: prove the reporter.
        proof: where a request has the secret.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        objects: Objects,
        sealing: Sealing,
        keys: Keys,
        proof: Proof = header_proof,
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._sealing = sealing
        self._keys = keys
        self._proof = proof

    async def kept(self, request: Request) -> Response:
        """The file.

        Raises:
            ProblemError: 404, also for whoever may not see it; 503.
        """
        return await self._shown(request, thumbnail=False)

    async def thumbnail(self, request: Request) -> Response:
        """The photo, small.

        Raises:
            ProblemError: as for `kept`; a document has none.
        """
        return await self._shown(request, thumbnail=True)

    async def _shown(self, request: Request, *, thumbnail: bool) -> Response:
        file = await attachments.by_name(self._pool, request.path_params["name"])
        if file is None or (thumbnail and file.thumbnail is None):
            raise ProblemError(NOT_FOUND)
        public = is_public(file)
        secret = self._proof(request)
        if not public and not tracking.proves(self._keys.secrets, file.complaint, secret):
            raise ProblemError(NOT_FOUND)
        cached = f"public, max-age={FRESH_S}, immutable" if public else "private, no-store"
        return await streamed(
            self._objects, self._sealing, file, thumbnail=thumbnail, cached=cached,
            tag=request.headers.get("if-none-match") if public else None,
        )  # fmt: skip


async def streamed(  # noqa: PLR0913  # what an answer consists of
    objects: Objects,
    sealing: Sealing,
    file: File,
    *,
    thumbnail: bool,
    cached: str,
    tag: str | None = None,
) -> Response:
    """A file as an answer that no browser takes for anything else.

    Args:
        objects: the store.
        sealing: opens keys.
        file: which.
        thumbnail: whether its small picture is meant.
        cached: `Cache-Control`.
        tag: `If-None-Match`, where it may be answered.

    Raises:
        ProblemError: 404 where the store has lost it, 503 where it is away.
    """
    use, name = ("thumbnail", file.thumbnail or "") if thumbnail else ("kept", file.object)
    own_tag = f'"{file.sha256.hex()[:32]}{"-t" if thumbnail else ""}"'
    headers = {
        "cache-control": cached,
        "etag": own_tag,
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "content-disposition": _disposition(file),
    }
    if tag is not None and own_tag in {each.strip() for each in tag.split(",")}:
        return Response(status_code=304, headers=headers)
    seal = sealing.open(file.id, file.key)
    parts = seal.opening(use, objects.read(name))
    try:
        first = await anext(parts)
    except MissingError:
        get_logger().error("attachment.missing", attachment=str(file.id))
        raise ProblemError(NOT_FOUND) from None
    except StoreAwayError:
        raise overloaded(_RETRY_AFTER_S) from None
    if not thumbnail:
        headers["content-length"] = str(file.size)
    media_type = MediaType.JPEG if thumbnail else file.media_type
    return StreamingResponse(_from(first, parts), media_type=media_type, headers=headers)


def _disposition(file: File) -> str:
    # a document is saved, not shown: its reader is no part of ours
    how = "attachment" if file.media_type is MediaType.PDF else "inline"
    return f'{how}; filename="lampiran-{file.sha256.hex()[:8]}.{_SUFFIX[file.media_type]}"'


async def _from(first: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in parts:
        yield part
