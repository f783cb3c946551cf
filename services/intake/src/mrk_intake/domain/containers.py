"""Where a file ends, and what stands behind its end: structure alone, nothing is decoded.

A file that two programs read as two things is refused, although only what we decode and write
anew is kept: whoever sends one has no photo in mind.
"""

import io
import re
import zipfile
from typing import Final, assert_never

from mrk_intake.domain.attachments import MediaType, Refusal, RefusedError
from mrk_intake.domain.sniff import HEAD

_JPEG_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_MARKER: Final = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_APP2: Final = 0xE2
_COMMENT: Final = 0xFE
_ACTIVE: Final = re.compile(rb"<(?:script|html|svg|iframe|!doctype)\b|<\?php", re.IGNORECASE)
_END_OF_PDF: Final = b"%%EOF"
_TAIL: Final = 2048
_MAX_PARTS: Final = 10_000
"""Chunks or segments of a file that anybody has made in good faith."""


def whole(data: bytes, media_type: MediaType) -> None:
    """See that a file is complete and is nothing but what it seems.

    Raises:
        RefusedError: `TRUNCATED`, `DAMAGED`, `ANIMATED` or `POLYGLOT`.
    """
    match media_type:
        case MediaType.JPEG:
            end, pictures = _jpeg(data)
            rest = data[end:].strip(b"\0")
            if rest and not _of_a_camera(rest, pictures=pictures):
                raise RefusedError(Refusal.POLYGLOT)
        case MediaType.PNG:
            _ends_at(_png(data), data)
        case MediaType.WEBP:
            _ends_at(_webp(data), data)
        case MediaType.HEIC:
            _ends_at(_boxes(data), data)
        case MediaType.PDF:
            _pdf(data)
            return
        case _:
            assert_never(media_type)
    if b"%PDF-" in data[:HEAD] or _ACTIVE.search(data[:HEAD]) or _is_zip(data):
        raise RefusedError(Refusal.POLYGLOT)


def jpeg_without_metadata(data: bytes) -> bytes:
    """A JPEG without its comments and application segments but JFIF's and Adobe's.

    For images inside a document, which keep their compressed pixels.

    Raises:
        RefusedError: it is no whole JPEG.
    """
    out = [data[:2]]
    at = 2
    for _ in range(_MAX_PARTS):
        marker, start = _jpeg_marker(data, at)
        if marker in {_SOS, _EOI}:
            end, _pictures = _jpeg(data)
            out.append(data[at:end])
            return b"".join(out)
        following = start if marker in _JPEG_STANDALONE else _jpeg_segment(data, start)
        colour = marker in {0xE0, 0xEE}  # JFIF and Adobe: how colours are to be read
        if colour or not (0xE0 <= marker <= 0xEF or marker == _COMMENT):
            out.append(data[at:following])
        at = following
    raise RefusedError(Refusal.DAMAGED)


def _ends_at(end: int, data: bytes) -> None:
    if data[end:].strip(b"\0"):
        raise RefusedError(Refusal.POLYGLOT)


def _is_zip(data: bytes) -> bool:
    """Whether a reader of ZIP archives, which begins at the end, finds one."""
    try:
        return zipfile.is_zipfile(io.BytesIO(data))
    except Exception:  # noqa: BLE001  # hostile bytes: what it trips over is not for us to trust
        return True


def _of_a_camera(rest: bytes, *, pictures: bool) -> bool:
    """Whether what follows a JPEG is what cameras put there, and nothing that acts.

    Several pictures in one file (CIPA DC-007), Samsung's trailer, and a moving photo's film.
    """
    known = (pictures and rest.startswith(b"\xff\xd8\xff")) or rest.endswith(b"SEFT")
    known = known or b"ftyp" in rest[:8]
    return known and b"%PDF-" not in rest and not _ACTIVE.search(rest)


