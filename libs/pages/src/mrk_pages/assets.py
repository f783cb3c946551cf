"""Static files: read and compressed once, under a name that changes with their content."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mrk_web.problems import NOT_FOUND, ProblemError

PATH: Final = "/static/{digest}/{name:path}"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_LOOK: Final = b'@import "look.css";'
"""In a style sheet: what all pages of the city share stands here. A browser is sent one file."""

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `packed` is its gzip form."""

    plain: bytes
    packed: bytes
    media_type: str


class Assets:
    """The files of a folder, all under one digest, so that they name each other relatively.

    Args:
        folder: read whole, at the start.
    """

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Asset] = {}
        digest = hashlib.blake2b(digest_size=8)
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            name, plain = file.relative_to(folder).as_posix(), file.read_bytes()
            if _LOOK in plain:
                look = Path(__file__).with_name("look.css").read_bytes()
                plain = plain.replace(_LOOK, look.strip())
            digest.update(f"{len(name)}:{name}{len(plain)}:".encode() + plain)
            packed = gzip.compress(plain, mtime=0)
            self._files[name] = Asset(plain, packed, _media_type(file))
        self.digest = digest.hexdigest()

    def url(self, name: str) -> str:
        """Where a file is.

        Raises:
            KeyError: there is no such file.
        """
        self._files[name]  # a template that names no file fails where it is written
        return f"/static/{self.digest}/{name}"

    def names(self) -> list[str]:
        """Every file, by its path in the folder."""
        return list(self._files)

    def packed_size(self, name: str) -> int:
        """Bytes of a file on the way to a browser."""
        return len(self._files[name].packed)

    async def serve(self, request: Request) -> Response:
        """Serve one file.

        A page that an earlier release rendered asks under that release's digest: it gets what
        there is now, and keeps it for no time.

        Raises:
            ProblemError: 404.
        """
        asset = self._files.get(request.path_params["name"])
        if asset is None:
            raise ProblemError(NOT_FOUND)
        current = request.path_params["digest"] == self.digest
        headers = {
            "cache-control": _FOR_EVER if current else "no-cache",
            "vary": "Accept-Encoding",
        }
        packed = accepts_gzip(request)
        if packed:
            headers["content-encoding"] = "gzip"
        body = asset.packed if packed else asset.plain
        return Response(body, media_type=asset.media_type, headers=headers)


def accepts_gzip(request: Request) -> bool:
    """Whether the browser takes gzip (RFC 9110, 12.5.3)."""
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, parameter = part.strip().partition(";")
        if coding.strip() in {"gzip", "*"}:
            return parameter.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _media_type(file: Path) -> str:
    found = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0]
    return found or "application/octet-stream"
