import asyncio
import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mrk_telemetry import metrics
from mrk_telemetry.health import Health
from mrk_web.bodies import BodyLimit
from mrk_web.overload import InFlight, OverloadLimit, overloaded
from mrk_web.problems import EXCEPTION_HANDLERS
from mrk_web.server import HttpLimits, harden, with_ops


async def echo(request: Request) -> Response:
    return JSONResponse({"length": len(await request.body())}, headers={"x-own": "1"})


async def own_policy(_request: Request) -> Response:
    return Response(headers={"cache-control": "public", "content-security-policy": "x"})


APP = Starlette(
    routes=[Route("/echo/{n}", echo, methods=["POST"]), Route("/own", own_policy)],
    exception_handlers=EXCEPTION_HANDLERS,
)


def client(max_body: int = 10) -> TestClient:
    limits = HttpLimits(max_body_bytes=max_body, body_timeout_s=5, max_in_flight=10)
    return TestClient(with_ops(harden(APP, limits), Health()))


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0


class Call:
    """One ASGI request, fed by hand."""

    def __init__(self, *chunks: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        self.chunks = list(chunks)
        self.sent: list[Any] = []
        chunked = [(b"transfer-encoding", b"chunked")]
        self.scope = {
            "type": "http", "method": "POST", "path": "/echo/1", "raw_path": b"/echo/1",
            "query_string": b"", "headers": chunked if headers is None else headers,
        }  # fmt: skip

    async def receive(self) -> Any:
        if not self.chunks:
            await asyncio.Event().wait()
        chunk = self.chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


def test_a_body_within_the_limit_passes() -> None:
    assert client().post("/echo/1", content=b"x" * 10).json() == {"length": 10}
    assert client(0).post("/echo/1").json() == {"length": 0}


def test_a_declared_length_over_the_limit_is_413_before_the_app() -> None:
    answer = client().post("/echo/1", content=b"x" * 11)
    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/too-large"
    assert answer.headers["connection"] == "close"


async def test_a_streamed_body_over_the_limit_is_413_and_the_rest_is_not_read() -> None:
    call = Call(b"x" * 6, b"x" * 6, b"never read")
    before = sample("mrk_http_refused_total", reason="size")
    await BodyLimit(APP, 10, 5)(call.scope, call.receive, call.send)
    assert call.status == 413
    assert call.chunks == [b"never read"]
    assert call.headers[b"connection"] == b"close"
    assert sample("mrk_http_refused_total", reason="size") == before + 1


async def test_whatever_the_app_answers_to_a_cut_body_the_refusal_stands() -> None:
    async def stubborn(_scope: Any, receive: Any, send: Any) -> None:
        try:
            while True:
                await receive()
        except Exception:  # noqa: BLE001  # an app may do this
            await send({"type": "http.response.start", "status": 200, "headers": []})

    call = Call(b"x" * 11)
    await BodyLimit(stubborn, 10, 5)(call.scope, call.receive, call.send)
    assert call.status == 413


async def test_a_slow_body_is_408() -> None:
    call = Call(b"x")
    async with asyncio.timeout(20):
        await BodyLimit(APP, 10, 0.05)(call.scope, call.receive, call.send)
    assert call.status == 408
    assert json.loads(call.sent[1]["body"])["type"] == "/problems/too-slow"


async def test_the_time_of_the_whole_body_counts_not_of_each_chunk() -> None:
    call = Call()

    async def drip() -> Any:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"", "more_body": True}

    async with asyncio.timeout(20):
        await BodyLimit(APP, 10, 0.1)(call.scope, drip, call.send)
    assert call.status == 408


@pytest.mark.parametrize(("size", "seconds"), [(-1, 1), (1, 0)])
def test_limits_of_a_body_that_make_no_sense_are_refused(size: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="max_bytes"):
        BodyLimit(APP, size, seconds)


def test_security_headers_are_added_and_own_ones_stay() -> None:
    headers = client().post("/echo/1").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert headers["x-own"] == "1"
    own = client().get("/own").headers
    assert own.get_list("cache-control") == ["public"]
    assert own.get_list("content-security-policy") == ["x"]


def test_refusals_have_security_headers_too() -> None:
    headers = client().post("/echo/1", content=b"x" * 11).headers
    assert headers["x-content-type-options"] == "nosniff"


def test_requests_are_counted_by_template_never_by_path() -> None:
    labels = {"route": "/echo/{n}", "method": "POST", "status": "200"}
    before = sample("mrk_http_requests_total", **labels)
    client().post("/echo/secret-number")
    client().get("/nowhere/secret-number")
    assert sample("mrk_http_requests_total", **labels) == before + 1
    assert b"secret-number" not in metrics.expose()[0]
    assert sample("mrk_http_requests_total", route="unmatched", method="GET", status="404") >= 1
    assert sample("mrk_http_in_flight") == 0


def test_operations_are_served_beside_and_not_counted() -> None:
    assert client().get("/livez").json() == {"ok": True, "loops": {}}
    assert "mrk_http_in_flight" in client().get("/metrics").text
    assert sample("mrk_http_requests_total", route="unmatched", method="GET", status="200") == 0


async def test_over_the_limit_requests_are_refused_at_once_and_exempt_ones_served() -> None:
    release, entered = asyncio.Event(), asyncio.Event()

    async def slow(scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] != "/livez":
            entered.set()
            await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    app = OverloadLimit(slow, 1, retry_after_s=7, exempt=["/livez"])
    first, second, third, alive = Call(), Call(), Call(), Call()
    alive.scope["path"] = "/livez"
    working = asyncio.create_task(app(first.scope, first.receive, first.send))
    await entered.wait()
    await app(second.scope, second.receive, second.send)
    assert second.status == 503
    assert second.headers[b"retry-after"] == b"7"
    await app(alive.scope, alive.receive, alive.send)
    assert alive.status == 200
    release.set()
    await working
    await app(third.scope, third.receive, third.send)
    assert (first.status, third.status) == (200, 200)


async def test_a_place_is_given_back_when_the_app_fails() -> None:
    async def failing(*_: Any) -> None:
        raise RuntimeError("x")

    app = OverloadLimit(failing, 1)
    for _ in range(3):
        call = Call()
        with pytest.raises(RuntimeError):
            await app(call.scope, call.receive, call.send)


def test_a_place_that_nobody_took_cannot_be_given_back() -> None:
    places = InFlight(1)
    assert places.enter()
    assert not places.enter()
    assert places.now == 1
    places.leave()
    with pytest.raises(RuntimeError):
        places.leave()
    with pytest.raises(ValueError, match="limit"):
        InFlight(0)


def test_an_overload_tells_at_least_one_second() -> None:
    assert overloaded(0).headers == {"retry-after": "1"}
