import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from mrk_telemetry.traces import (
    SpanKind,
    TraceMiddleware,
    current_traceparent,
    flush_tracing,
    is_sampled,
    setup_tracing,
    shutdown_tracing,
    start_span,
)

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Receiver:
    """An OTLP/HTTP receiver that keeps what it gets."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        kept = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.path == "/v1/traces":
                    kept.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @property
    def spans(self) -> dict[str, Span]:
        return {
            span.name: span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    shutdown_tracing()
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def test_spans_arrive_with_their_parent_links_and_service(receiver: Receiver) -> None:
    setup_tracing("routing", "consumer", receiver.url)
    other = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
    with start_span("batch", traceparent=PARENT, links=[other, "bad"], kind=SpanKind.CONSUMER):
        child = current_traceparent()
        with start_span("inner", attributes={"rows": 3}):
            pass
    assert flush_tracing()
    batch, inner = receiver.spans["batch"], receiver.spans["inner"]
    assert child is not None
    assert child.startswith(PARENT[:36])
    assert batch.trace_id.hex() == inner.trace_id.hex() == PARENT[3:35]
    assert batch.parent_span_id.hex() == PARENT[36:52]
    assert inner.parent_span_id == batch.span_id
    assert [link.trace_id.hex() for link in batch.links] == ["1" * 32]
    resource = receiver.requests[0].resource_spans[0].resource
    told = {each.key: each.value.string_value for each in resource.attributes}
    assert told["service.name"] == "routing"
    assert told["mrk.role"] == "consumer"


def test_an_error_marks_its_span_without_its_message(receiver: Receiver) -> None:
    setup_tracing("s", "r", receiver.url)
    with pytest.raises(ValueError, match="Budi"), start_span("failing"):
        raise ValueError("Budi Santoso")
    flush_tracing()
    span = receiver.spans["failing"]
    assert span.status.message == "ValueError"
    assert b"Budi" not in span.SerializeToString()


def test_a_parent_that_is_not_sampled_is_not_recorded_but_passed_on(receiver: Receiver) -> None:
    setup_tracing("s", "r", receiver.url)
    with start_span("quiet", traceparent=PARENT[:-2] + "00"):
        passed = current_traceparent()
    flush_tracing()
    assert receiver.spans == {}
    assert passed is not None
    assert passed.startswith(PARENT[:36])
    assert not is_sampled(passed)


def test_a_ratio_of_nothing_records_only_what_a_parent_asks_for(receiver: Receiver) -> None:
    setup_tracing("s", "r", receiver.url, sample_ratio=0)
    with start_span("root"):
        pass
    with start_span("asked", traceparent=PARENT):
        pass
    flush_tracing()
    assert set(receiver.spans) == {"asked"}


async def test_a_request_is_named_by_its_template(receiver: Receiver) -> None:
    setup_tracing("s", "r", receiver.url)

    async def app(_scope: object, _receive: object, send: object) -> None:
        assert callable(send)
        await send({"type": "http.response.start", "status": 503, "headers": []})

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    async def send(_message: object) -> None:
        pass

    scope = {"type": "http", "method": "GET", "path": "/reports/AB12", "headers": []}
    await TraceMiddleware(app, lambda _: "/reports/{number}")(scope, nothing, send)
    flush_tracing()
    (span,) = receiver.spans.values()
    assert span.name == "GET /reports/{number}"
    assert span.kind == Span.SPAN_KIND_SERVER
    assert b"AB12" not in span.SerializeToString()
    assert span.status.code == 2


def test_setting_up_twice_is_an_error_and_shutdown_ends_it(receiver: Receiver) -> None:
    setup_tracing("s", "r", receiver.url)
    with pytest.raises(RuntimeError, match="already"):
        setup_tracing("s", "r", receiver.url)
    shutdown_tracing()
    with start_span("after"):
        assert current_traceparent() is None
