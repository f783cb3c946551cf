"""Asks a role whether it is ready."""

import asyncio
from urllib.parse import urlsplit

_TIMEOUT_S = 2.0


async def ready(base: str | None) -> bool:
    """Whether `GET /readyz` at this base address answers 200; without an address: yes."""
    return base is None or await status(f"{base}/readyz") == 200


async def status(url: str) -> int | None:
    """The status of a GET over plain HTTP, or None when there is no answer.

    A dozen roles are asked ten times a second while they start; a client library would cost more
    than they do.
    """
    parts = urlsplit(url)
    request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(request.encode("ascii"))
                words = (await reader.readline()).split()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None
