"""One message to an agency's endpoint: resolved once, and sent to what was judged.

The name is resolved here, each address is judged, and the connection goes to that address: a name
that answers differently a moment later leads nowhere else. TLS is verified for the name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from mrk_routing.domain.endpoint import Address, Network, may_reach

TIMEOUT_S: Final = 15.0
"""For the whole call."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, as text."""


class NotSent(Exception):  # noqa: N818  # it reads as the fact that it states
    """No answer came. `why` is a fixed text."""

    log_safe = True

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Reply:
    """How an endpoint answered; its body is never read.

    Attributes:
        retry_after_s: what it asks for, in whole seconds.
    """

    status: int
    retry_after_s: int | None


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by the system's resolver.

    Raises:
        OSError: it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Hooks:
    """Sends messages.

    Args:
        client: without redirects, connections of its own for each call; the caller closes it.
        networks: private ones that may be reached.
        resolve: the addresses of a name.
        timeout_s: for one call.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        networks: Sequence[Network] = (),
        resolve: Resolve = resolved,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._client = client
        self._networks = tuple(networks)
        self._resolve = resolve
        self._timeout_s = timeout_s

    async def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Reply:
        """Send one message.

        Raises:
            NotSent: no answer came; it may have been received all the same.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(httpx.URL(url), headers, content)
        except TimeoutError:
            raise NotSent("no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise NotSent(f"no answer: {type(error).__name__}") from None

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], content: bytes) -> Reply:
        host = url.raw_host.decode("ascii")
        addresses = await self._allowed(url, host)
        refused: httpx.TransportError | None = None
        for address in addresses:
            try:
                return await self._sent(url, host, address, headers, content)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                refused = error  # nothing has left: the name may have another address
        if refused is not None:
            raise refused
        raise NotSent("its name leads to private addresses")

    async def _allowed(self, url: httpx.URL, host: str) -> list[Address]:
        plain = url.scheme != "https"
        port = url.port or (80 if plain else 443)
        found = [ipaddress.ip_address(each) for each in await self._resolve(host, port)]
        return [each for each in found if may_reach(each, self._networks, plain=plain)]

    async def _sent(
        self,
        url: httpx.URL,
        host: str,
        address: Address,
        headers: Mapping[str, str],
        content: bytes,
    ) -> Reply:
        async with self._client.stream(
            "POST",
            url.copy_with(host=str(address)),
            headers={**headers, "host": url.netloc.decode("ascii")},
            content=content,
            extensions={"sni_hostname": host},
        ) as answer:
            asked = answer.headers.get("retry-after", "")
            return Reply(answer.status_code, int(asked) if _seconds(asked) else None)


def _seconds(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def hook_client() -> httpx.AsyncClient:
    """A client for `Hooks`; the caller closes it.

    No connection is kept: two names may share an address, and the certificate was verified for
    the first one's.
    """
    return httpx.AsyncClient(
        timeout=TIMEOUT_S,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )
