"""Limits of a request's body: its size and the time that it may take."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from mrk_telemetry import metrics
from mrk_telemetry.serving import ASGIApp, Message, Receive, Scope, Send
from mrk_web.problems import TOO_LARGE, TOO_SLOW, Answering, Problem, ProblemError, as_details

BODY_THERE: Final = "mrk.body_there"
"""Key of a scope: the server has read the whole body, so nothing of it can come late."""

_REASONS: Final = {TOO_LARGE.name: "size", TOO_SLOW.name: "slow"}


class BodyLimit:
    """Pure ASGI: 413 for a body that is too large, 408 for one that is too slow.

    A declared length is judged before the app is called; a streamed body as it comes. The
    connection is closed after the refusal: the rest of the body is not read.

    Args:
        app: the application within.
        max_bytes: the largest body, in bytes.
        timeout_s: seconds from the headers to the body's last byte.
        answering: how the refusal is answered.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, timeout_s: float, answering: Answering = as_details
    ) -> None:
        if max_bytes < 0 or timeout_s <= 0:
            raise ValueError("max_bytes must be 0 or more and timeout_s above 0")
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._answering = answering

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request within the limits."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        declared = _declared(scope)
        if declared is not None and declared > self._max_bytes:
            return self._refuse(TOO_LARGE, scope, receive, send)
        if declared == 0 or (declared is not None and BODY_THERE in scope):
            return self._app(scope, receive, send)
        return self._within(scope, receive, send)

    async def _within(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(self._max_bytes, self._timeout_s, receive, send)
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            if body.refused is None or body.started:
                raise
        if body.refused is not None and not body.started:
            await self._refuse(body.refused, scope, receive, send)

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        metrics.request_refused(_REASONS[problem.name])
        refusal = ProblemError(problem, headers={"connection": "close"})
        await self._answering(scope, refusal)(scope, receive, send)


class _Body:
    """One request's body as it comes."""

    def __init__(self, max_bytes: int, timeout_s: float, receive: Receive, send: Send) -> None:
        self.refused: Problem | None = None
        self.started = False
        self._left = max_bytes
        self._complete = False
        self._deadline = asyncio.get_running_loop().time() + timeout_s
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()  # waits for the disconnect, as long as the app works
        if self.refused is not None:
            raise ProblemError(self.refused)
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self.refused = TOO_SLOW
            raise ProblemError(TOO_SLOW) from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._left < 0:
                self.refused = TOO_LARGE
                raise ProblemError(TOO_LARGE)
        return message

    async def send(self, message: Message) -> None:
        if self.refused is not None and not self.started:
            return  # whatever the app makes of the cut body, the refusal is the answer
        self.started = True
        await self._send(message)


def _declared(scope: Scope) -> int | None:
    chunked = False
    length: int | None = None
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"transfer-encoding":
            chunked = True
    if chunked:
        return None
    return length if length is not None else 0
