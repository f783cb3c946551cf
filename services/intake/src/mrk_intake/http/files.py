"""Which of a report's files a timeline tells of, and to whom."""

from collections.abc import Sequence
from typing import Any, Final

from mrk_intake.domain import private
from mrk_intake.domain.attachments import MediaType, Purpose
from mrk_intake.store.attachments import File

PATH: Final = "/api/v1/attachments"


def is_public(file: File) -> bool:
    """Whether the public sees a file."""
    shown = private.public(file.kind, confidential=file.confidential)
    return shown and not file.restricted and file.media_type is not MediaType.PDF


def described(files: Sequence[File], public_url: str, *, proven: bool) -> dict[str, Any]:
    """What a timeline tells of a report's files, to the public or to its reporter."""
    shown = [file for file in files if proven or is_public(file)]
    told: dict[str, Any] = {}
    for field, purpose in (("attachments", Purpose.REPORT), ("proofs", Purpose.PROOF)):
        of_purpose = [_described(f, public_url) for f in shown if f.purpose is purpose]
        if of_purpose:
            told[field] = of_purpose
    return told


def _described(file: File, public_url: str) -> dict[str, Any]:
    url = f"{public_url}{PATH}/{file.name}"
    told: dict[str, Any] = {"url": url, "media_type": file.media_type, "size": file.size}
    if file.thumbnail is not None:
        told |= {"thumbnail_url": f"{url}/thumbnail", "width": file.width, "height": file.height}
    return told
