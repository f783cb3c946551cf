"""Bytes at rest: each attachment under a key of its own, wrapped by the vault's master key.

Erasing an attachment's wrapped key makes everything under it unreadable, in the store and in the
store's backups. AES-256-GCM, in segments, so that a file streams: a segment's place and whether it
is the last are bound to it, so that none can be moved, left out or cut off (STREAM, in: Hoang,
Reyhanitabar, Rogaway, Vizár, Online Authenticated-Encryption, CRYPTO 2015).
"""

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrk_intake.store.masters import KEY_BYTES, NONCE_BYTES, MasterKeys, VaultError, WrappedKey

SEGMENT: Final = 64 * 1024
_TAG: Final = 16
_SEALED: Final = NONCE_BYTES + SEGMENT + _TAG
_WRAP: Final = b"mrk-intake attachment key v1 "
_USE: Final = b"mrk-intake attachment v1 "


class Seal:
    """One attachment's key in use."""

    def __init__(self, attachment: UUID, key: bytes) -> None:
        self._attachment = attachment.bytes
        self._cipher = AESGCM(key)

    def sealed(self, use: str, data: bytes) -> bytes:
        """Encrypt bytes for one use, such as `piece 0` or `kept`."""
        return b"".join(self._segments(use, data))

    def opened(self, use: str, box: bytes) -> bytes:
        """Decrypt what `sealed` made for the same use.

        Raises:
            VaultError: it is not that, or was changed.
        """
        parts = range(0, max(1, len(box)), _SEALED)
        return b"".join(
            self._open(use, index, box[at : at + _SEALED], last=at + _SEALED >= len(box))
            for index, at in enumerate(parts)
        )

    async def opening(self, use: str, box: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Decrypt as it comes; what is yielded is authentic, and only the end tells it whole.

        Raises:
            VaultError: as for `opened`.
        """
        held, index = b"", 0
        async for part in box:
            held += part
            while len(held) > _SEALED:  # one that may be the last waits for the end
                yield self._open(use, index, held[:_SEALED], last=False)
                held, index = held[_SEALED:], index + 1
        yield self._open(use, index, held, last=True)

    def _segments(self, use: str, data: bytes) -> Iterator[bytes]:
        for index, at in enumerate(range(0, max(1, len(data)), SEGMENT)):
            nonce = os.urandom(NONCE_BYTES)
            last = at + SEGMENT >= len(data)
            bound = self._bound(use, index, last=last)
            yield nonce + self._cipher.encrypt(nonce, data[at : at + SEGMENT], bound)

    def _open(self, use: str, index: int, segment: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(
                segment[:NONCE_BYTES], segment[NONCE_BYTES:], self._bound(use, index, last=last)
            )
        except (InvalidTag, ValueError):
            raise VaultError(
                "an attachment's bytes do not belong to its row, or were changed"
            ) from None

    def _bound(self, use: str, index: int, *, last: bool) -> bytes:
        place = index.to_bytes(4) + (b"\1" if last else b"\0")
        return _USE + self._attachment + place + use.encode()


class Sealing:
    """Makes and opens attachments' keys.

    Args:
        master: the vault's master key, 32 bytes: new keys are wrapped under it.
        former: earlier master keys, with which keys may still be opened.

    Attributes:
        master_id: names the newest master key; reveals nothing of it.

    Raises:
        ValueError: a key has another length.
    """

    def __init__(self, master: bytes, former: Iterable[bytes] = ()) -> None:
        self._masters = MasterKeys(master, former)
        self.master_id = self._masters.id

    def new(self, attachment: UUID) -> WrappedKey:
        """A new key."""
        return self._wrapped(attachment, os.urandom(KEY_BYTES))

    def open(self, attachment: UUID, key: WrappedKey) -> Seal:
        """The key in use.

        Raises:
            VaultError: another master key wraps it, or the row was changed.
        """
        return Seal(attachment, self._plain(attachment, key))

    def rewrap(self, attachment: UUID, key: WrappedKey) -> WrappedKey:
        """A key under the newest master key: what is encrypted under it stays as it is.

        Raises:
            VaultError: as for `open`.
        """
        return self._wrapped(attachment, self._plain(attachment, key))

    def _wrapped(self, attachment: UUID, key: bytes) -> WrappedKey:
        return WrappedKey(self.master_id, self._masters.wrap(key, _WRAP + attachment.bytes))

    def _plain(self, attachment: UUID, key: WrappedKey) -> bytes:
        return self._masters.unwrap(key.master_id, key.wrapped, _WRAP + attachment.bytes)
