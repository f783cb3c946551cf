"""Master keys: the newest wraps the keys that data is encrypted under, former ones still open."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12  # NIST SP 800-38D, 8.2


class VaultError(Exception):
    """What is sealed cannot be read with these master keys, or was tampered with."""

    log_safe = True


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key as it is stored: a reporter's data key, or an attachment's.

    Attributes:
        master_id: names the master key that wraps it.
    """

    master_id: bytes
    wrapped: bytes


class MasterKeys:
    """Wraps keys and opens them.

    Args:
        newest: 32 bytes; what is wrapped is wrapped under it.
        former: earlier master keys, with which keys may still be opened.

    Attributes:
        id: names the newest one; reveals nothing of it.

    Raises:
        ValueError: a key has another length.
    """

    def __init__(self, newest: bytes, former: Iterable[bytes] = ()) -> None:
        self._ciphers: dict[bytes, AESGCM] = {}
        for key in (*former, newest):
            if len(key) != KEY_BYTES:
                raise ValueError(f"a master key has {len(key)} bytes; it needs {KEY_BYTES}")
            self.id = hashlib.sha256(b"mrk-intake master id v1 " + key).digest()[:8]
            self._ciphers[self.id] = AESGCM(key)
        self._newest = self._ciphers[self.id]

    def knows(self, master_id: bytes) -> Literal["newest", "former"] | None:
        """Which of the master keys this id names; None when none."""
        if master_id not in self._ciphers:
            return None
        return "newest" if master_id == self.id else "former"

    def wrap(self, key: bytes, bound_to: bytes, nonce: bytes | None = None) -> bytes:
        """A key under the newest master key, its nonce before it; it opens for nothing else.

        Args:
            key: what data is encrypted under.
            bound_to: names the row that holds it.
            nonce: random and never used before; drawn where it is None.
        """
        nonce = nonce or os.urandom(NONCE_BYTES)
        return nonce + self._newest.encrypt(nonce, key, bound_to)

    def unwrap(self, master_id: bytes, wrapped: bytes, bound_to: bytes) -> bytes:
        """The key that `wrap` was given.

        Raises:
            VaultError: another master key wraps it, or the row was changed.
        """
        cipher = self._ciphers.get(master_id)
        if cipher is None:
            raise VaultError(
                "the row is sealed under another master key than VAULT_KEY and VAULT_KEYS_FORMER"
            )
        return unbox(cipher, wrapped, bound_to)


def unbox(cipher: AESGCM, box: bytes, bound_to: bytes) -> bytes:
    """Decrypt what has its nonce before it.

    Raises:
        VaultError: it is bound to something else, or was changed.
    """
    try:
        return cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise VaultError("a row's key or text does not belong to it, or was changed") from None
