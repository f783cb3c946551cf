"""The uploads that a report names: found before it is stored, or named as what is wrong with it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

import asyncpg

from mrk_intake.domain.attachments import State
from mrk_intake.domain.keys import Keys
from mrk_intake.store import attachments
from mrk_intake.store.accept import Attached
from mrk_intake.store.attachments import Offered
from mrk_web.language import Language, Text
from mrk_web.problems import VALIDATION, FieldError, ProblemError
from mrk_web.validation import Wrong

_GONE: Final = Wrong(
    Text("Unggahan ini tidak ada, kedaluwarsa, atau sudah dipakai laporan lain.",
         "This upload is unknown, has expired, or belongs to another report."),
    Text("Unggah lagi, lalu kirim laporan dengan nomor unggahan yang baru.",
         "Upload it again, then send the report with the new upload's name."),
)  # fmt: skip
_INCOMPLETE: Final = Wrong(
    Text("Unggahan ini belum lengkap.", "This upload is not complete."),
    Text("Lanjutkan unggahan sampai selesai, lalu kirim laporan.",
         "Go on with the upload to its end, then send the report."),
)  # fmt: skip
_EXAMINING: Final = Wrong(
    Text("Unggahan ini masih diperiksa.", "This upload is still being examined."),
    Text("Tunggu sampai statusnya ready, lalu kirim laporan dengan kunci yang sama.",
         "Wait until its state is ready, then send the report with the same key."),
)  # fmt: skip
_REFUSED: Final = Wrong(
    Text("Berkas ini ditolak.", "This file was refused."),
    Text("Hapus dari laporan, atau unggah berkas lain.",
         "Leave it out, or upload another file."),
)  # fmt: skip


class Unready(StrEnum):
    """Why an upload cannot be taken now."""

    GONE = "gone"
    INCOMPLETE = "incomplete"
    EXAMINING = "examining"
    REFUSED = "refused"


_WORDS: Final[Mapping[Unready, Wrong]] = MappingProxyType(
    {
        Unready.GONE: _GONE,
        Unready.INCOMPLETE: _INCOMPLETE,
        Unready.EXAMINING: _EXAMINING,
        Unready.REFUSED: _REFUSED,
    }
)


class Taking:
    """Finds uploads by their tokens.

    Args:
        pool: of intake's database.
        keys: name the request.
    """

    def __init__(self, pool: asyncpg.Pool, keys: Keys) -> None:
        self._pool = pool
        self._keys = keys

    async def __call__(
        self, tokens: Sequence[str], device: str, key: str, language: Language
    ) -> tuple[Attached, ...]:
        """What a report may take.

        A request that was accepted before takes nothing again: its uploads are its own already,
        and it gets its stored answer.

        Raises:
            ProblemError: 422 that names every upload that cannot be taken.
        """
        judged = await self.judged(tokens, device, key)
        wrong = {n: why for n, why in enumerate(judged) if isinstance(why, Unready)}
        if not wrong:
            return tuple(each for each in judged if isinstance(each, Attached))
        errors = [
            FieldError(
                f"/attachments/{place}",
                _WORDS[why].message.to(language),
                _WORDS[why].mend.to(language),
            )
            for place, why in wrong.items()
        ]
        raise ProblemError(VALIDATION, errors)

    async def judged(
        self, tokens: Sequence[str], device: str, key: str
    ) -> Sequence[Attached | Unready]:
        """Each upload in its order, or why not; nothing for a request that was accepted before."""
        async with self._pool.acquire() as conn:
            judged = [_judged(each) for each in await attachments.offered(conn, tokens)]
            if all(isinstance(each, Attached) for each in judged):
                return judged
            known = await attachments.known_request(conn, self._keys.request(device, key))
        return () if known else judged


def _judged(found: Offered | None) -> Attached | Unready:
    if found is None:
        return Unready.GONE
    match found.state:
        case State.RECEIVING:
            return Unready.INCOMPLETE
        case State.EXAMINING:
            return Unready.EXAMINING
        case State.REFUSED:
            return Unready.REFUSED
        case State.READY:
            return Attached(found.id, (found.sha256 or b"").hex())
        case _:
            assert_never(found.state)
