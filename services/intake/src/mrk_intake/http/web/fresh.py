"""Answers that many ask for and that change seldom: kept for moments, and told as unchanged."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from time import monotonic
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.http.status import matches
from mrk_pages.assets import accepts_gzip

FRESH_S: Final = 15.0
"""Seconds for which an answer is given again without asking the database."""
MOST: Final = 64
"""Answers kept in a process."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer.

    Attributes:
        tag: weak, since it is sent packed and plain.
        since: since when this process knows it as it is (UTC, whole seconds): never earlier than
            the change, so that nobody is told of no change by mistake.
        looked: when it was made, by the process's clock.
    """

    body: bytes
    tag: str
    since: datetime
    looked: float


class Fresh:
    """Keeps answers.

    Args:
        media_type: of all of them.
        fresh_s: seconds for which one is given again.
    """

    def __init__(self, media_type: str, fresh_s: float = FRESH_S) -> None:
        self._media_type = media_type
        self._fresh_s = fresh_s
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    async def answer(
        self, request: Request, key: str, make: Callable[[], Awaitable[bytes]]
    ) -> Response:
        """The answer to a request, 304 where the client has it.

        Args:
            request: says what the client has (RFC 9110, 13.1.2 and 13.1.3).
            key: what is asked for, in one form alone.
            make: makes it anew.

        Raises:
            Exception: as `make`.
        """
        kept = self._kept.get(key)
        if kept is None or monotonic() - kept.looked >= self._fresh_s:
            looked = monotonic()
            kept = self._keep(key, await make(), looked)
        headers = {
            "cache-control": f"public, max-age={int(self._fresh_s)}",
            "etag": kept.tag,
            "last-modified": format_datetime(kept.since, usegmt=True),
            "vary": "Accept-Encoding",
        }
        if _unchanged(request, kept):
            return Response(status_code=304, headers=headers)
        body = kept.body
        if accepts_gzip(request):
            body = gzip.compress(body, compresslevel=6, mtime=0)
            headers["content-encoding"] = "gzip"
        return Response(body, headers=headers, media_type=self._media_type)

    def _keep(self, key: str, body: bytes, looked: float) -> Kept:
        tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        before = self._kept.pop(key, None)
        now = datetime.now(UTC).replace(microsecond=0)
        since = before.since if before is not None and before.tag == tag else now
        self._kept[key] = kept = Kept(body, tag, since, looked)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return kept


def _unchanged(request: Request, kept: Kept) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return matches(tags, kept.tag.removeprefix("W/"))
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    # a date without a zone is no HTTP date
    return since.tzinfo is not None and kept.since <= since
