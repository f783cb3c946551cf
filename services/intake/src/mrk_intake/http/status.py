"""`GET /api/v1/reports/{tracking_number}`: the timeline; of a hidden report, to its reporter."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from mrk_intake.domain import tracking
from mrk_intake.domain.held import without_notes
from mrk_intake.domain.instants import instant
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.timeline import Placed, shown, state_of
from mrk_intake.http.files import described
from mrk_intake.store import attachments, followers, reports
from mrk_intake.store.reports import StoredReport
from mrk_web.language import Text
from mrk_web.problems import NOT_FOUND, Problem, ProblemError

PROOF_HEADER: Final = "x-tracking-secret"
FRESH_S: Final = 2
"""Seconds for which a public timeline may be shown from a cache."""

MISREAD: Final = Text(
    "Nomor ini tidak cocok dengan huruf pemeriksanya. Periksa lagi penulisannya.",
    "This number does not fit its check character. Look again how it is written.",
)
GONE: Final = Problem(
    410, "erased",
    Text("Laporan ini sudah dihapus", "The report was erased"),
    Text("Data pelapor dan laporan ini sudah dihapus untuk selamanya.",
         "The report and its reporter's data were erased for ever."),
)  # fmt: skip
RESTRICTED: Final = Problem(
    409, "restricted",
    Text("Pemrosesan laporan ini sedang dibatasi", "Processing of this report is restricted"),
    Text("Pelapornya meminta agar data laporan ini tidak diproses dulu. Laporan ini dapat dibuka"
         " lagi setelah pelapornya mencabut pembatasan itu.",
         "Its reporter asked that its data be not processed for now. It can be opened again once"
         " they lift the restriction."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A report as somebody may see it.

    Attributes:
        placed: its stored steps, in no order.
        proven: the tracking secret was given.
        public: everybody sees it.
        followers: how many other residents follow it.
    """

    report: StoredReport
    placed: list[Placed]
    proven: bool
    public: bool
    followers: int


async def look_up(pool: asyncpg.Pool, keys: Keys, written: str, secret: str | None) -> Seen:
    """The report of a number that a person wrote, if whoever has this secret may see it.

    Args:
        secret: the tracking secret as given; None where none was.

    Raises:
        ProblemError: 404; also for a hidden report without its secret, so that nobody learns
            that there is one. 410 once erased.
    """
    number = tracking.read(written)
    if number is None:
        raise ProblemError(NOT_FOUND, detail=MISREAD)
    async with pool.acquire() as conn:
        report = await reports.by_number(conn, number)
        proven = report is not None and tracking.proves(keys.secrets, report.id, secret)
        if report is None:
            raise ProblemError(NOT_FOUND)
        public = report.public
        if not public and not proven:
            raise ProblemError(NOT_FOUND)
        if report.erased_at is not None:
            raise ProblemError(GONE)
        placed = await reports.steps(conn, report.id)
        followed_by = await followers.count(conn, report.id)
    if report.held is not None and not proven:
        placed = without_notes(placed)
    return Seen(report, placed, proven, public, followed_by)


class ReportStatus:
    """Shows what happened to a report.

    Args:
        pool: of intake's database.
        keys: prove the reporter.
        public_url: base address of the public API, without a slash at its end.
    """

    def __init__(self, pool: asyncpg.Pool, keys: Keys, public_url: str) -> None:
        self._pool = pool
        self._keys = keys
        self._public_url = public_url

    async def __call__(self, request: Request) -> Response:
        """Serve one request.

        Raises:
            ProblemError: as `look_up`.
        """
        written, secret = request.path_params["tracking_number"], request.headers.get(PROOF_HEADER)
        seen = await look_up(self._pool, self._keys, written, secret)
        files = await attachments.of_report(self._pool, seen.report.id)
        told = described(files, self._public_url, proven=seen.proven)
        timeline = _timeline(seen, proven=seen.proven)
        body = json.dumps(timeline | told, ensure_ascii=False).encode()
        # what the reporter alone may see must not stay in a cache that others share
        shared = seen.public and (
            not seen.proven
            or (
                told == described(files, self._public_url, proven=False)
                and timeline == _timeline(seen, proven=False)
            )
        )
        return _public(request, body) if shared else _private(body)


def _timeline(seen: Seen, *, proven: bool) -> dict[str, Any]:
    report, placed = seen.report, seen.placed
    return {
        "tracking_number": report.number,
        "kind": report.kind,
        "category": report.category,
        "state": state_of(placed),
        "received_at": instant(report.received_at),
        "followers": seen.followers,
        "events": shown(report.received_at, placed, proven=proven),
    }


def _private(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"cache-control": "no-store"})


def _public(request: Request, body: bytes) -> Response:
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"cache-control": f"public, max-age={FRESH_S}", "etag": tag}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def matches(given: str | None, tag: str) -> bool:
    """Whether `If-None-Match` names a tag (RFC 9110, 13.1.2: weak comparison)."""
    tags = [each.strip().removeprefix("W/") for each in (given or "").split(",")]
    return "*" in tags or tag in tags
