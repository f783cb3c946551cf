"""Where a webhook may go: by TLS to public addresses, and into private networks that are named."""

import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST: Final = 2000
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052, 2.1


def wrong_with(url: str, networks: Sequence[Network]) -> str | None:  # noqa: PLR0911  # one a mistake
    """Why no webhook can be sent to an address; None where one may be, as far as it tells.

    Args:
        url: as an operator gives it.
        networks: private ones that may be reached; without any, plain http is never right.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no URL: send https://host/path"
    if len(url) > LONGEST or not url.isascii() or any(each.isspace() for each in url):
        return f"write it in at most {LONGEST} ASCII characters without spaces"
    if parts.scheme != "https" and not (parts.scheme == "http" and networks):
        return "it must begin with https://"
    if not parts.hostname or port == 0:
        return "it names no host: send https://host/path"
    if parts.username is not None or parts.password is not None:
        return "leave name and password out: messages are signed"
    if parts.fragment:
        return "leave the part behind # out"
    return None


def may_reach(address: Address, networks: Sequence[Network], *, plain: bool) -> bool:
    """Whether a webhook may be sent to an address that a name was resolved to.

    Args:
        address: as resolved; what it stands for, where it is a form of another one, counts.
        networks: private ones that may be reached.
        plain: without TLS: into the named networks alone.
    """
    meant = _meant(address)
    if any(meant.version == network.version and meant in network for network in networks):
        return True
    return not plain and meant.is_global and not meant.is_multicast and not _tunnels(meant)


def _meant(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _tunnels(address: Address) -> bool:
    """6to4 and Teredo carry another address, which may be a private one."""
    if isinstance(address, ipaddress.IPv4Address):
        return False
    return address.sixtofour is not None or address.teredo is not None
