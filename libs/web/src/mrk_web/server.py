"""An app with every guard around it, under uvicorn with limits that ASGI cannot see."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mrk_telemetry import metrics
from mrk_telemetry.health import Health
from mrk_telemetry.ops import OPS_PATHS, ops_app
from mrk_telemetry.serving import DRAIN_S, ASGIApp, Listening, Receive, Scope, Send, serve
from mrk_telemetry.traces import TraceMiddleware
from mrk_web.bodies import BODY_THERE, BodyLimit
from mrk_web.headers import API_POLICY, SecurityHeaders
from mrk_web.observe import RequestMetrics, route_template
from mrk_web.overload import OverloadLimit
from mrk_web.problems import Answering, ErrorBoundary, as_details
from mrk_web.transport import TogetherTransport

HEADER_TIMEOUT_S: Final = 10.0
MAX_HEADER_BYTES: Final = 32 * 1024


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one HTTP role takes.

    Attributes:
        max_body_bytes: the largest body.
        body_timeout_s: seconds from the headers to the body's last byte.
        max_in_flight: the most requests at once.
        retry_after_s: what clients are told to wait when it is full.
    """

    max_body_bytes: int
    body_timeout_s: float
    max_in_flight: int
    retry_after_s: int = 1


def harden(  # noqa: PLR0913  # a guard's words each
    app: ASGIApp,
    limits: HttpLimits,
    *,
    policy: str = API_POLICY,
    private: bool = True,
    exempt: Collection[str] = OPS_PATHS,
    answering: Answering = as_details,
) -> ASGIApp:
    """`app` within spans, metrics, security headers, error boundary, overload and body limits.

    Args:
        app: the application.
        limits: what it takes.
        policy: Content-Security-Policy of answers that set none.
        private: whether answers that say nothing are `no-store`.
        exempt: paths outside of metrics and the overload limit.
        answering: how every problem is answered.
    """
    guarded: ASGIApp = BodyLimit(app, limits.max_body_bytes, limits.body_timeout_s, answering)
    guarded = OverloadLimit(
        guarded,
        limits.max_in_flight,
        retry_after_s=limits.retry_after_s,
        exempt=exempt,
        answering=answering,
    )
    guarded = SecurityHeaders(ErrorBoundary(guarded, answering), policy=policy, private=private)
    return TraceMiddleware(RequestMetrics(guarded, exempt=exempt), route_template)


def with_ops(app: ASGIApp, health: Health) -> ASGIApp:
    """`app`, with `/livez`, `/readyz` and `/metrics` answered beside it.

    Only for an address that the public cannot reach; else serve the operations paths on an
    address of their own.
    """
    ops = ops_app(health)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = ops if scope["type"] == "http" and scope["path"] in OPS_PATHS else app
        await chosen(scope, receive, send)

    return dispatch


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, closing a connection whose headers come too slowly or are too large.

    ASGI starts after the headers, so a middleware cannot see a client that never ends them.
    It also tells the application that a body is there already (`BODY_THERE`), and sends an
    answer's head and body together.
    """

    header_timeout_s: float = HEADER_TIMEOUT_S
    max_header_bytes: int = MAX_HEADER_BYTES

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Start the clock with the connection."""
        super().connection_made(TogetherTransport(transport, self.loop))
        self._header_bytes = 0
        self._header_timer: asyncio.TimerHandle | None = None
        self._in_headers = True
        self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock with the connection."""
        self._stop_header_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before the headers end; headers that are still to end have a time."""
        if self._in_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        if not self._in_headers or not self._header_bytes:
            return
        if self._header_bytes > self.max_header_bytes:
            self._refuse_headers("header-size", b"431 Request Header Fields Too Large")
        elif self._header_timer is None:
            self._start_header_timer()

    def on_message_begin(self) -> None:
        """A request begins, perhaps behind another one in the same data."""
        super().on_message_begin()
        self._stop_header_timer()  # of the connection: a request's headers get their own time
        self._header_bytes = max(1, self._header_bytes)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count trailers too: they come after the headers and are kept in memory as well."""
        super().on_header(name, value)
        if not self._in_headers:
            self._header_bytes += len(name) + len(value)
            if self._header_bytes > self.max_header_bytes:
                self._refuse_headers("header-size", b"431 Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        """The headers are there."""
        self._in_headers = False
        self._stop_header_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next are the headers of another request."""
        self._in_headers = True
        self._header_bytes = 0
        self.scope[BODY_THERE] = True  # type: ignore[typeddict-unknown-key]  # a key of our own
        super().on_message_complete()

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(self.header_timeout_s, self._headers_late)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _headers_late(self) -> None:
        self._refuse_headers("header-slow", b"408 Request Timeout")

    def _refuse_headers(self, reason: str, status: bytes) -> None:
        self._stop_header_timer()
        if self.transport.is_closing():
            return
        metrics.request_refused(reason)
        busy = self.cycle is not None and not self.cycle.response_complete
        if not busy:  # an earlier request's answer must not be mixed with this one
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            )
        self.transport.close()


@contextlib.asynccontextmanager
async def serve_http(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    lifespan: Literal["auto", "on", "off"] = "off",
    drain_s: int = DRAIN_S,
) -> AsyncIterator[Listening]:
    """Serve `app` while the block runs, with limits on headers; on leaving, drain.

    Args:
        app: the application, usually from `harden`.
        host: address to bind.
        port: port to bind; 0 chooses a free one.
        lifespan: whether the app has start-up and shutdown of its own.
        drain_s: seconds that requests in flight may take after the block ends.

    Raises:
        CannotListen: the address cannot be bound.
    """
    protocol: Any = GuardedProtocol
    async with serve(
        app, host, port, lifespan=lifespan, protocol=protocol, drain_s=drain_s
    ) as listening:
        yield listening
