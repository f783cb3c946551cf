"""W3C trace context for every role, spans for those with an OTLP endpoint.

Without an endpoint nothing is recorded and the SDK is not imported, yet an incoming
`traceparent` stays current and is passed on unchanged: a role without an exporter must not cut
the trace of the others.
"""

import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from mrk_telemetry.serving import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Attributes = Mapping[str, str | int | float | bool]
__all__ = [
    "SpanKind",
    "TraceMiddleware",
    "current_traceparent",
    "flush_tracing",
    "is_sampled",
    "parse_traceparent",
    "setup_tracing",
    "shutdown_tracing",
    "start_span",
]

# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT: Final = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED: Final = 0x01
_EXPORT_TIMEOUT_S: Final = 5
_EMPTY: Final = otel_context.Context()


class _State:
    """The process's tracer; a class so that set-up and shutdown share it without globals."""

    provider: "TracerProvider | None" = None
    tracer: trace.Tracer = trace.NoOpTracer()


def setup_tracing(service: str, role: str, endpoint: str | None, sample_ratio: float = 1.0) -> None:
    """Start recording spans when there is an endpoint; else do nothing.

    Args:
        service: `service.name` of the resource.
        role: `service.namespace`-like detail, recorded as `mrk.role`.
        endpoint: base URL of an OTLP/HTTP receiver; spans go to `<endpoint>/v1/traces` as
            protobuf. None: tracing stays a pass-through.
        sample_ratio: share of new traces that is recorded, 0 to 1; a parent's choice wins.

    Raises:
        RuntimeError: tracing is already set up.
        ValueError: `sample_ratio` is not within 0 and 1.
    """
    if not 0 <= sample_ratio <= 1:
        raise ValueError("sample_ratio must be from 0 to 1")
    if not endpoint:
        return
    if _State.provider is not None:
        raise RuntimeError("tracing is already set up")
    # imported here alone: 200 ms and 15 MB that a role without an endpoint does not pay
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # as above
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # as above
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415  # as above

    url = endpoint if endpoint.endswith("/v1/traces") else endpoint.rstrip("/") + "/v1/traces"
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(sample_ratio),
        resource=Resource.create({"service.name": service, "mrk.role": role}),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=url, timeout=_EXPORT_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    _State.provider = provider
    _State.tracer = provider.get_tracer("mrk")


def flush_tracing(timeout_s: float = 5.0) -> bool:
    """Send what is recorded; whether all was sent in time. Blocks: not for the event loop."""
    provider = _State.provider
    return True if provider is None else provider.force_flush(int(timeout_s * 1000))


def shutdown_tracing() -> None:
    """Send what is recorded and stop recording. Blocks for some seconds at most."""
    provider, _State.provider = _State.provider, None
    _State.tracer = trace.NoOpTracer()
    if provider is not None:
        provider.shutdown()


def parse_traceparent(value: str | None) -> SpanContext | None:
    """The remote span that a `traceparent` names; None when it is absent or invalid."""
    match = _TRACEPARENT.match(value) if value else None
    if match is None or value is None:
        return None
    version, trace_id, span_id, flags = match.groups()
    rest = value[match.end() :]
    # version 00 has exactly four parts; a later one may append "-…"
    if rest and (version == "00" or not rest.startswith("-")):
        return None
    context = SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return context if context.is_valid else None


def is_sampled(traceparent: str | None) -> bool:
    """Whether the trace that this names is being recorded."""
    context = parse_traceparent(traceparent)
    return context is not None and bool(context.trace_flags & _SAMPLED)


def current_traceparent() -> str | None:
    """`traceparent` of the current span, to be stored or sent; None without a valid span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@contextlib.contextmanager
def start_span(
    name: str,
    *,
    traceparent: str | None = None,
    links: Sequence[str] = (),
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
) -> Iterator[Span]:
    """Make a span current for the block. An error in the block marks it, without its message.

    Args:
        name: fixed words or a route's template, never an id.
        traceparent: the remote parent; None or invalid continues the current span, if any.
        links: `traceparent`s of spans that led here; invalid ones are passed over.
        kind: SERVER, CONSUMER, PRODUCER, CLIENT or INTERNAL.
        attributes: ids and counts; never payloads or personal data.

    Yields:
        The span; where nothing is recorded, one that carries the parent on unchanged.
    """
    remote = parse_traceparent(traceparent)
    parent = trace.set_span_in_context(trace.NonRecordingSpan(remote), _EMPTY) if remote else None
    linked = [] if _State.provider is None else [parse_traceparent(each) for each in links]
    span = _State.tracer.start_span(
        name,
        context=parent,
        kind=kind,
        attributes=attributes,
        links=[Link(each) for each in linked if each is not None],
        record_exception=False,
    )
    token = otel_context.attach(trace.set_span_in_context(span))
    try:
        yield span
    except BaseException as error:
        # the message may quote a payload: the type alone is told
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        otel_context.detach(token)
        span.end()


class TraceMiddleware:
    """Pure ASGI: a server span a request, continuing `traceparent`, named by the route's template.

    Args:
        app: the application within.
        route_of: the template of the route that answered, asked after routing; never a raw path.
    """

    def __init__(self, app: ASGIApp, route_of: Callable[[Scope], str]) -> None:
        self._app = app
        self._route_of = route_of

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request inside its span; other scopes pass through."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        parent = _header(scope, b"traceparent")
        if _State.provider is None and parent is None:
            return self._app(scope, receive, send)  # nothing is recorded, nothing to pass on
        return self._traced(parent, scope, receive, send)

    async def _traced(self, parent: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with start_span(scope["method"], traceparent=parent, kind=SpanKind.SERVER) as span:
            try:
                await self._app(scope, receive, watched)
            finally:
                if span.is_recording():
                    self._finish(span, scope, status)

    def _finish(self, span: Span, scope: MutableMapping[str, Any], status: int) -> None:
        route = self._route_of(scope)
        span.update_name(f"{scope['method']} {route}")
        span.set_attributes(
            {
                "http.request.method": scope["method"],
                "http.route": route,
                "http.response.status_code": status,
            }
        )
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None
