import json
from typing import Any

import pytest

from mrk_telemetry.health import Health
from mrk_telemetry.ops import ops_app


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def ask(
    health: Health, path: str, method: str = "GET"
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("no body is read")

    await ops_app(health)({"type": "http", "method": method, "path": path}, receive, send)
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


async def test_liveness_is_503_when_a_loop_stalls() -> None:
    clock = Clock()
    health = Health(clock)
    health.progress("relay", 5)
    assert (await ask(health, "/livez"))[0] == 200
    clock.now = 6
    status, headers, body = await ask(health, "/livez")
    assert status == 503
    assert headers[b"cache-control"] == b"no-store"
    assert json.loads(body)["loops"]["relay"]["ok"] is False


async def test_readiness_is_503_until_the_conditions_hold() -> None:
    health = Health()
    condition = health.condition("database")
    assert (await ask(health, "/readyz"))[0] == 503
    condition.ok()
    assert (await ask(health, "/readyz"))[0] == 200


async def test_metrics_are_prometheus_text() -> None:
    status, headers, body = await ask(Health(), "/metrics")
    assert status == 200
    assert headers[b"content-type"].startswith(b"text/plain")
    assert b"# HELP mrk_outbox_depth" in body


async def test_head_has_the_length_without_the_body() -> None:
    _, headers, body = await ask(Health(), "/livez", "HEAD")
    assert int(headers[b"content-length"]) > 0
    assert body == b""


async def test_other_paths_and_methods_are_refused() -> None:
    assert (await ask(Health(), "/"))[0] == 404
    status, headers, _ = await ask(Health(), "/livez", "POST")
    assert status == 405
    assert headers[b"allow"] == b"GET, HEAD"


async def test_what_is_not_http_is_an_error() -> None:
    async def nothing(*_: Any) -> Any:
        return None

    with pytest.raises(RuntimeError, match="websocket"):
        await ops_app(Health())({"type": "websocket"}, nothing, nothing)
