"""The report's form with its files: each goes into the store as it comes, and is kept.

A file's credential follows from the form's idempotency key and the file's bytes. So a form that is
sent again, because its answer was lost, names the same uploads and is the same report.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import asyncpg
from starlette.requests import Request

from mrk_intake.domain.attachments import (
    MAX_A_REPORT,
    MAX_BYTES,
    MediaType,
    Refusal,
    media_type,
)
from mrk_intake.domain.keys import Keys
from mrk_intake.http.beginning import Beginning
from mrk_intake.http.receiving import PIECE, Receiving
from mrk_intake.http.refusals import TEXTS
from mrk_intake.http.taking import Taking, Unready
from mrk_intake.http.web import multipart
from mrk_intake.http.web.filled import FILES, Filled, Photo, WrongFile, is_multipart, kept
from mrk_intake.http.web.filled import filled as as_filled
from mrk_intake.http.web.form import KEY, MAX_FIELDS, plain, read_pairs
from mrk_intake.http.web.multipart import Begun, Bytes, Ended
from mrk_intake.store import uploads
from mrk_intake.store.accept import Attached
from mrk_intake.store.objects import Objects
from mrk_intake.store.sealing import Sealing
from mrk_intake.store.uploads import TokenTakenError, Upload
from mrk_pages.visit import language_for
from mrk_web.idempotency import parse_idempotency_key
from mrk_web.language import Language, Text
from mrk_web.problems import BAD_REQUEST, TOO_LARGE, ProblemError

MAX_BYTES_OF_FORM: Final = (MAX_A_REPORT + 3) * MAX_BYTES
"""Bytes of the largest form: a few files too many are still told by name."""

_EXAMINED_S: Final = 20.0
_POLL_S: Final = 0.2
_TOO_MANY: Final = Text(
    f"Tidak diambil: satu laporan memuat paling banyak {MAX_A_REPORT} berkas.",
    f"Left out: a report has {MAX_A_REPORT} files at most.",
)
_STILL: Final = Text(
    "Masih diperiksa. Tunggu sebentar, lalu kirim lagi dari halaman ini.",
    "Still being examined. Wait a moment, then send it again from this page.",
)
_AGAIN: Final = Text(
    "Berkas ini tidak ada lagi pada kami. Pilih sekali lagi.",
    "We do not have this file any more. Choose it once more.",
)
_PARTLY: Final = Text(
    "Berkas ini belum terkirim seluruhnya. Tunggu sampai selesai, atau keluarkan dari laporan.",
    "This file has not come whole. Wait until it has, or leave it out.",
)
_WORDS: Final[Mapping[Unready, Text]] = {
    Unready.GONE: _AGAIN,
    Unready.INCOMPLETE: _PARTLY,
    Unready.EXAMINING: _STILL,
    Unready.REFUSED: TEXTS[Refusal.DAMAGED],
}


class FormFiles:
    """Reads the form, and judges its uploads.

    Args:
        pool: of intake's database.
        objects: the store.
        sealing: opens keys.
        keys: name uploads.
        beginning: begins uploads.
        taking: finds uploads.
        max_fields_bytes: the most that the fields beside the files may have.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pool: asyncpg.Pool,
        objects: Objects,
        sealing: Sealing,
        keys: Keys,
        beginning: Beginning,
        taking: Taking,
        max_fields_bytes: int,
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._sealing = sealing
        self._keys = keys
        self._beginning = beginning
        self._taking = taking
        self._max_fields_bytes = max_fields_bytes

    async def read(self, request: Request) -> Filled:
        """The form of a request.

        Raises:
            ProblemError: 400, 413, 415, 429, 503.
        """
        content_type = request.headers.get("content-type", "")
        if not is_multipart(content_type):
            return as_filled(read_pairs(content_type, await request.body()), [], [])
        return await _Incoming(self, request).read()

    async def take(self, receiving: Receiving, upload: Upload, key: str) -> str:
        """End an upload; its credential.

        Raises:
            ProblemError: 503.
        """
        token = self._keys.upload(key, receiving.source)
        try:
            await receiving.finish(token)
        except TokenTakenError:  # with this key the same file came before: that one is the form's
            await self.drop(upload)
        return token

    async def judge(
        self, filled: Filled, scope: str, key: str, language: Language, *, patient: bool
    ) -> tuple[Attached, ...]:
        """What the report may take; what it may not is told in `filled`.

        Args:
            filled: uploads that are of no use leave it.
            scope: of the key.
            key: the form's Idempotency-Key.
            language: of the reader.
            patient: wait for the examination of what has just come.
        """
        tokens = [photo.token for photo in filled.photos]
        if not tokens:
            return ()
        judged = await self._taking.judged(tokens, scope, key)
        until = asyncio.get_running_loop().time() + (_EXAMINED_S if patient else 0)
        # another process examines, and its word comes by the database alone
        while Unready.EXAMINING in judged and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(_POLL_S)
            judged = await self._taking.judged(tokens, scope, key)
        ready: list[Attached] = []
        for photo, each in zip(tuple(filled.photos), judged, strict=False):
            if isinstance(each, Attached):
                ready.append(each)
                continue
            text = await self._why(photo, each, language)
            filled.wrong.append(WrongFile(photo.name, text, photo.token, each.value))
            if each in {Unready.GONE, Unready.REFUSED}:
                filled.photos.remove(photo)
        return tuple(ready)

    async def _why(self, photo: Photo, unready: Unready, language: Language) -> str:
        if unready is Unready.REFUSED:
            upload = await uploads.by_token(self._pool, photo.token)
            if upload is not None and upload.refusal is not None:
                return TEXTS[upload.refusal].to(language)
        return _WORDS[unready].to(language)

    async def begin(self, hint: MediaType | None) -> tuple[Receiving, Upload]:
        """An upload whose length nobody knows yet.

        Raises:
            ProblemError: 503.
        """
        new, _ = await self._beginning.begin(MAX_BYTES + PIECE, hint)
        upload = await uploads.by_id(self._pool, new.id)
        if upload is None:
            raise LookupError("an upload that has just begun")
        seal = self._sealing.open(upload.id, upload.key)
        return Receiving(self._pool, self._objects, seal, upload), upload

    async def drop(self, upload: Upload) -> None:
        """Nobody needs it."""
        await uploads.remove(self._pool, upload.id)

    def require(self, request: Request) -> None:
        """Count what is about to come.

        Raises:
            ProblemError: 429.
        """
        declared = request.headers.get("content-length", "")
        size = int(declared) if declared.isdigit() else MAX_BYTES_OF_FORM
        forwarded = request.headers.get("x-forwarded-for")
        self._beginning.require(request.scope, "", forwarded, size)

    @property
    def max_fields_bytes(self) -> int:
        """The most that the fields beside the files may have."""
        return self._max_fields_bytes


