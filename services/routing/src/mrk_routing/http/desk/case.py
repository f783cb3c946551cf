"""One case: all that happened, its due dates, notes, files, and what may be done with it."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from mrk_routing.domain import desk as people
from mrk_routing.domain import machine
from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.clocks import running
from mrk_routing.domain.desk import Person
from mrk_routing.domain.desk_access import ONE, may_see
from mrk_routing.domain.desk_map import LETTERS, drawn
from mrk_routing.domain.machine import Action, Role
from mrk_routing.domain.standing import standing
from mrk_routing.gateways.intake import IntakeAway
from mrk_routing.http.desk.beside import beside
from mrk_routing.http.desk.desk import Desk
from mrk_routing.http.desk.labels import TO_REPORTER
from mrk_routing.http.desk.pages import Page
from mrk_routing.store import desk_audit, desk_cases, desk_notes
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import Case, ClockName
from mrk_schemas.internal import AttachmentInfo
from mrk_telemetry.logs import get_logger
from mrk_text.masking import mask
from mrk_web.problems import NOT_FOUND, OVERLOADED, ProblemError

NOTE_LENGTH: Final = (3, 4000)
FILE: Final = f"{ONE}/berkas/{{attachment:uuid}}"
ACTIONS: Final[Mapping[str, tuple[Action, type[Command] | None]]] = MappingProxyType(
    {
        "terima": (Action.ACCEPT, AcceptCase),
        "kemajuan": (Action.PROGRESS, ReportProgress),
        "tanya": (Action.ASK, AskReporter),
        "selesai": (Action.RESOLVE, ResolveCase),
        "kembalikan": (Action.RETURN, ReturnCase),
        "tugaskan": (Action.ASSIGN, None),
        "teruskan": (Action.HAND_ON, None),
        "tutup": (Action.CLOSE, None),
        "gabungkan": (Action.MERGE, None),
        "pisahkan": (Action.UNMERGE, None),
    }
)
"""The last part of each action's address; what of the machine it is; the agency's command."""


class CasePage:
    """Shows cases.

    Args:
        desk: its parts.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request, person: Person) -> Response:
        """`GET /perkara/{number}`."""
        file, version = await self._desk.case(request, person)
        await self._desk.note(person, "case.viewed", file.id)
        return await self.rendered(request, person, file, version)

    async def opened(self, request: Request, person: Person) -> Response:
        """`POST /perkara/{number}/rahasia`: what a confidential report says of its place.

        To its owner's officers alone. intake logs the purpose, the record keeps who.

        Raises:
            ProblemError: 404; 503 where intake cannot be asked.
        """
        path = f"{ONE}/rahasia"
        file, version = await self._desk.case(request, person, path, "POST")
        if not file.case.confidential:
            raise ProblemError(NOT_FOUND)
        await self._desk.note(person, "case.opened", file.id)
        try:
            secret = {
                "place": await self._desk.intake.place(file.id),
                "details": await self._desk.intake.details(file.id),
            }
        except IntakeAway as error:
            raise _away(error) from error
        return await self.rendered(request, person, file, version, {"secret": secret})

    async def rendered(  # noqa: PLR0913, PLR0917  # what a page is made of
        self, request: Request, person: Person, file: CaseFile, version: int,
        more: Mapping[str, Any] | None = None, status: int = 200,
    ) -> Response:  # fmt: skip
        """The page.

        Args:
            more: what else there is to tell, such as why an action was refused.
        """
        desk, case = self._desk, file.case
        others = await beside(desk, person, file)
        values: dict[str, Any] = {
            "case": case,
            "file": file,
            "version": version,
            "now": desk.clock.now(),
            "clocks": _clocks(file, desk),
            "timeline": timeline(await desk_cases.happened(desk.pool, file.id)),
            "notes": await desk_notes.of_case(desk.pool, file.id),
            "beside": others,
            "map": drawn(file, [each.file for each in others.alike], desk.pack),
            "actions": allowed(person, case, parts=len(others.parts)),
            **owners(desk),
            "may_open": case.confidential and may_see(person, "POST", f"{ONE}/rahasia", case),
            "files": await self._files(person, case, opened=bool(more and "secret" in more)),
            "secret": None,
            "refused": None,
            "wrong": {},
            "typed": {},
            **(more or {}),
        }
        return desk.pages.render(request, Page("case", values, person, status))

    async def note(self, request: Request, person: Person) -> Response:
        """`POST /perkara/{number}/catatan`: words for colleagues; they never leave routing."""
        desk = self._desk
        file, version = await desk.case(request, person, f"{ONE}/catatan", "POST")
        words = str((await request.form()).get("kata", "")).strip()
        shortest, longest = NOTE_LENGTH
        if not shortest <= len(words) <= longest or "\x00" in words:
            more = {"wrong": {"catatan": (shortest, longest)}, "typed": {"catatan": words}}
            return await self.rendered(request, person, file, version, more, 422)
        owner = file.case.owner if person.works_for(file.case.owner) else None
        async with desk.pool.acquire() as conn, conn.transaction():
            now = desk.wall()
            await desk_notes.add(conn, file.id, person.id, owner, now, mask(words).text)
            await desk_audit.note(conn, now, person.id, "case.noted", file.id)
        return RedirectResponse(f"/perkara/{file.case.tracking_number}#catatan", 303)

    async def attachment(self, request: Request, person: Person) -> Response:
        """`GET /perkara/{number}/berkas/{attachment}`: one file of this case."""
        file, _ = await self._desk.case(request, person, FILE)
        wanted = str(request.path_params["attachment"])
        try:
            known = await self._desk.intake.files(file.id)
        except IntakeAway as error:
            raise _away(error) from error
        found = next((each for each in known if each.id == wanted), None)
        if found is None:
            raise ProblemError(NOT_FOUND)
        await self._desk.note(person, "file.viewed", file.id, found.purpose)
        return await self._streamed(found)

    async def _streamed(self, info: AttachmentInfo) -> Response:
        calling = self._desk.intake.file(info.id)
        try:
            answer = await calling.__aenter__()
        except IntakeAway as error:
            raise _away(error) from error

        async def parts() -> Any:
            try:
                async for part in answer.aiter_bytes():
                    yield part
            finally:
                await calling.__aexit__(None, None, None)

        if answer.status_code != 200:
            await calling.__aexit__(None, None, None)
            raise ProblemError(NOT_FOUND)
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        return StreamingResponse(parts(), headers=headers, media_type=info.media_type)

    async def _files(
        self, person: Person, case: Case, *, opened: bool
    ) -> tuple[AttachmentInfo, ...] | None:
        """Files to show; None where intake cannot be asked. A page does without them."""
        hidden = case.confidential and not opened
        if case.erased or hidden or not may_see(person, "GET", FILE, case):
            return ()
        try:
            return await self._desk.intake.files(case.complaint_id)
        except IntakeAway as error:
            get_logger().warning("desk.intake-away", why=error.why)
            return None


