"""`/livez`, `/readyz` and `/metrics`: what a supervisor and Prometheus ask of every role."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Final

from mrk_telemetry import metrics
from mrk_telemetry.health import Detail, Health
from mrk_telemetry.serving import ASGIApp, Listening, Receive, Scope, Send, serve

OPS_PATHS: Final = frozenset({"/livez", "/readyz", "/metrics"})
_DRAIN_S: Final = 2


def ops_app(health: Health) -> ASGIApp:
    """An ASGI app that answers `OPS_PATHS` and 404 elsewhere.

    Liveness and readiness answer 200 or 503 with JSON detail. A role with HTTP of its own may
    dispatch `OPS_PATHS` to it, on an address that the public cannot reach.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # no body is read
        if scope["type"] != "http":
            raise RuntimeError(f"the operations app serves http, not {scope['type']}")
        status, kind, body = _answer(health, scope["method"], scope["path"])
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if status == 405:
            headers.append((b"allow", b"GET, HEAD"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        sent = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})

    return app


def _answer(health: Health, method: str, path: str) -> tuple[int, str, bytes]:
    if path not in OPS_PATHS:
        return 404, "text/plain; charset=utf-8", b"not found\n"
    if method not in {"GET", "HEAD"}:
        return 405, "text/plain; charset=utf-8", b"method not allowed\n"
    match path:
        case "/livez":
            return _verdict(*health.livez())
        case "/readyz":
            return _verdict(*health.readyz())
        case _:
            body, kind = metrics.expose()
            return 200, kind, body


def _verdict(ok: bool, detail: Detail) -> tuple[int, str, bytes]:  # noqa: FBT001  # unpacked pair
    return 200 if ok else 503, "application/json", json.dumps(detail).encode() + b"\n"


@contextlib.asynccontextmanager
async def serve_ops(health: Health, host: str, port: int) -> AsyncIterator[Listening]:
    """Serve `ops_app(health)` while the block runs.

    Args:
        health: the process's beats and conditions.
        host: address to bind.
        port: port to bind; 0 chooses a free one.

    Raises:
        CannotListen: the address cannot be bound.
    """
    async with serve(ops_app(health), host, port, drain_s=_DRAIN_S) as listening:
        yield listening
