"""Secrets of webhooks at rest: sealed by the service's key, each bound to its endpoint."""

import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SECRET_BYTES: Final = 32
"""Standard Webhooks wants 24 to 64."""

_NONCE: Final = 12
_USE: Final = b"mrk-routing webhook secret v1 "


class SecretUnreadable(Exception):  # noqa: N818  # it reads as the fact that it states
    """Another key sealed it, or the row was changed."""

    log_safe = True


class Seal:
    """Seals and opens secrets with AES-256-GCM.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def sealed(self, endpoint: UUID, secret: bytes) -> bytes:
        """What is stored."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, _USE + endpoint.bytes)

    def opened(self, endpoint: UUID, box: bytes) -> bytes:
        """The secret.

        Raises:
            SecretUnreadable: it cannot be had.
        """
        try:
            return self._cipher.decrypt(box[:_NONCE], box[_NONCE:], _USE + endpoint.bytes)
        except (InvalidTag, ValueError):
            raise SecretUnreadable("WEBHOOK_KEY is not the key of this secret") from None