def allowed(person: Person, case: Case, *, parts: int = 0) -> tuple[str, ...]:
    """What the machine lets this person do where the case stands; words of `ACTIONS`.

    Args:
        parts: how many cases are parts of it: it can become a part of none then.
    """
    there = standing(case)
    may = (
        set(machine.allowed(there, Role.DISPATCHER))
        if person.is_(people.Role.DISPATCHER)
        else set()
    )
    if person.works_for(case.owner):
        may |= set(machine.allowed(there, Role.AGENCY))
    if parts:
        may.discard(Action.MERGE)
    return tuple(name for name, (action, _) in ACTIONS.items() if action in may)


def owners(desk: Desk) -> dict[str, Any]:
    """Whom a case may be assigned to, and handed on to: codes and names are the template's."""
    known = desk.pack.agencies.values()
    return {
        "agencies": sorted(each.code for each in known if not each.external),
        "externals": sorted(each.code for each in known if each.external),
        "letters": LETTERS,
    }


def timeline(events: list[desk_cases.Happened]) -> list[dict[str, Any]]:
    """What happened, as the page tells it."""
    told = []
    for event in events:
        body = json.loads(event.body)
        name = event.type.removeprefix("id.go.medan.case.").removesuffix(".v1")
        if name == "reopened" and body.get("by") == ROUTING:
            name = "reopened-by-another"
        told.append(
            {
                "name": name,
                "at": event.at,
                "by": body.get("by", ""),
                "owner": body.get("case", {}).get("owner"),
                "note": body.get("note"),
                "to_reporter": name in TO_REPORTER,
                "proof": len(body.get("proof", ())),
                "proposed": body.get("proposed_owner"),
            }
        )
    return told


def _clocks(file: CaseFile, desk: Desk) -> list[dict[str, Any]]:
    """Each due date, with its derivation and whether it is met, paused, late or runs.

    Of a part nobody is reminded: the work has the clocks of the case that it is part of. Its own
    date stays, and is shown as late once it has passed.
    """
    now = desk.clock.now()
    run = {due.clock for due in running(file)}
    met = {
        ClockName.VERIFICATION: file.verified_at,
        ClockName.FIRST_RESPONSE: file.first_response_at,
        ClockName.RESOLUTION: file.resolved_at,
    }
    found = []
    for due in file.case.deadlines:
        at = met.get(due.clock)
        if at is not None:
            state = "met" if at <= due.due_at else "met-late"
        elif file.case.ending is not None:
            state = "ended"
        elif due.clock in run or file.case.part_of is not None:
            going = "runs" if due.clock in run else "together"
            state = "late" if due.due_at <= now else going
        else:
            state = "paused"
        found.append({"due": due, "met_at": at, "state": state})
    return found


def _away(error: IntakeAway) -> ProblemError:
    get_logger().warning("desk.intake-away", why=error.why)
    return ProblemError(OVERLOADED, headers={"retry-after": "10"})
