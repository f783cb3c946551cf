"""A reporter's rights over their report: to have what is kept, and to have it erased."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import asyncpg
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import erasure, tracking
from mrk_intake.domain.actions import Action
from mrk_intake.domain.attachments import MediaType, Purpose
from mrk_intake.domain.instants import instant
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.private import Identity, Original
from mrk_intake.domain.timeline import shown
from mrk_intake.domain.timeline_out import StepOut
from mrk_intake.http.limits import ReportLimits
from mrk_intake.http.status import GONE, MISREAD, PROOF_HEADER
from mrk_intake.service import SERVICE
from mrk_intake.store import attachments, erase, private, reports
from mrk_intake.store.actions import words_of
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.reports import StoredReport
from mrk_intake.store.vault import Vault
from mrk_schemas.reports import Kind
from mrk_telemetry.logs import get_logger
from mrk_web.problems import NOT_FOUND, ProblemError

PURPOSE: Final = "reporter.export"
_PRIVATE: Final = {"cache-control": "no-store"}


class LaterOut(BaseModel):
    """What the reporter said with an action."""

    at: datetime
    action: Action
    text: str


class AttachmentOut(BaseModel):
    """A photo or document that is kept, encrypted at rest; read it by its name."""

    name: str = Field(description="As in /api/v1/attachments/{name}")
    purpose: Purpose = Field(description="The report's own, or an agency's proof")
    media_type: MediaType
    size: int
    sha256: str


class OwnDataOut(BaseModel):
    """Everything that is kept of a report and its reporter."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    received_at: datetime
    kind: Kind
    anonymous: bool
    confidential: bool
    reporter: Identity | None = Field(description="Who reported; encrypted at rest")
    original: Original = Field(description="What was reported, as written; encrypted at rest")
    later: list[LaterOut] = Field(
        description="What the reporter said afterwards, as written; encrypted at rest"
    )
    attachments: list[AttachmentOut]
    published: list[dict[str, Any]] = Field(description="The events that other services received")
    events: list[StepOut]


class AcknowledgementOut(BaseModel):
    """A service has blanked its copies."""

    service: str = Field(examples=["spanlapor-bridge"])
    at: datetime
    had_been_received_by: list[str] = Field(
        description="Who outside had it before, and keeps it", examples=[["SP4N-LAPOR! 7712399"]]
    )


class ErasureOut(BaseModel):
    """How far an erasure has come."""

    tracking_number: str = Field(examples=["7K3-Q9W-XTC"])
    complaint: str
    erased_at: datetime
    acknowledged: list[AcknowledgementOut]
    waiting_for: list[str] = Field(description="Services that have not acknowledged")
    done_at: datetime | None = Field(
        description="When the last copy on the broker is gone; null while a service is waited for"
    )


class OwnData:
    """Answers whoever proves to be the reporter; to everybody else there is no such report.

    Args:
        pool: of intake's database.
        keys: prove the reporter.
        vault: opens what is kept.
        clock: the domain's.
        limits: of addresses.
        left_behind: told after an erasure; `OldRows.left_behind`.
    """

    def __init__(  # noqa: PLR0913  # wired once, in roles.py
        self,
        *,
        pool: asyncpg.Pool,
        keys: Keys,
        vault: Vault,
        clock: Clock,
        limits: ReportLimits,
        left_behind: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self._limits = limits
        self._left_behind = left_behind

    async def export(self, request: Request) -> Response:
        """`GET /api/v1/reports/{tracking_number}/data`: everything that is kept, as JSON.

        Raises:
            ProblemError: 404 without the secret, 410 once erased, 429.
        """
        report = await self._proven(request)
        async with self._pool.acquire() as conn:
            kept = await private.by_complaint(conn, report.id)
            if report.erased_at is not None or kept is None or kept.sealed is None:
                raise ProblemError(GONE)
            steps = await reports.steps(conn, report.id)
            published = await reports.published(conn, report.id)
            later = await words_of(conn, report.id)
            files = await attachments.of_report(conn, report.id)
        identity = self._vault.identity(kept.reporter, kept.sealed)
        original = self._vault.original(kept.reporter, kept.sealed)
        data_key = WrappedKey(kept.sealed.master_id, kept.sealed.wrapped_key)
        get_logger().info("contact.read", caller="reporter", purpose=PURPOSE,
                          complaint=str(report.id))  # fmt: skip
        body = {
            "tracking_number": report.number,
            "received_at": instant(report.received_at),
            "kind": report.kind,
            "anonymous": report.anonymous,
            "confidential": report.confidential,
            "reporter": None if identity is None else identity.model_dump(mode="json"),
            "original": original.model_dump(mode="json", exclude_none=True),
            "later": [
                {
                    "at": instant(each.at),
                    "action": each.action,
                    "text": self._vault.added(kept.reporter, data_key, each.place, each.box),
                }
                for each in later
            ],
            "attachments": [
                {
                    "name": file.name,
                    "purpose": file.purpose,
                    "media_type": file.media_type,
                    "size": file.size,
                    "sha256": file.sha256.hex(),
                }
                for file in files
            ],
            "published": published,
            "events": shown(report.received_at, steps, proven=True),
        }
        return _answer(200, body)

    async def erase(self, request: Request) -> Response:
        """`DELETE /api/v1/reports/{tracking_number}`: erase it, for ever, in all services.

        Raises:
            ProblemError: 404 without the secret, 429.
        """
        report = await self._proven(request)
        if await erase.erase(self._pool, SERVICE, report.id, self._clock.now()):
            get_logger().info("report.erased", complaint=str(report.id), by="reporter")
            self._left_behind()
        return await self._erasure(report, 202)

    async def erasure(self, request: Request) -> Response:
        """`GET /api/v1/reports/{tracking_number}/erasure`: how far it is, who had received it.

        Raises:
            ProblemError: 404 without the secret, or where nothing was erased; 429.
        """
        return await self._erasure(await self._proven(request), 200)

    async def _erasure(self, report: StoredReport, status: int) -> Response:
        async with self._pool.acquire() as conn:
            found = await reports.by_id(conn, report.id)
            acknowledged = await erase.acknowledgements(conn, report.id)
        if found is None or found.erased_at is None:
            raise ProblemError(NOT_FOUND)
        told = erasure.told(str(report.id), erasure.status(found.erased_at, acknowledged))
        return _answer(status, {"tracking_number": report.number, **told})

    async def _proven(self, request: Request) -> StoredReport:
        self._limits.require(request.scope, "", request.headers.get("x-forwarded-for"))
        number = tracking.read(request.path_params["tracking_number"])
        if number is None:
            raise ProblemError(NOT_FOUND, detail=MISREAD)
        report = await reports.by_number(self._pool, number)
        given = request.headers.get(PROOF_HEADER)
        if report is None or not tracking.proves(self._keys.secrets, report.id, given):
            raise ProblemError(NOT_FOUND)
        return report


def _answer(status: int, body: dict[str, Any]) -> Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return Response(content, status, headers=_PRIVATE, media_type="application/json")