def _jpeg_marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where its content starts (ITU-T T.81, B.1.1.2)."""
    if at >= len(data):
        raise RefusedError(Refusal.TRUNCATED)
    if data[at] != 0xFF:
        raise RefusedError(Refusal.DAMAGED)
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at >= len(data):
        raise RefusedError(Refusal.TRUNCATED)
    return data[at], at + 1


def _jpeg_segment(data: bytes, start: int) -> int:
    """Where a segment with a length ends."""
    if start + 2 > len(data):
        raise RefusedError(Refusal.TRUNCATED)
    length = int.from_bytes(data[start : start + 2])
    if length < 2:
        raise RefusedError(Refusal.DAMAGED)
    if start + length > len(data):
        raise RefusedError(Refusal.TRUNCATED)
    return start + length


def _jpeg(data: bytes) -> tuple[int, bool]:
    """Where a JPEG ends, and whether it tells of further pictures behind it."""
    at, pictures = 2, False
    for _ in range(_MAX_PARTS):
        marker, start = _jpeg_marker(data, at)
        if marker == _EOI:
            return start, pictures
        if marker in _JPEG_STANDALONE:
            at = start
            continue
        at = _jpeg_segment(data, start)
        if marker == _APP2 and data[start + 2 : start + 6] == b"MPF\0":
            pictures = True
        if marker == _SOS:
            found = _JPEG_MARKER.search(data, at)
            if found is None:
                raise RefusedError(Refusal.TRUNCATED)
            at = found.start()
    raise RefusedError(Refusal.DAMAGED)


def _png(data: bytes) -> int:
    """Where a PNG ends (ISO/IEC 15948, 5.3)."""
    at = 8
    for _ in range(_MAX_PARTS):
        if at + 12 > len(data):
            raise RefusedError(Refusal.TRUNCATED)
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        at += 12 + length
        if at > len(data):
            raise RefusedError(Refusal.TRUNCATED)
        if kind == b"acTL":
            raise RefusedError(Refusal.ANIMATED)
        if kind == b"IEND":
            return at
    raise RefusedError(Refusal.DAMAGED)


def _webp(data: bytes) -> int:
    """Where a WebP ends (RFC 9649, 2.3)."""
    size = 8 + int.from_bytes(data[4:8], "little")
    if size > len(data):
        raise RefusedError(Refusal.TRUNCATED)
    at = 12
    for _ in range(_MAX_PARTS):
        if at >= size:
            return size
        if at + 8 > size:
            raise RefusedError(Refusal.DAMAGED)
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind in {b"ANIM", b"ANMF"}:
            raise RefusedError(Refusal.ANIMATED)
        at += 8 + length + (length & 1)
    raise RefusedError(Refusal.DAMAGED)


def _boxes(data: bytes) -> int:
    """Where the last box ends (ISO/IEC 14496-12, 4.2)."""
    at = 0
    for _ in range(_MAX_PARTS):
        if at == len(data):
            return at
        if at + 8 > len(data):
            raise RefusedError(Refusal.POLYGLOT if data[at:].strip(b"\0") else Refusal.TRUNCATED)
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 0:  # to the end of the file
            return len(data)
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        if size < 8 or not kind.isalnum():
            raise RefusedError(Refusal.POLYGLOT)
        if at + size > len(data):
            raise RefusedError(Refusal.TRUNCATED)
        at += size
    raise RefusedError(Refusal.DAMAGED)


def _pdf(data: bytes) -> None:
    """A document ends with its mark (ISO 32000-1, 7.5.5), and nothing is behind it."""
    end = data.rfind(_END_OF_PDF, max(0, len(data) - _TAIL))
    if end < 0:
        raise RefusedError(Refusal.TRUNCATED if _END_OF_PDF not in data else Refusal.POLYGLOT)
    if data[end + len(_END_OF_PDF) :].strip(b"\0\r\n\t \x0c\x1a") or _is_zip(data):
        raise RefusedError(Refusal.POLYGLOT)
    if _ACTIVE.search(data[:HEAD]):
        raise RefusedError(Refusal.POLYGLOT)
