"""Bytes of an upload as they come: piece by piece into the store, noted once each is durable.

Whatever arrived before a line broke is kept, so that the rest can follow.
"""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import asyncpg
from starlette.requests import ClientDisconnect

from mrk_delivery.tx import Tx, unit
from mrk_delivery.work import Work
from mrk_intake.domain.attachments import State
from mrk_intake.service import ATTACHMENTS, SERVICE
from mrk_intake.store import uploads
from mrk_intake.store.objects import Objects, StoreAwayError, new_name
from mrk_intake.store.sealing import Seal
from mrk_intake.store.uploads import Upload
from mrk_web.overload import overloaded
from mrk_web.problems import TOO_LARGE, ProblemError

PIECE: Final = 256 * 1024
"""Bytes of one object, and all of a request's body that is held in memory."""
_RETRY_AFTER_S: Final = 5

Last = Callable[[Tx], Awaitable[None]]


class UndoneError(Exception):
    """A piece is surely not noted."""


class OvertakenError(UndoneError):
    """Somebody else went on with this upload meanwhile, or it has too many pieces now."""


class Receiving:
    """Takes the body of one request.

    Args:
        pool: of intake's database.
        objects: the store.
        seal: the upload's key.
        upload: as it was found.
        last: done in the transaction that notes the last piece; undoes it by `UndoneError` or
            `ProblemError`.
    """

    def __init__(
        self, pool: asyncpg.Pool, objects: Objects, seal: Seal, upload: Upload,
        last: Last | None = None,
    ) -> None:  # fmt: skip
        self._pool = pool
        self._objects = objects
        self._seal = seal
        self._upload = upload
        self._last = last
        self._held = bytearray()
        self._digest = hashlib.sha256()
        self.received = upload.received

    @property
    def source(self) -> bytes:
        """SHA-256 of the bytes of this request."""
        return self._digest.digest()

    @property
    def taken(self) -> int:
        """Bytes that came, durable or not."""
        return self.received + len(self._held)

    async def take(self, body: AsyncIterator[bytes]) -> None:
        """Take what comes.

        Raises:
            OvertakenError: the upload went on elsewhere; it must be asked how far it is.
            ProblemError: 413, 408, or 503 where the store is away.
            ClientDisconnect: the line broke; what had come is kept.
        """
        try:
            async for part in body:
                await self.push(part)
        except (ClientDisconnect, ProblemError) as error:
            if isinstance(error, ClientDisconnect) or error.problem is not TOO_LARGE:
                await self._rest()
            raise
        await self._rest()

    async def push(self, part: bytes) -> None:
        """Take a part of the bytes.

        Raises:
            OvertakenError: the upload went on elsewhere.
            ProblemError: 413, or 503 where the store is away.
        """
        self._hold(part)
        while len(self._held) >= PIECE:
            await self._piece(PIECE)

    async def finish(self, token: str) -> None:
        """End an upload whose length nobody knew: what came is all of it.

        Args:
            token: its credential from now on.

        Raises:
            OvertakenError: the upload went on elsewhere.
            TokenTakenError: another upload has this credential.
            ProblemError: 503 where the store is away.
        """
        await self._rest()
        async with unit(self._pool, SERVICE) as tx:
            if not await uploads.end(tx.conn, self._upload.id, self.received, token):
                raise OvertakenError
            self._examine(tx)

    def _hold(self, part: bytes) -> None:
        if self.received + len(self._held) + len(part) > self._upload.length:
            raise ProblemError(TOO_LARGE)
        self._held += part
        self._digest.update(part)

    async def _rest(self) -> None:
        if self._held:
            await self._piece(len(self._held))

    async def _piece(self, size: int) -> None:
        start, name = self.received, new_name("piece")
        sealed = self._seal.sealed(f"piece {start}", bytes(self._held[:size]))
        try:
            await self._objects.put(name, sealed)
        except StoreAwayError:
            raise overloaded(_RETRY_AFTER_S) from None
        try:
            if start + size < self._upload.length:
                await self._note(self._pool, start, size, name)
            else:
                await self._complete(start, size, name)
        except (UndoneError, ProblemError):
            # surely not noted; after any other error it may be, and the sweep will know
            await uploads.waste(self._pool, [name])
            raise
        del self._held[:size]
        self.received = start + size

    async def _note(self, conn: Any, start: int, size: int, name: str) -> State:
        state = await uploads.append(conn, self._upload.id, start, size, name)
        if state is None:
            raise OvertakenError
        return state

    async def _complete(self, start: int, size: int, name: str) -> None:
        """The last piece: its note and the work that follows commit together."""
        async with unit(self._pool, SERVICE) as tx:
            if self._last is not None:
                await self._last(tx)
            state = await self._note(tx.conn, start, size, name)
            if state is State.EXAMINING:
                self._examine(tx)

    def _examine(self, tx: Tx) -> None:
        upload = str(self._upload.id)
        tx.enqueue(
            Work(
                queue=ATTACHMENTS, lane=upload, key=upload, kind="examine",
                payload={"attachment": upload}, dedupe=f"examine {upload}",
            )
        )  # fmt: skip
