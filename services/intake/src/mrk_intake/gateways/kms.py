"""The port to a key management service: it wraps master keys, and unwraps them at a role's start.

A report costs it nothing: a role asks once, keeps the master key in memory, and wraps data keys
with it. Adapters are in `mrk_intake.gateways`.
"""

from typing import Protocol


class KmsAwayError(Exception):
    """The service gives no answer now, or is sealed: it may later."""

    log_safe = True


class KmsRefusedError(Exception):
    """The service refuses: who we are, which key, or what was wrapped is wrong."""

    log_safe = True


class Kms(Protocol):
    """Wraps keys by one of its own, which never leaves it.

    Each call raises `KmsAwayError` or `KmsRefusedError`.
    """

    async def draw(self) -> str:
        """A new key of 32 random bytes, wrapped: nobody has seen it."""
        ...

    async def wrap(self, key: bytes) -> str:
        """A key that there is already, wrapped."""
        ...

    async def unwrap(self, wrapped: str) -> bytes:
        """The key that was wrapped."""
        ...
