"""What a photo or a document may be, why one is refused, and what is told of one. No bytes here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

MIB: Final = 1024 * 1024
MAX_BYTES: Final = 10 * MIB
"""The largest file that is taken."""
MAX_A_REPORT: Final = 5
"""Attachments of one report."""
MAX_PIXELS: Final = 40_000_000
"""Pixels of the largest image that is decoded: 160 MB as RGBA, judged before decoding."""
MAX_SIDE: Final = 20_000
"""The longest side of an image that is decoded, in pixels."""
MAX_EDGE: Final = 4096
"""The longest side of an image that is kept, in pixels."""
THUMBNAIL_EDGE: Final = 320
"""The longest side of a thumbnail, in pixels."""
MAX_PAGES: Final = 50
"""Pages of a document."""


class MediaType(StrEnum):
    """What is taken. Images are kept as JPEG, whatever they came as."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"


_OTHER_NAMES: Final = {
    "image/jpg": MediaType.JPEG,
    "image/pjpeg": MediaType.JPEG,
    "image/heif": MediaType.HEIC,
}


def media_type(written: str) -> MediaType | None:
    """The type that a client names; None for one that is not taken."""
    name = written.partition(";")[0].strip().lower()
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    return MediaType(name) if name in set(MediaType) else None


class Refusal(StrEnum):
    """Why a file is not taken; `mrk_intake.http.refusals` has the texts."""

    UNKNOWN_TYPE = "unknown-type"
    SVG = "svg"
    OTHER_TYPE = "other-type"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    POLYGLOT = "polyglot"
    ANIMATED = "animated"
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_HEAVY = "too-heavy"
    PDF_ENCRYPTED = "pdf-encrypted"
    PDF_ACTIVE = "pdf-active"
    PDF_TOO_LONG = "pdf-too-long"


class RefusedError(Exception):
    """The file is not taken.

    Attributes:
        why: the reason.
    """

    log_safe = True

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


class Purpose(StrEnum):
    """Whose a file is: a reporter's, or an agency's proof of its work."""

    REPORT = "report"
    PROOF = "proof"


class State(StrEnum):
    """How far an upload has come."""

    RECEIVING = "receiving"
    EXAMINING = "examining"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a photo told of itself, before it was taken out: for the reporter's form alone.

    Attributes:
        lat: degrees, WGS 84; None together with `lon`.
        lon: degrees, WGS 84.
        taken_at: when the photo was taken, with the zone that the camera told; None without one.
    """

    lat: float | None = None
    lon: float | None = None
    taken_at: datetime | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to offer."""
        return self.lat is not None or self.taken_at is not None


@dataclass(frozen=True, slots=True)
class Clean:
    """A file as it is kept.

    Attributes:
        media_type: of the bytes that are kept.
        size: their number.
        sha256: their digest.
        width: in pixels; None of a document.
        height: in pixels; None of a document.
        thumbnail: whether there is one.
    """

    media_type: MediaType
    size: int
    sha256: bytes
    width: int | None
    height: int | None
    thumbnail: bool
