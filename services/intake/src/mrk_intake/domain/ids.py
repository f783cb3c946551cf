"""Identifiers made from what the caller gives: no clock, no randomness in here."""

from datetime import datetime
from uuid import UUID


def uuid7(at: datetime, entropy: bytes) -> UUID:
    """A UUID of version 7 (RFC 9562, 5.7): sorts by time, to the millisecond.

    Args:
        at: when, with a zone.
        entropy: ten random bytes.
    """
    millis = int(at.timestamp() * 1000)
    rest = int.from_bytes(entropy[:10])
    value = (millis & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | (rest >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | rest & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=value)


def uuid4_of(entropy: bytes) -> UUID:
    """A UUID of version 4 from sixteen random bytes: reveals nothing."""
    return UUID(bytes=entropy[:16], version=4)
