"""An ASGI app under uvicorn that leaves the process's signals alone."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import uvicorn

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

DRAIN_S: Final = 20  # a role must exit within 25 s of SIGTERM
BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens; `port` is the real one when 0 was asked for."""

    host: str
    port: int


class CannotListen(Exception):  # noqa: N818  # it reads as the fact that it states
    """The address cannot be bound: it is taken, or not this machine's."""

    log_safe = True


class _Server(uvicorn.Server):
    """uvicorn's server that says when it listens, and does not touch signal handlers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def split_address(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080` or `[::1]:8080`.

    Raises:
        ValueError: no host, or no port from 0 to 65535.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8080")
    return host, int(port)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, with `SO_REUSEADDR`.

    Raises:
        CannotListen: the address cannot be bound; the message names it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise CannotListen(
            f"cannot listen on {host}:{port}: {error.strerror}; free the port or set another"
        ) from error
    sock.setblocking(False)
    return sock


@contextlib.asynccontextmanager
async def serve(  # noqa: PLR0913  # each is a decision of the caller, and all but three have defaults
    app: ASGIApp,
    host: str,
    port: int,
    *,
    lifespan: Literal["auto", "on", "off"] = "off",
    protocol: type[asyncio.Protocol] | Literal["httptools"] = "httptools",
    keep_alive_s: int = 15,
    drain_s: int = DRAIN_S,
) -> AsyncIterator[Listening]:
    """Serve `app` while the block runs; on leaving, finish the requests in flight.

    Args:
        app: the ASGI application.
        host: address to bind; an explicit one, there is no default.
        port: port to bind; 0 chooses a free one.
        lifespan: whether the app has start-up and shutdown of its own.
        protocol: uvicorn's protocol, or a class with further limits.
        keep_alive_s: seconds that an idle connection is kept.
        drain_s: seconds that requests in flight may take after the block ends.

    Yields:
        Where it listens, once it does.

    Raises:
        CannotListen: the address cannot be bound.
        RuntimeError: the server ended while the block still ran or could not start.
    """
    sock = bind(host, port)
    config = uvicorn.Config(
        app,
        http=protocol,
        # told, not guessed: what only hands a request on is no coroutine function
        interface="asgi3",
        ws="none",
        loop="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=keep_alive_s,
        timeout_graceful_shutdown=drain_s,
        backlog=BACKLOG,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]), name=f"http {host}:{port}")
    listening = asyncio.create_task(server.listening.wait())
    try:
        await asyncio.wait({task, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not listening.done():
            await task
            raise RuntimeError("the HTTP server ended before it listened")
        yield Listening(host, sock.getsockname()[1])
    finally:
        listening.cancel()
        server.should_exit = True
        await asyncio.wait({task})
        sock.close()
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
