"""Inspektorat's pages: whistle-blowing, each reading on record before it is shown.

A report is opened by a form that says why. The answer to it shows the content: it is never at an
address that a link, a bookmark or a browser's history could open again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from starlette.requests import Request
from starlette.responses import Response

from mrk_delivery.clock import Clock
from mrk_intake.domain import tracking
from mrk_intake.domain.inspection import (
    ANSWER_LENGTH,
    DETAIL_LENGTH,
    NOTE_LENGTH,
    Wanted,
    open_to,
)
from mrk_intake.domain.staff import Person
from mrk_intake.domain.timeline import Placed, shown, state_of
from mrk_intake.http.attachments import streamed
from mrk_intake.http.status import GONE, RESTRICTED
from mrk_intake.http.web.catalogues import N_
from mrk_intake.http.web.form import KEY, Wrong, read_form
from mrk_intake.http.web.pages import Page, Pages
from mrk_intake.http.web.staff.behalf import CHANNELS
from mrk_intake.http.web.staff.why import PURPOSES, UNREADABLE, Why, why_of, words_of
from mrk_intake.store import attachments, reports
from mrk_intake.store.inspection import CONTENT, PAGE, Filter, Inspection
from mrk_intake.store.objects import Objects
from mrk_intake.store.reports import StoredReport
from mrk_intake.store.sealing import Sealing
from mrk_login.session import Wall, wall
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger
from mrk_web.problems import NOT_FOUND, ProblemError

LIST: Final = "/inspektorat"
ONE: Final = LIST + "/{number}"
STATES: Final[Mapping[str, str]] = {
    "received": N_("Received"),
    "examining": N_("Being examined"),
    "concluded": N_("Closed with an answer"),
    "withdrawn": N_("Taken back"),
}
_NOT_NOW: Final = N_("The report stands otherwise by now. Look again before you set this.")
_NOTED: Final = N_("Your note is kept.")
_SET: Final = N_("The whistle-blower sees it on the tracking page.")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a form of an open report came to."""

    told: str | None = None
    errors: Mapping[str, Wrong] | None = None
    status: int = 200


