"""The handler of the queue `attachments`: an upload that is complete is examined and kept."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, assert_never
from uuid import UUID

import asyncpg

from mrk_delivery.errors import Transient
from mrk_delivery.tx import Tx
from mrk_delivery.work import Done, Job, LookUp, Outcome, Refused, Resend, Skipped, Told
from mrk_intake.domain import offered
from mrk_intake.domain.attachments import MediaType, Refusal, State
from mrk_intake.store import uploads
from mrk_intake.store.objects import MissingError, Objects, new_name
from mrk_intake.store.sealing import Seal, Sealing
from mrk_intake.store.uploads import Kept, Upload
from mrk_intake.workers import examiner
from mrk_intake.workers.examination import Died, Examined, examined
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

DEATHS: Final = 3
"""A file on which the examiner dies this often is refused: it is the file's doing."""

Examine = Callable[[Path, MediaType | None], Awaitable[Examined | Refusal | Died]]


class Keeper:
    """Examines uploads, one file and one process at a time for each place in flight.

    Args:
        pool: of intake's database.
        objects: the store.
        sealing: opens keys.
        spool: folder for files in the clear while they are examined; best in memory.
        examine: examines the file in a folder.
    """

    def __init__(  # wired once
        self,
        pool: asyncpg.Pool,
        objects: Objects,
        sealing: Sealing,
        spool: Path,
        examine: Examine = examined,
    ) -> None:
        self._pool = pool
        self._objects = objects
        self._sealing = sealing
        self._spool = spool
        self._examine = examine

    async def perform(self, job: Job) -> Outcome:
        """Gather the pieces, examine the whole, store what is clean, and say so in the row.

        Raises:
            Transient: the store is away, or the examiner died of something else.
        """
        upload = await uploads.by_id(self._pool, UUID(job.payload["attachment"]))
        if upload is None or upload.state is not State.EXAMINING:
            return Skipped("there is nothing to examine")
        seal = self._sealing.open(upload.id, upload.key)
        with tempfile.TemporaryDirectory(dir=self._spool, prefix="examined-") as name:
            folder = Path(name)
            try:
                await self._gather(upload, seal, folder / examiner.GIVEN)
            except MissingError:
                return await self._refused(upload, Refusal.TRUNCATED)
            found = await self._examine(folder, upload.hint)
            match found:
                case Examined():
                    return await self._kept(upload, seal, folder, found)
                case Refusal():
                    return await self._refused(upload, found)
                case Died(code):
                    get_logger().warning(
                        "examiner.died", attachment=str(upload.id), code=code, attempt=job.attempts
                    )
                    if code > 0 or job.attempts < DEATHS:
                        raise Transient(f"the examiner ended with {code}")
                    return await self._refused(upload, Refusal.TOO_HEAVY)
                case _:
                    assert_never(found)

    def may_have_left(self, job: Job, error: Exception) -> bool:
        """Nothing leaves from here: whatever went wrong, it may be done again."""
        del job, error
        return False

    async def look_up(self, job: Job) -> LookUp:
        """A worker that died may have kept it: the row tells, and doing it again is harmless."""
        upload = await uploads.by_id(self._pool, UUID(job.payload["attachment"]))
        if upload is None or upload.state is not State.EXAMINING:
            return Done()
        return Resend()

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        """A row that an operator refused by hand leaves no upload waiting."""
        if isinstance(outcome, Refused):
            await uploads.refuse(tx.conn, UUID(job.payload["attachment"]), Refusal.DAMAGED)

    async def drained(self, tx: Tx, key: str) -> None:
        """Nobody waits for an acknowledgement: the row was erased with its report."""
        del tx, key

    async def _gather(self, upload: Upload, seal: Seal, into: Path) -> None:
        for start, name in await uploads.pieces(self._pool, upload.id):
            piece = seal.opened(f"piece {start}", await self._objects.whole(name))
            await asyncio.to_thread(_append, into, piece)

    async def _kept(self, upload: Upload, seal: Seal, folder: Path, found: Examined) -> Outcome:
        names = [new_name("kept")]
        await self._store(seal, "kept", folder / examiner.CLEAN, names[0])
        if found.clean.thumbnail:
            names.append(new_name("thumbnail"))
            await self._store(seal, "thumbnail", folder / examiner.THUMBNAIL, names[1])
        kept = Kept(
            found.clean,
            uploads.public_name(),
            names[0],
            names[1] if found.clean.thumbnail else None,
            seal.sealed("offer", offered.to_json(found.offer)) if found.offer else None,
        )
        if not await uploads.keep(self._pool, upload.id, kept):
            await uploads.waste(self._pool, names)
            return Skipped("it was examined before, or is gone")
        metrics.file_examined("ready")
        return Done()

    async def _store(self, seal: Seal, use: str, file: Path, name: str) -> None:
        sealed = await asyncio.to_thread(lambda: seal.sealed(use, file.read_bytes()))
        await self._objects.put(name, sealed)

    async def _refused(self, upload: Upload, why: Refusal) -> Outcome:
        await uploads.refuse(self._pool, upload.id, why)
        metrics.file_examined(why.value)
        return Done({"refused": why.value})


def _append(file: Path, piece: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(piece)
