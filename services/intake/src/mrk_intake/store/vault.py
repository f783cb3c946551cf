"""The vault's encryption: one data key a reporter, wrapped by the master key.

AES-256-GCM. Each ciphertext is bound to the reporter's reference and to its use, so that none can
be moved to another row or column. Erasing the wrapped key makes everything under it unreadable.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrk_intake.domain.private import Identity, Original

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D, 8.2
_WRAP: Final = b"mrk-intake vault key v1 "
_IDENTITY: Final = b"mrk-intake vault identity v1 "
_ORIGINAL: Final = b"mrk-intake vault original v1 "


class VaultError(Exception):
    """The vault's row cannot be read with this master key, or was tampered with."""

    log_safe = True


@dataclass(frozen=True, slots=True)
class Sealed:
    """A vault row's ciphertexts, each with its nonce before it.

    Attributes:
        master_id: names the master key that wraps the data key; reveals nothing of it.
    """

    master_id: bytes
    wrapped_key: bytes
    identity: bytes | None
    original: bytes


class Vault:
    """Seals and opens.

    Args:
        master: 32 bytes.

    Raises:
        ValueError: the key has another length.
    """

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the master key has {len(master)} bytes; it needs {KEY_BYTES}")
        self._master = AESGCM(master)
        self.master_id = hashlib.sha256(b"mrk-intake master id v1 " + master).digest()[:8]

    def seal(self, reporter: UUID, identity: Identity | None, original: Original) -> Sealed:
        """Encrypt with a new data key."""
        reference = reporter.bytes
        random = os.urandom(KEY_BYTES + 3 * _NONCE_BYTES)  # one system call
        key, nonces = random[:KEY_BYTES], random[KEY_BYTES:]
        data = AESGCM(key)
        first, second, third = nonces[:12], nonces[12:24], nonces[24:]
        return Sealed(
            self.master_id,
            first + self._master.encrypt(first, key, _WRAP + reference),
            None
            if identity is None
            else second + data.encrypt(second, identity.to_json(), _IDENTITY + reference),
            third + data.encrypt(third, original.to_json(), _ORIGINAL + reference),
        )

    def identity(self, reporter: UUID, sealed: Sealed) -> Identity | None:
        """Who reported; None where they said nothing of themselves.

        Raises:
            VaultError: another master key, or the row was changed.
        """
        if sealed.identity is None:
            return None
        plain = self._open(reporter, sealed, sealed.identity, _IDENTITY)
        return Identity.model_validate_json(plain)

    def original(self, reporter: UUID, sealed: Sealed) -> Original:
        """What was reported, as written.

        Raises:
            VaultError: as for `identity`.
        """
        plain = self._open(reporter, sealed, sealed.original, _ORIGINAL)
        return Original.model_validate_json(plain)

    def _open(self, reporter: UUID, sealed: Sealed, box: bytes, use: bytes) -> bytes:
        if sealed.master_id != self.master_id:
            raise VaultError("the row is sealed under another master key than VAULT_KEY")
        reference = reporter.bytes
        try:
            key = _unbox(self._master, sealed.wrapped_key, _WRAP + reference)
            return _unbox(AESGCM(key), box, use + reference)
        except InvalidTag:
            raise VaultError(
                "a vault row does not belong to its reference, or was changed"
            ) from None


def _unbox(cipher: AESGCM, box: bytes, bound_to: bytes) -> bytes:
    return cipher.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], bound_to)
