import asyncio
from typing import Any, cast

from mrk_web.transport import TogetherTransport


class Inner:
    """Keeps what is written to it, and how it ended."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ended = ""

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def is_closing(self) -> bool:
        return bool(self.ended)

    def get_extra_info(self, name: str, default: Any) -> Any:
        return {"peername": ("127.0.0.1", 1)}.get(name, default)


def together() -> tuple[Inner, TogetherTransport]:
    inner = Inner()
    transport = cast("asyncio.Transport", inner)
    return inner, TogetherTransport(transport, asyncio.get_running_loop())


async def test_what_is_written_in_one_turn_leaves_in_one_piece() -> None:
    inner, transport = together()
    transport.write(b"head ")
    transport.write(b"body")
    assert inner.written == []
    await asyncio.sleep(0)
    assert inner.written == [b"head body"]
    transport.write(b"more")
    await asyncio.sleep(0)
    assert inner.written == [b"head body", b"more"]


async def test_closing_sends_what_was_written_before() -> None:
    inner, transport = together()
    transport.write(b"last words")
    transport.close()
    assert (inner.written, inner.ended) == ([b"last words"], "closed")
    await asyncio.sleep(0)
    assert inner.written == [b"last words"]
    assert transport.is_closing()


async def test_aborting_sends_nothing() -> None:
    inner, transport = together()
    transport.write(b"never said")
    transport.abort()
    await asyncio.sleep(0)
    assert (inner.written, inner.ended) == ([], "aborted")


async def test_nothing_is_sent_to_a_client_that_has_gone() -> None:
    inner, transport = together()
    transport.write(b"too late")
    inner.close()
    await asyncio.sleep(0)
    assert inner.written == []


async def test_it_tells_of_the_connection() -> None:
    _, transport = together()
    assert transport.get_extra_info("peername") == ("127.0.0.1", 1)
    assert transport.get_extra_info("sslcontext", "none") == "none"
