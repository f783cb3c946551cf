"""A report's photos and documents on its page, and the addresses under which pages show files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.routing import Route

from mrk_intake.domain.attachments import THUMBNAIL_EDGE, Purpose
from mrk_intake.http.attachments import Attachments, header_proof
from mrk_intake.http.files import is_public
from mrk_intake.store import attachments
from mrk_intake.store.attachments import File

PROOF: Final = "bukti"
"""The cookie that proves the reporter: the tracking secret, sent to that report's pages alone."""

PUBLIC: Final = "/berkas/{name}"
"""Where everybody finds what is public."""

OF_REPORT: Final = "/laporan/{number}/berkas/{name}"
"""Where the cookie of a report's pages is sent, so that its reporter finds all of it."""


def page_proof(request: Request) -> str | None:
    """The secret as a script sends it, or as the browser keeps it for the report's pages."""
    return header_proof(request) or request.cookies.get(PROOF)


def routes(shows: Attachments) -> list[Route]:
    """The addresses of files."""
    return [
        Route(path + ending, serve, methods=["GET"])
        for path in (PUBLIC, OF_REPORT)
        for ending, serve in (("", shows.kept), ("/thumbnail", shows.thumbnail))
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as a page shows it.

    Attributes:
        url: of the file.
        small: of its thumbnail; None of a document.
        width: of the thumbnail, in pixels.
        height: of the thumbnail, in pixels.
        size: of the file, in bytes.
        public: whether everybody sees it.
    """

    url: str
    small: str | None
    width: int
    height: int
    size: int
    public: bool


@dataclass(frozen=True, slots=True)
class Gallery:
    """What a report's page shows.

    Attributes:
        own: what the reporter sent.
        proofs: what agencies show of their work.
    """

    own: Sequence[Shown]
    proofs: Sequence[Shown]


def gallery_of(files: Sequence[File], number: str, *, proven: bool) -> Gallery:
    """The files of a report that may be seen.

    Args:
        files: all that it has.
        number: the report's.
        proven: whether its reporter looks.
    """
    seen = [file for file in files if proven or is_public(file)]
    own, proofs = (
        tuple(_shown(file, number) for file in seen if file.purpose is purpose)
        for purpose in (Purpose.REPORT, Purpose.PROOF)
    )
    return Gallery(own, proofs)


def _shown(file: File, number: str) -> Shown:
    url = OF_REPORT.format(number=number, name=file.name)
    width, height = _fitted(file.width or 0, file.height or 0)
    small = None if file.thumbnail is None else f"{url}/thumbnail"
    return Shown(url, small, width, height, file.size, is_public(file))


def _fitted(width: int, height: int) -> tuple[int, int]:
    """A thumbnail's sides: the browser keeps its place before it comes."""
    scale = min(1.0, THUMBNAIL_EDGE / max(width, height, 1))
    return round(width * scale), round(height * scale)


@dataclass(frozen=True, slots=True)
class Picture:
    """A report's first public photo, small, beside its words in a list.

    Attributes:
        width: in pixels.
        height: in pixels.
    """

    url: str
    width: int
    height: int


async def pictures_of(conn: Any, complaints: Sequence[UUID]) -> dict[UUID, Picture]:
    """The pictures of reports that have one that everybody may see."""
    found: dict[UUID, Picture] = {}
    for file in await attachments.thumbnails(conn, complaints):
        if file.complaint not in found and is_public(file):
            url = f"{PUBLIC.format(name=file.name)}/thumbnail"
            found[file.complaint] = Picture(url, *_fitted(file.width or 0, file.height or 0))
    return found