class _Incoming:
    """One form with files, as it comes."""

    def __init__(self, files: FormFiles, request: Request) -> None:
        self._files = files
        self._request = request
        self._language = language_for(request)
        self._pairs: list[tuple[str, str]] = []
        self._left = files.max_fields_bytes
        self._photos: list[Photo] = []
        self._wrong: list[WrongFile] = []
        self._coming: tuple[Receiving, Upload] | None = None

    async def read(self) -> Filled:
        """All of it."""
        self._files.require(self._request)
        coming = multipart.events(
            self._request.headers.get("content-type", ""), self._request.stream()
        )
        part, held, refused = Begun("", None, ""), bytearray(), False
        try:
            async for event in coming:
                match event:
                    case Begun():
                        part, held, refused = event, bytearray(), False
                    case Bytes(data) if part.file is None:
                        self._left -= len(data)
                        if self._left < 0:
                            raise ProblemError(TOO_LARGE)
                        held += data
                    case Bytes(data):
                        refused = refused or not await self._file(part, data)
                    case Ended() if part.file is None:
                        self._field(part.name, bytes(held))
                    case Ended():
                        await self._file_ended(part, refused=refused)
        finally:
            await self._drop()
        return as_filled(self._pairs, self._photos, self._wrong)

    def _field(self, name: str, value: bytes) -> None:
        self._pairs.append((name, plain(value.decode("utf-8", "replace"))))
        if len(self._pairs) > MAX_FIELDS:
            raise ProblemError(BAD_REQUEST)

    async def _file(self, part: Begun, data: bytes) -> bool:
        """A piece of a file; False once it is refused: the rest of it is not kept."""
        if part.name != FILES:
            return False
        if self._coming is None:
            if not self._room():
                return self._refuse(part, _TOO_MANY)
            why = _of_type(part.type)
            if isinstance(why, Refusal):
                return self._refuse(part, TEXTS[why])
            self._key()  # a form without one is refused before its files are kept
            self._coming = await self._files.begin(why)
        receiving, _ = self._coming
        if receiving.taken + len(data) > MAX_BYTES:
            await self._drop()
            return self._refuse(part, TEXTS[Refusal.TOO_LARGE])
        await receiving.push(data)
        return True

    async def _file_ended(self, part: Begun, *, refused: bool) -> None:
        if refused or part.name != FILES:
            return
        if self._coming is None:
            if part.file:  # an empty part without a name: nothing was chosen
                self._refuse(part, TEXTS[Refusal.EMPTY])
            return
        token = await self._files.take(*self._coming, self._key())
        self._coming = None
        self._photos.append(Photo(token, part.file or "-"))

    def _room(self) -> bool:
        return len(kept(self._pairs)) + len(self._photos) < MAX_A_REPORT

    def _key(self) -> str:
        given = [value for name, value in self._pairs if name == KEY]
        return parse_idempotency_key(given[-1:] or [""], self._language)

    def _refuse(self, part: Begun, why: Text) -> bool:
        self._wrong.append(WrongFile(part.file or "-", why.to(self._language)))
        return False

    async def _drop(self) -> None:
        coming, self._coming = self._coming, None
        if coming is not None:
            await self._files.drop(coming[1])


def _of_type(written: str) -> MediaType | Refusal | None:
    """The type that the browser names; None where it names none that says something."""
    if written.strip().lower() in {"", "application/octet-stream"}:
        return None
    if written.strip().lower().startswith("image/svg"):
        return Refusal.SVG
    return media_type(written) or Refusal.UNKNOWN_TYPE
