"""Which type a file has by its content alone: names and headers are the sender's words."""

import re
from typing import Final

from mrk_intake.domain.attachments import MediaType, Refusal, RefusedError

HEAD: Final = 1024
"""Bytes at the beginning within which lenient readers look for a signature."""

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_SEQUENCES: Final = frozenset({b"hevc", b"hevx", b"msf1", b"avis"})
_XML: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:\?xml|svg|!doctype svg|!--)", re.IGNORECASE)
_SVG: Final = re.compile(rb"<svg[\s>]", re.IGNORECASE)


def sniff(head: bytes) -> MediaType:
    """The type of a file.

    Args:
        head: its first `HEAD` bytes, or all of it.

    Raises:
        RefusedError: it is none that is taken.
    """
    if not head:
        raise RefusedError(Refusal.EMPTY)
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head.startswith(b"%PDF-"):
        return MediaType.PDF
    if head[4:8] == b"ftyp":
        return _isobmff(head)
    if _SVG.search(head[:HEAD]) or _XML.match(head):
        raise RefusedError(Refusal.SVG)
    if b"%PDF-" in head[:HEAD]:
        # what lenient readers take for a document has something else before it
        raise RefusedError(Refusal.POLYGLOT)
    raise RefusedError(Refusal.UNKNOWN_TYPE)


def _isobmff(head: bytes) -> MediaType:
    """A file of boxes (ISO/IEC 14496-12, 4.3): its brands tell what it is."""
    size = min(int.from_bytes(head[:4]), len(head))
    major = head[8:12]
    brands = {major, *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if major in _SEQUENCES:
        raise RefusedError(Refusal.ANIMATED)
    if brands & _HEIC_BRANDS and b"avif" not in brands:
        return MediaType.HEIC
    raise RefusedError(Refusal.UNKNOWN_TYPE)
