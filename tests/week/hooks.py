"""A receiver of signed webhooks, as an agency builds one: what it got, and what it refused."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_web.server import serve_http

REFUSED, LOST, ROUND = 11, 29, 40
"""Of so many new messages one is refused before it is stored, and one after: its answer is lost."""
PATH: Final = "/masuk/perkara"
_TAKEN: Final = Response(status_code=204)
_FORGED: Final = Response(status_code=400)
_BROKEN: Final = Response(status_code=500)


class Receiver:
    """Verifies each message, stores it once by its id, and fails now and then.

    Attributes:
        url: where it listens; empty before it does.
        messages: what was stored, in the order in which it came: by `webhook-id`.
        counts: how messages were answered, a word each.
    """

    def __init__(self) -> None:
        self.url = ""
        self.messages: dict[str, dict[str, Any]] = {}
        self.counts: Counter[str] = Counter()
        self._secret: str | None = None
        self._versions: dict[str, int] = defaultdict(int)
        self._spared: set[str] = set()
        self._more = asyncio.Condition()

    def trust(self, secret: str) -> None:
        """Verify by this secret, in the form in which the city gives it; before it, nothing is."""
        self._secret = secret

    async def take(self, request: Request) -> Response:
        """Answer one delivery."""
        body, headers = await request.body(), dict(request.headers)
        try:
            self._verify(body, headers)
        except (WebhookVerificationError, ValueError):  # ValueError: a signature that is none
            return self._said("forged", _FORGED)
        id_ = headers["webhook-id"]
        if id_ in self.messages:
            return self._said("again", _TAKEN)
        turn = (len(self.messages) + len(self._spared)) % ROUND
        if turn == REFUSED and id_ not in self._spared:
            self._spared.add(id_)
            return self._said("refused", _BROKEN)
        event = json.loads(body)
        self.messages[id_] = event
        async with self._more:
            complaint = event["subject"]
            self._versions[complaint] = max(self._versions[complaint], int(event["sequence"]))
            self._more.notify_all()
        return self._said("lost", _BROKEN) if turn == LOST else self._said("taken", _TAKEN)

    def _verify(self, body: bytes, headers: dict[str, str]) -> None:
        if self._secret is None:
            raise WebhookVerificationError("no secret yet")
        Webhook(self._secret).verify(body, headers, json_parse=False)

    def _said(self, word: str, answer: Response) -> Response:
        self.counts[word] += 1
        return answer

    async def knows(self, complaint: str, version: int) -> int:
        """The newest version of a case that was told here, once it is at least this one."""
        async with self._more:
            await self._more.wait_for(lambda: self._versions[complaint] >= max(version, 1))
            return self._versions[complaint]

    async def full(self, many: int) -> None:
        """Return when so many messages are here."""
        async with self._more:
            await self._more.wait_for(lambda: len(self.messages) >= many)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listen on loopback until the block ends."""
    receiver = Receiver()
    app = Starlette(routes=[Route(PATH, receiver.take, methods=["POST"])])
    async with serve_http(app, "127.0.0.1", 0) as listening:
        receiver.url = f"http://127.0.0.1:{listening.port}{PATH}"
        yield receiver