class Inspectorate:
    """Shows whistle-blowing to those who examine it.

    Args:
        pages: renders.
        pool: of intake's database.
        inspection: reads and writes.
        objects: the store of files.
        sealing: opens files.
        clock: the domain's, for steps.
        now: the wall clock, for readings.
    """

    def __init__(  # noqa: PLR0913  # its parts, each by name
        self,
        *,
        pages: Pages,
        pool: asyncpg.Pool,
        inspection: Inspection,
        objects: Objects,
        sealing: Sealing,
        clock: Clock,
        now: Wall = wall,
    ) -> None:
        self._pages = pages
        self._pool = pool
        self._inspection = inspection
        self._objects = objects
        self._sealing = sealing
        self._clock = clock
        self._now = now

    async def listed(self, request: Request, person: Person) -> Response:
        """`GET /inspektorat?keadaan=&belum=1&sesudah=`: the newest first, without any content."""
        del person
        query = request.query_params
        state = query.get("keadaan", "")
        wanted = Filter(
            state if state in STATES else None,
            unread=query.get("belum") == "1",
            after=_uuid(query.get("sesudah", "")),
        )
        found = await self._inspection.listed(wanted)
        values = {
            "rows": found[:PAGE],
            "more": found[PAGE - 1].id if len(found) > PAGE else None,
            "states": STATES,
            "chosen": wanted,
        }
        return self._pages.render(request, Page("staff_inspection", values))

    async def gate(self, request: Request, person: Person) -> Response:
        """`GET /inspektorat/{number}`: asks why; shows nothing of what was reported.

        Raises:
            ProblemError: 404, 409 (restricted), 410.
        """
        del person
        report, placed = await self._report(request)
        return await self._gate(request, report, placed, {}, {})

    async def open(self, request: Request, person: Person) -> Response:
        """`POST /inspektorat/{number}/isi`: the content, once the reading is on record.

        Raises:
            ProblemError: 404, 409 (restricted), 410.
        """
        return await self._with_content(request, person)

    async def contact(self, request: Request, person: Person) -> Response:
        """`POST /inspektorat/{number}/kontak`: who reported, of those who did not stay anonymous.

        Raises:
            ProblemError: 404, also for an anonymous report, 409 (restricted), 410.
        """
        report, _ = await self._report(request)
        if report.anonymous:
            raise ProblemError(NOT_FOUND)
        return await self._with_content(request, person, with_identity=True)

    async def note(self, request: Request, person: Person) -> Response:
        """`POST /inspektorat/{number}/catatan`: a note for Inspektorat alone.

        Raises:
            ProblemError: 404, 409 (restricted), 410.
        """
        report, _ = await self._report(request)
        typed = await _typed(request)
        words, wrong = words_of(typed.get("note", ""), NOTE_LENGTH)
        id_ = _uuid(typed.get(KEY, ""))
        if wrong is not None or id_ is None:
            said = _Said(errors={"note": wrong or Wrong(UNREADABLE, {})}, status=422)
        elif why_of(typed)[0] is None:
            said = _Said()
        else:
            if not await self._inspection.note(person.id, report.id, id_, words, self._now()):
                raise ProblemError(GONE)
            said = _Said(told=_NOTED)
        return await self._with_content(request, person, said=said)

    async def set_state(self, request: Request, person: Person) -> Response:
        """`POST /inspektorat/{number}/keadaan`: a step that the whistle-blower sees.

        Raises:
            ProblemError: 404, 409 (restricted), 410.
        """
        report, _ = await self._report(request)
        typed = await _typed(request)
        wanted = _wanted(typed.get("state", ""))
        answer, wrong = "", None
        if wanted is Wanted.CONCLUDED:
            answer, wrong = words_of(typed.get("answer", ""), ANSWER_LENGTH)
        if wrong is not None:
            said = _Said(errors={"answer": wrong}, status=422)
        elif wanted is None or why_of(typed)[0] is None:
            said = _Said(errors={"state": Wrong(_NOT_NOW, {})}, status=422)
        elif await self._inspection.set_state(report.id, wanted, answer, self._clock.now()):
            get_logger().info("inspection.state", complaint=str(report.id), state=wanted.value)
            said = _Said(told=_SET)
        else:
            said = _Said(errors={"state": Wrong(_NOT_NOW, {})}, status=409)
        return await self._with_content(request, person, said=said)

    async def attachment(self, request: Request, person: Person) -> Response:
        """`POST /inspektorat/{number}/lampiran/{attachment}`: a photo or document.

        Raises:
            ProblemError: 404, 409 (restricted), 410, 503.
        """
        report, placed = await self._report(request)
        typed = await _typed(request)
        why, errors = why_of(typed)
        if why is None:
            return await self._gate(request, report, placed, typed, errors)
        file = await attachments.by_id(self._pool, request.path_params["attachment"])
        if file is None or file.complaint != report.id:
            raise ProblemError(NOT_FOUND)
        await self._record(person, report, f"attachment {file.id}", why)
        return await streamed(
            self._objects, self._sealing, file, thumbnail=False, cached="private, no-store"
        )

    async def _with_content(
        self,
        request: Request,
        person: Person,
        *,
        with_identity: bool = False,
        said: _Said | None = None,
    ) -> Response:
        report, placed = await self._report(request)
        typed = await _typed(request)
        why, errors = why_of(typed)
        if why is None:
            return await self._gate(request, report, placed, typed, errors)
        await self._record(person, report, CONTENT, why)
        if with_identity:
            await self._record(person, report, "contact", why)
        opened = await self._inspection.open(report.id, with_identity=with_identity)
        if opened is None:
            raise ProblemError(GONE)
        said = said or _Said()
        values = {
            "report": report,
            "opened": opened,
            "with_identity": with_identity,
            "files": await attachments.of_report(self._pool, report.id),
            "steps": shown(report.received_at, placed),
            "state": STATES[_state(placed)],
            "channels": {each.value: told for each, told in CHANNELS.items()},
            "open_to": [each.value for each in open_to(_state(placed))],
            "readers": await self._inspection.readers(report.id),
            "why": why,
            "note_key": str(uuid4()),
            "typed": {"note": "", "answer": "", **(typed if said.errors else {})},
            "told": said.told,
            "errors": said.errors or {},
            "lengths": {"note": NOTE_LENGTH[1], "answer": ANSWER_LENGTH[1]},
        }
        return self._pages.render(request, Page("staff_whistle", values, said.status, secret=True))

    async def _record(self, person: Person, report: StoredReport, what: str, why: Why) -> None:
        """Before anything is opened: what fails here ends the request."""
        await self._inspection.record(person.id, report.id, what, str(why), self._now())
        kind = what.partition(" ")[0]
        metrics.private_read(kind)
        get_logger().info(
            f"{kind}.read", caller=f"staff:{person.id}", purpose=why.purpose.value,
            complaint=str(report.id),
        )  # fmt: skip

    async def _report(self, request: Request) -> tuple[StoredReport, list[Placed]]:
        number = tracking.read(request.path_params["number"])
        async with self._pool.acquire() as conn:
            report = None if number is None else await reports.by_number(conn, number)
            if report is None or report.kind is not Kind.WHISTLEBLOWING:
                raise ProblemError(NOT_FOUND)
            if report.erased_at is not None:
                raise ProblemError(GONE)
            if report.restricted_at is not None:
                raise ProblemError(RESTRICTED)
            return report, await reports.steps(conn, report.id)

    async def _gate(
        self,
        request: Request,
        report: StoredReport,
        placed: list[Placed],
        typed: Mapping[str, str],
        errors: Mapping[str, Wrong],
    ) -> Response:
        values: dict[str, Any] = {
            "report": report,
            "state": STATES[_state(placed)],
            "purposes": [(each.value, told) for each, told in PURPOSES.items()],
            "longest_detail": DETAIL_LENGTH,
            "typed": {"purpose": "", "detail": "", **typed},
            "errors": errors,
        }
        return self._pages.render(
            request, Page("staff_gate", values, status=422 if errors else 200)
        )


async def _typed(request: Request) -> dict[str, str]:
    return read_form(request.headers.get("content-type", ""), await request.body())


def _wanted(written: str) -> Wanted | None:
    return Wanted(written) if written in set(Wanted) else None


def _state(placed: list[Placed]) -> str:
    state = state_of(placed)
    return state if state in STATES else "received"


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written)
    except ValueError:
        return None
