"""The vault's encryption: one data key a reporter, wrapped by the master key.

AES-256-GCM. Each ciphertext is bound to the reporter's reference and to its use, so that none can
be moved to another row or column. Erasing the wrapped key makes everything under it unreadable.
"""

import base64
import hmac
import os
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrk_intake.domain.private import Identity, Original
from mrk_intake.store.masters import (
    KEY_BYTES,
    NONCE_BYTES,
    MasterKeys,
    VaultError,
    WrappedKey,
    unbox,
)

_WRAP: Final = b"mrk-intake vault key v1 "
_IDENTITY: Final = b"mrk-intake vault identity v1 "
_ORIGINAL: Final = b"mrk-intake vault original v1 "
_ADDED: Final = b"mrk-intake vault added v1 "
_FOLLOW: Final = b"mrk-intake vault follow v1 "


SEALING_BYTES: Final = KEY_BYTES + 3 * NONCE_BYTES
"""Random bytes that a new row takes."""


class Sealed(NamedTuple):
    """A vault row's ciphertexts, each with its nonce before it.

    Attributes:
        master_id: names the master key that wraps the data key; reveals nothing of it.
        original: None of a follower, who reported nothing.
    """

    master_id: bytes
    wrapped_key: bytes
    identity: bytes | None
    original: bytes | None


class Vault:
    """Seals and opens.

    Args:
        master: 32 bytes; what is sealed is sealed under it.
        former: earlier master keys, with which rows may still be read.

    Raises:
        ValueError: a key has another length.
    """

    def __init__(self, master: bytes, former: Iterable[bytes] = ()) -> None:
        self._masters = MasterKeys(master, former)
        self.master_id = self._masters.id

    def seal(
        self,
        reporter: UUID,
        identity: Identity | None,
        original: Original,
        random: bytes | None = None,
    ) -> Sealed:
        """Encrypt with a new data key.

        Args:
            reporter: whose row it is.
            identity: who reported, as far as they said.
            original: what was reported, as written.
            random: `SEALING_BYTES` fresh random bytes, used here and nowhere else; drawn where it
                is None.
        """
        reference = reporter.bytes
        random = random or os.urandom(SEALING_BYTES)
        key, nonces = random[:KEY_BYTES], random[KEY_BYTES:]
        data = AESGCM(key)
        first, second, third = nonces[:12], nonces[12:24], nonces[24:]
        return Sealed(
            self.master_id,
            self._masters.wrap(key, _WRAP + reference, first),
            None
            if identity is None
            else second + data.encrypt(second, identity.to_json(), _IDENTITY + reference),
            third + data.encrypt(third, original.to_json(), _ORIGINAL + reference),
        )

    def seal_contact(self, follower: UUID, identity: Identity) -> tuple[WrappedKey, bytes]:
        """Encrypt a follower's contact with a new data key: the wrapped key, and the contact."""
        key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        box = AESGCM(key).encrypt(nonce, identity.to_json(), _IDENTITY + follower.bytes)
        wrapped = self._masters.wrap(key, _WRAP + follower.bytes)
        return WrappedKey(self.master_id, wrapped), nonce + box

    def follow_secret(self, follower: UUID, sealed: WrappedKey) -> str:
        """What proves a follower: 128 bits computed from their data key, and gone with it.

        Raises:
            VaultError: as for `identity`.
        """
        key = self._data_key(follower, sealed.master_id, sealed.wrapped)
        digest = hmac.digest(key, _FOLLOW + follower.bytes, "sha256")
        return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()

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
            VaultError: as for `identity`; or there is none, of a follower.
        """
        if sealed.original is None:
            raise VaultError("a follower's row holds no report")
        plain = self._open(reporter, sealed, sealed.original, _ORIGINAL)
        return Original.model_validate_json(plain)

    def identify(self, reporter: UUID, sealed: Sealed, identity: Identity) -> bytes:
        """Encrypt who reported anew, under the data key that they have: for `Sealed.identity`.

        Raises:
            VaultError: as for `identity`.
        """
        data = AESGCM(self._data_key(reporter, sealed.master_id, sealed.wrapped_key))
        nonce = os.urandom(NONCE_BYTES)
        return nonce + data.encrypt(nonce, identity.to_json(), _IDENTITY + reporter.bytes)

    def knows(self, master_id: bytes) -> Literal["newest", "former"] | None:
        """Which of its master keys this id names; None when none."""
        return self._masters.knows(master_id)

    def rewrap(self, reporter: UUID, master_id: bytes, wrapped_key: bytes) -> bytes:
        """A row's data key under the newest master key: what the row holds stays as it is.

        Raises:
            VaultError: as for `identity`.
        """
        key = self._data_key(reporter, master_id, wrapped_key)
        return self._masters.wrap(key, _WRAP + reporter.bytes)

    def add(self, reporter: UUID, sealed: WrappedKey, place: bytes, words: str) -> bytes:
        """Encrypt what the reporter said later, under the data key that they have.

        Args:
            reporter: whose key it is.
            sealed: the key.
            place: names the row that the ciphertext belongs to; no other row can hold it.
            words: as written.

        Raises:
            VaultError: as for `identity`.
        """
        data = AESGCM(self._data_key(reporter, sealed.master_id, sealed.wrapped))
        nonce = os.urandom(NONCE_BYTES)
        return nonce + data.encrypt(nonce, words.encode(), _ADDED + reporter.bytes + place)

    def added(self, reporter: UUID, sealed: WrappedKey, place: bytes, box: bytes) -> str:
        """What the reporter said later, as written.

        Raises:
            VaultError: as for `identity`.
        """
        data = AESGCM(self._data_key(reporter, sealed.master_id, sealed.wrapped))
        return unbox(data, box, _ADDED + reporter.bytes + place).decode()

    def _open(self, reporter: UUID, sealed: Sealed, box: bytes, use: bytes) -> bytes:
        key = self._data_key(reporter, sealed.master_id, sealed.wrapped_key)
        return unbox(AESGCM(key), box, use + reporter.bytes)

    def _data_key(self, reporter: UUID, master_id: bytes, wrapped_key: bytes) -> bytes:
        return self._masters.unwrap(master_id, wrapped_key, _WRAP + reporter.bytes)
