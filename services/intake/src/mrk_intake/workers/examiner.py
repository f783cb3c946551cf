"""The examiner: a process that reads one file of a stranger's, and may do nothing else.

`python -m mrk_intake.workers.examiner FOLDER HINT` reads `FOLDER/given`, writes `FOLDER/clean` and
`FOLDER/thumbnail`, and says on its output what it found, one JSON object. It knows no secret, holds
no connection, and ends when it has used up its processor time or its memory.
"""

import hashlib
import json
import resource
import sys
from pathlib import Path
from typing import Any, Final

from mrk_intake.domain import containers, offered, sniff
from mrk_intake.domain.attachments import (
    MAX_BYTES,
    Clean,
    MediaType,
    Offer,
    Refusal,
    RefusedError,
)

MEMORY_BYTES: Final = 768 * 1024 * 1024
"""Address space of the process: what 40 million pixels take, twice, and the libraries."""
CPU_S: Final = 20
"""Seconds of processor time."""
_FILES: Final = 64
_LARGEST_FILE: Final = 64 * 1024 * 1024

GIVEN, CLEAN, THUMBNAIL = "given", "clean", "thumbnail"


def confine() -> None:
    """Take the limits; they cannot be raised again."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def examine(data: bytes, hint: MediaType | None) -> tuple[Clean, Offer, bytes, bytes | None]:
    """Judge a file and clean it.

    Args:
        data: at most `MAX_BYTES`.
        hint: the type that its sender named; None where they named none.

    Returns:
        What it is now, what it told, its bytes as they are kept, and its thumbnail's.

    Raises:
        RefusedError: it is not taken.
        MemoryError: it needs more than the process may take.
    """
    if len(data) > MAX_BYTES:
        raise RefusedError(Refusal.TOO_LARGE)
    found = sniff.sniff(data[: sniff.HEAD])
    if hint is not None and hint is not found:
        raise RefusedError(Refusal.OTHER_TYPE)
    containers.whole(data, found)
    if found is MediaType.PDF:
        from mrk_intake.workers import documents  # noqa: PLC0415  # only what the file needs

        document = documents.cleaned(data)
        digest = hashlib.sha256(document).digest()
        clean = Clean(MediaType.PDF, len(document), digest, None, None, thumbnail=False)
        return clean, Offer(), document, None
    from mrk_intake.workers import images  # noqa: PLC0415  # as above

    photo, thumbnail, (width, height), told = images.cleaned(data, found)
    digest = hashlib.sha256(photo).digest()
    clean = Clean(MediaType.JPEG, len(photo), digest, width, height, thumbnail=True)
    return clean, told, photo, thumbnail


def _said(folder: Path, hint: MediaType | None) -> dict[str, Any]:
    try:
        clean, told, kept, thumbnail = examine((folder / GIVEN).read_bytes(), hint)
    except RefusedError as error:
        return {"refused": error.why.value}
    except (MemoryError, RecursionError):
        return {"refused": Refusal.TOO_HEAVY.value}
    (folder / CLEAN).write_bytes(kept)
    if thumbnail is not None:
        (folder / THUMBNAIL).write_bytes(thumbnail)
    return {
        "media_type": clean.media_type.value,
        "size": clean.size,
        "sha256": clean.sha256.hex(),
        "width": clean.width,
        "height": clean.height,
        "thumbnail": clean.thumbnail,
        "offer": json.loads(offered.to_json(told)),
    }


if __name__ == "__main__":
    confine()
    _hint = MediaType(sys.argv[2]) if sys.argv[2] else None
    sys.stdout.write(json.dumps(_said(Path(sys.argv[1]), _hint)))
