"""intake's role `internal`: files of a report, its confidential place and details, and proofs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import httpx
from pydantic import ValidationError

from mrk_schemas.base import Contract
from mrk_schemas.ids import ComplaintId
from mrk_schemas.internal import (
    AttachmentInfo,
    AttachmentList,
    ConfidentialDetails,
    ConfidentialPlace,
    Proof,
)

TIMEOUT_S: Final = 10.0
EXAMINED_WITHIN_S: Final = 20.0
"""Seconds that somebody waits for a proof's examination, which a worker of intake makes."""

_ASK_AGAIN_S: Final = 0.25
AnswerT = TypeVar("AnswerT", bound=Contract)


class IntakeAway(Exception):  # noqa: N818  # it reads as the fact that it states
    """intake gave no usable answer; `why` is a fixed word, for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ProofRefused(Exception):  # noqa: N818  # as above
    """intake takes no such photo; `why` is its fixed word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Intake:
    """Asks role `internal`, each time with a purpose that it logs.

    Args:
        http: with its base address; the caller closes it.
        token: proves that routing asks.
    """

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._token = token

    async def place(self, complaint: ComplaintId) -> ConfidentialPlace | None:
        """Point and address of a confidential report; None where there are none.

        Raises:
            IntakeAway: there is no usable answer.
        """
        address = f"/internal/v1/places/{complaint}"
        return await self._read(ConfidentialPlace, address, "desk.place")

    async def details(self, complaint: ComplaintId) -> ConfidentialDetails | None:
        """What a confidential report states of what its category asks for.

        Raises:
            IntakeAway: there is no usable answer.
        """
        address = f"/internal/v1/details/{complaint}"
        return await self._read(ConfidentialDetails, address, "desk.details")

    async def files(self, complaint: ComplaintId) -> tuple[AttachmentInfo, ...]:
        """A report's files and the proofs of it; none where it is erased.

        Raises:
            IntakeAway: there is no usable answer.
        """
        address = f"/internal/v1/reports/{complaint}/attachments"
        found = await self._read(AttachmentList, address, "desk.case")
        return found.attachments if found is not None else ()

    @asynccontextmanager
    async def file(self, attachment: str) -> AsyncIterator[httpx.Response]:
        """A file's bytes, as they come.

        Raises:
            IntakeAway: it cannot be asked.
        """
        try:
            async with self._http.stream(
                "GET", f"/internal/v1/attachments/{attachment}", headers=self._headers("desk.file")
            ) as answer:
                yield answer
        except httpx.HTTPError as error:
            raise IntakeAway(type(error).__name__) from error

    async def prove(self, complaint: ComplaintId, media_type: str, photo: bytes) -> str:
        """Hand a photo over and wait until it is examined; its SHA-256, in hexadecimal.

        Raises:
            ProofRefused: it is no photo that intake takes.
            IntakeAway: there is no usable answer, or none in time.
        """
        headers = {**self._headers("desk.proof"), "content-type": media_type}
        path = f"/internal/v1/reports/{complaint}/proofs"
        answer = await self._asked("POST", path, headers, photo)
        if answer.status_code in {409, 413, 415}:
            raise ProofRefused({409: "too-many", 413: "too-large"}.get(answer.status_code, "type"))
        proof = _body(Proof, answer)
        try:
            async with asyncio.timeout(EXAMINED_WITHIN_S):
                while proof.state == "examining":
                    await asyncio.sleep(_ASK_AGAIN_S)  # another process examines it
                    path = f"/internal/v1/proofs/{proof.id}"
                    proof = _body(Proof, await self._asked("GET", path, headers))
        except TimeoutError:
            raise IntakeAway("examination") from None
        if proof.sha256 is None:
            raise ProofRefused(proof.refused or "refused")
        return proof.sha256

    async def _read(self, kind: type[AnswerT], path: str, purpose: str) -> AnswerT | None:
        answer = await self._asked("GET", path, self._headers(purpose))
        return None if answer.status_code in {404, 410} else _body(kind, answer)

    async def _asked(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None = None
    ) -> httpx.Response:
        try:
            return await self._http.request(method, path, headers=headers, content=content)
        except httpx.HTTPError as error:
            raise IntakeAway(type(error).__name__) from error

    def _headers(self, purpose: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}", "x-purpose": purpose}


def intake_client(address: str) -> httpx.AsyncClient:
    """A client of role `internal` at `address`; the caller closes it."""
    return httpx.AsyncClient(
        base_url=address, timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
    )


def _body(kind: type[AnswerT], answer: httpx.Response) -> AnswerT:
    if answer.status_code not in {200, 202}:
        raise IntakeAway(f"status-{answer.status_code}")
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError:
        raise IntakeAway("answer") from None
