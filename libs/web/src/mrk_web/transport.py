"""A connection's transport that sends an answer in one piece."""

import asyncio
from typing import Any


class TogetherTransport(asyncio.Transport):
    """A transport that sends what is written in one turn of the event loop together.

    uvicorn writes an answer's head and its body one after the other: two system calls, and often
    two packets, where one does.
    """

    __slots__ = ("_inner", "_loop", "_pending")

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner = inner
        self._loop = loop
        self._pending: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send with what else is written before the loop turns."""
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append(data)

    def close(self) -> None:
        """Send what was written, and close."""
        self._flush()
        self._inner.close()

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self._pending.clear()
        self._inner.abort()

    def is_closing(self) -> bool:
        """As the transport within."""
        return self._inner.is_closing()

    def pause_reading(self) -> None:
        """As the transport within."""
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        """As the transport within."""
        self._inner.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As the transport within."""
        return self._inner.get_extra_info(name, default)

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        if pending and not self._inner.is_closing():  # the client may have gone since
            self._inner.write(b"".join(pending))
