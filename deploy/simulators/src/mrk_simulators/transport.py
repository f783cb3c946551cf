"""A TCP reset on purpose: the peer sees ECONNRESET, never an orderly end."""

import asyncio
import os
import socket
import struct

_LINGER_NONE = struct.pack("ii", 1, 0)


def reset(transport: asyncio.BaseTransport) -> None:
    """Close `transport` with a real RST (SO_LINGER on, 0 s), dropping what was not sent."""
    channel = transport.get_extra_info("socket")
    if channel is not None and channel.fileno() >= 0:
        # A duplicate, because uvloop's socket object does not set options itself; the option
        # belongs to the socket behind both descriptors.
        with socket.socket(fileno=os.dup(channel.fileno())) as duplicate:
            duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
    if isinstance(transport, asyncio.WriteTransport) or hasattr(transport, "abort"):
        transport.abort()
