import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mrk_telemetry.serving import serve
from mrk_web.problems import EXCEPTION_HANDLERS
from mrk_web.server import GuardedProtocol, HttpLimits, harden, serve_http

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Hasty(GuardedProtocol):
    header_timeout_s = 0.3
    max_header_bytes = 4096


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


APP = harden(
    Starlette(routes=[Route("/", echo, methods=["POST"])], exception_handlers=EXCEPTION_HANDLERS),
    HttpLimits(max_body_bytes=1000, body_timeout_s=0.5, max_in_flight=10),
)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with serve(APP, "127.0.0.1", 0, protocol=Hasty) as listening:
        reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
        async with asyncio.timeout(20):
            yield reader, writer
        writer.close()


async def test_a_request_is_served_and_the_connection_kept(peer: Peer) -> None:
    reader, writer = peer
    for _ in range(2):
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        assert (await reader.readuntil(b"\r\n\r\n3")).endswith(b"3")
        await asyncio.sleep(0.4)  # longer than headers may take: an idle connection has none


async def test_headers_that_never_end_close_the_connection(peer: Peer) -> None:
    reader, writer = peer
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_that_says_nothing_is_closed(peer: Peer) -> None:
    reader, _ = peer
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_headers_that_never_end_behind_a_whole_request_close_the_connection(
    peer: Peer,
) -> None:
    reader, writer = peer
    whole = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc"
    writer.write(whole + b"POST / HTTP/1.1\r\nho")
    answers = await reader.read()
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


async def test_a_byte_now_and_then_does_not_prolong_the_headers_time(peer: Peer) -> None:
    reader, writer = peer
    writer.write(b"POST / HTTP/1.1\r\nhost: ")
    answer = asyncio.create_task(reader.read())
    while not answer.done():
        writer.write(b"x")
        await asyncio.wait([answer], timeout=0.05)
    assert answer.result().startswith(b"HTTP/1.1 408 ")


async def test_headers_that_are_too_large_close_the_connection(peer: Peer) -> None:
    reader, writer = peer
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 5000)
    assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


async def test_a_slow_body_is_408_and_closes(peer: Peer) -> None:
    reader, writer = peer
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na")
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_streamed_body_that_is_too_large_is_413_and_closes(peer: Peer) -> None:
    reader, writer = peer
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"x-content-type-options: nosniff" in answer


async def test_the_guarded_protocol_is_what_roles_serve_with() -> None:
    async with serve_http(APP, "127.0.0.1", 0) as listening:
        reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 40_000)
        async with asyncio.timeout(20):
            assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
        writer.close()
