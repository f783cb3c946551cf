import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrk_telemetry.traces import (
    TraceMiddleware,
    current_traceparent,
    is_sampled,
    parse_traceparent,
    setup_tracing,
    start_span,
)

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.integers(0, 3))
def test_without_an_endpoint_a_parent_is_passed_on_unchanged(
    trace: int, span: int, flags: int
) -> None:
    parent = f"00-{trace:032x}-{span:016x}-{flags:02x}"
    with start_span("outer", traceparent=parent, links=[PARENT]):
        assert current_traceparent() == parent
        with start_span("inner"):
            assert current_traceparent() == parent
    assert current_traceparent() is None


def test_without_a_parent_there_is_nothing_to_pass_on() -> None:
    with start_span("root"):
        assert current_traceparent() is None


def test_a_new_parent_takes_the_place_of_the_current_span() -> None:
    other = "00-" + "1" * 32 + "-" + "2" * 16 + "-00"
    with start_span("outer", traceparent=PARENT):
        with start_span("inner", traceparent=other):
            assert current_traceparent() == other
        assert current_traceparent() == PARENT


@pytest.mark.parametrize(
    "value",
    [
        None, "", "00", PARENT.upper(), PARENT + "-x", PARENT[:-1], "ff" + PARENT[2:],
        "00-" + "0" * 32 + PARENT[35:], PARENT[:36] + "0" * 16 + "-01", " " + PARENT,
    ],
)  # fmt: skip
def test_an_invalid_parent_is_none(value: str | None) -> None:
    assert parse_traceparent(value) is None
    with start_span("x", traceparent=value):
        assert current_traceparent() is None


def test_a_later_version_may_append() -> None:
    assert parse_traceparent("01" + PARENT[2:] + "-more") is not None
    assert parse_traceparent("01" + PARENT[2:] + "more") is None


def test_sampling_is_read_from_the_flags() -> None:
    assert is_sampled(PARENT)
    assert not is_sampled(PARENT[:-2] + "00")
    assert not is_sampled(None)


def test_the_span_ends_when_its_block_fails() -> None:
    with pytest.raises(ValueError, match="x"), start_span("x", traceparent=PARENT):
        raise ValueError("x")
    assert current_traceparent() is None


def test_a_ratio_outside_of_0_and_1_is_refused() -> None:
    with pytest.raises(ValueError, match="sample_ratio"):
        setup_tracing("s", "r", None, 1.5)


async def test_a_request_continues_its_traceparent() -> None:
    seen: list[str | None] = []

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(current_traceparent())

    async def nothing(*_: Any) -> Any:
        return None

    middleware = TraceMiddleware(app, lambda _scope: "/t/{n}")
    headers = [(b"traceparent", PARENT.encode())]
    scope = {"type": "http", "method": "GET", "path": "/t/1", "headers": headers}
    await middleware(scope, nothing, nothing)
    await middleware({"type": "lifespan"}, nothing, nothing)
    assert seen == [PARENT, None]


def test_a_role_without_an_endpoint_does_not_import_the_sdk() -> None:
    program = (
        "import sys; from mrk_telemetry import traces, logs, metrics, health, ops, runtime;"
        "traces.setup_tracing('s', 'r', None);"
        "heavy = ('opentelemetry.sdk', 'opentelemetry.exporter', 'google.protobuf', 'starlette',"
        " 'pydantic', 'aiokafka', 'requests');"
        "print([m for m in sys.modules if m.startswith(heavy)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
