"""A local OTLP/HTTP receiver: keeps what roles export, and reads it when asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver:
    """Attributes: url: what goes into `OTLP_ENDPOINT`."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        kept = self._bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: the test's output is its own."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def roles_of(self, trace_id: str) -> set[str]:
        """ "service.role" of all spans that belong to a trace or are linked to it."""
        wanted = bytes.fromhex(trace_id)
        roles = set()
        for body in list(self._bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                facts = {a.key: a.value.string_value for a in resource.resource.attributes}
                spans = [span for scope in resource.scope_spans for span in scope.spans]
                if any(
                    span.trace_id == wanted or any(link.trace_id == wanted for link in span.links)
                    for span in spans
                ):
                    roles.add(f"{facts['service.name']}.{facts['mrk.role']}")
        return roles

    def serve(self) -> None:
        """Until `close`."""
        self._server.serve_forever()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def otlp_receiver() -> Iterator[Receiver]:
    """A receiver for the length of the block."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve, name="otlp receiver")
    thread.start()
    try:
        yield receiver
    finally:
        receiver.close()
        thread.join()
