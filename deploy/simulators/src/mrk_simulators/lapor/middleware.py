"""Carries out the faults that the plan decides on, around the endpoints."""

import asyncio
import json
import random
import re
from typing import Any

import structlog
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mrk_simulators.faults import Fault, FaultPlan
from mrk_simulators.http_server import TRANSPORT
from mrk_simulators.lapor.context import FAULT
from mrk_simulators.process import pause
from mrk_simulators.transport import reset

GROUPS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("complaint", "POST", re.compile(r"/complaints/complaint|/api/stream/addstream")),
    ("file", "POST", re.compile(r"/complaints/complaint/file")),
    ("followup", "POST", re.compile(r"/complaints/followup/add|/complaints/process/\d+/reject")),
    ("lookup", "GET", re.compile(r"/complaints/complaint/search")),
    ("poll", "GET", re.compile(r"/complaints/\d+/\w+|/complaints/complaint|/pengaduan/\d+")),
    ("masters", "GET", re.compile(r"/masters/.+")),
    ("masters", "POST", re.compile(r"/api/services/f01/gettopics")),
)

_EVERYWHERE = frozenset(
    {
        "latency",
        "rate_limited",
        "server_error",
        "expired_token",
        "reset_before",
        "reset_after",
        "late_store",
        "timeout",
        "malformed_json",
        "html_page",
    }
)
KINDS = {group: _EVERYWHERE for group, _, _ in GROUPS} | {
    "poll": _EVERYWHERE | {"out_of_order", "repeated"}
}
BODY_LIMIT = 32 * 1024 * 1024
"""Bytes; a request's files together stay below it."""

_STORED_UNLESS_SAID = {"malformed_json": True}
_PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"
)

log = structlog.get_logger()


class FaultMiddleware:
    """Between the connection and the endpoints: delays, refuses, cuts, and spoils answers."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, stopping: asyncio.Event) -> None:
        """Serve `app` under `plan`; waits end early once `stopping` is set."""
        self._app = app
        self._plan = plan
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        group = group_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if group is None:
            await self._app(scope, receive, send)
            return
        # Read to the end first: an endpoint that starts after the client has gone must still
        # see the whole request.
        body = await _read(receive)
        if body is None:
            return
        if len(body) > BODY_LIMIT:
            await _message(413, "Request Entity Too Large")(scope, receive, send)
            return
        text = f"{scope['path']}?{scope['query_string'].decode('latin-1')}\n"
        decision = self._plan.draw(group, text + body.decode("utf-8", "replace"))
        if decision.latency:
            await pause(decision.latency, self._stopping)
        exchange = _Exchange(self._app, scope, body, receive, send)
        if decision.fault is None:
            await exchange.run()
            return
        log.info("lapor.fault", group=group, kind=decision.fault.kind)
        scope["state"][FAULT] = decision.fault.kind
        await self._strike(exchange, decision.fault)

    async def _strike(self, exchange: "_Exchange", fault: Fault) -> None:
        stored = fault.stored
        if stored is None:
            stored = _STORED_UNLESS_SAID.get(fault.kind, False)
        match fault.kind:
            case "reset_before":
                await exchange.cut()
            case "reset_after":
                await exchange.answer()
                await exchange.cut()
            case "late_store":
                await pause(fault.seconds, self._stopping)
                await exchange.run()
                log.info("lapor.stored_late")
            case "out_of_order" | "repeated":
                await exchange.reply(_disarranged(await exchange.answer(), fault.kind))
            case _:
                answer = await exchange.answer() if stored else None
                if fault.kind == "timeout":
                    await self._hold(exchange, fault.seconds)
                else:
                    await exchange.reply(_spoilt(fault, answer))

    async def _hold(self, exchange: "_Exchange", seconds: float) -> None:
        """Never answer: until the client leaves, the time is over or the process stops."""
        gone = asyncio.create_task(exchange.gone())
        waited = asyncio.create_task(pause(seconds, self._stopping))
        _, pending = await asyncio.wait({gone, waited}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await exchange.cut()


class _Exchange:
    """One request, read to its end, and the ways in which it can be answered."""

    def __init__(
        self, app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send
    ) -> None:
        self._app = app
        self._scope = scope
        self._body = body
        self._receive = receive
        self._send = send

    async def run(self) -> None:
        """Answer as the endpoint answers."""
        await self._app(self._scope, self._replay(), self._send)

    async def answer(self) -> Response:
        """Let the endpoint act, and keep its answer back."""
        start: Message = {}
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(self._scope, self._replay(), keep)
        response = Response(b"".join(parts), start["status"])
        response.raw_headers = start["headers"]
        return response

    async def reply(self, response: Response) -> None:
        """Send `response`."""
        await response(self._scope, self._receive, self._send)

    async def cut(self) -> None:
        """Reset the connection, and return once it is gone."""
        reset(self._scope["state"][TRANSPORT])
        await self.gone()

    async def gone(self) -> None:
        """Return once the client has left."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _replay(self) -> Receive:
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return await self._receive()
            given = True
            return {"type": "http.request", "body": self._body, "more_body": False}

        return receive


def group_of(method: str, path: str) -> str | None:
    """The route group that a request belongs to; None for the simulator's own pages."""
    for group, verb, pattern in GROUPS:
        if method == verb and pattern.fullmatch(path):
            return group
    return None


async def _read(receive: Receive) -> bytes | None:
    """The request's body; None when the client left before its end."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message["body"])
        if size <= BODY_LIMIT + 1:
            parts.append(message["body"])
        else:  # too long: read on, keep no more than tells so
            parts = [b"\0" * (BODY_LIMIT + 1)]
        more = message["more_body"]
    return b"".join(parts)


def _message(status: int, text: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"status": status, "message": text}, status, headers)


def _spoilt(fault: Fault, answer: Response | None) -> Response:
    match fault.kind:
        case "rate_limited":
            return _message(429, "Too Many Requests", {"retry-after": str(fault.retry_after)})
        case "server_error":
            return _message(500, "Internal Server Error")
        case "expired_token":
            return _message(401, "Token has expired")
        case "html_page":
            return HTMLResponse(_PAGE, 200)
        case "malformed_json":
            whole = bytes(answer.body) if answer else b'{"results": {"data": []}}'
            # Cut within the last token, as a proxy that gave up half-way would.
            return Response(whole[: max(1, len(whole) // 2)], 200, media_type="application/json")
        case _:
            raise ValueError(f"no answer for a fault of kind {fault.kind}")


def _disarranged(answer: Response, kind: str) -> Response:
    """The answer's `results.data` shuffled, or with each of its entries twice."""
    if answer.status_code != 200 or answer.media_type == "text/html":
        return answer
    document: dict[str, Any] = json.loads(bytes(answer.body))
    data = document.get("results", {}).get("data")
    if not isinstance(data, list):
        return answer
    if kind == "repeated":
        document["results"]["data"] = [entry for entry in data for _ in range(2)]
    else:
        # Seeded by the content, so that a repeated poll finds the same wrong order.
        mixed = random.Random(len(data)).sample(data, len(data))  # noqa: S311  # not secret
        document["results"]["data"] = mixed if mixed != data else data[::-1]
    return JSONResponse(document)
