"""What an administrator at SP4N-LAPOR! does: a page for people, the same by JSON for tests.

Every action is `POST /admin/complaints/{id}/{action}`; a form is answered with a redirect to the
complaint's page, JSON with the complaint's record.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mrk_simulators.lapor import admin_page
from mrk_simulators.lapor.context import Lapor, lapor
from mrk_simulators.lapor.export import record
from mrk_simulators.lapor.records import (
    Entry,
    UnknownComplaintError,
    count_by_state,
    find_complaint,
    insert_complaint,
    insert_entry,
    latest_complaints,
)
from mrk_simulators.lapor.reference import Reference, State
from mrk_simulators.lapor.submission import InvalidSubmissionError, read_complaint, truthy, whole

LISTED = 200
"""Complaints on the administrator's list."""


_PLAIN: Mapping[str, tuple[str, State]] = {
    "verify": ("status", State.COORDINATION),
    "hold": ("hold", State.HELD),
    "close": ("finish", State.FINISHED),
    "archive": ("status", State.ARCHIVED),
}
"""Actions that need no more than a note: their template and the state they lead to."""


def routes() -> list[Route]:
    """The administrator's routes."""
    return [
        Route("/admin", overview),
        Route("/admin/complaints", file_directly, methods=["POST"]),
        Route("/admin/complaints/{id:int}", detail),
        Route("/admin/complaints/{id:int}/{action}", act, methods=["POST"]),
        Route("/admin/files/{id:int}", download),
    ]


def entry_for(
    action: str, fields: Mapping[str, Any], row: sqlite3.Row, reference: Reference
) -> Entry:
    """What an action adds to a complaint's history.

    Raises:
        InvalidSubmissionError: a field that the action needs is missing or unknown.
        LookupError: there is no such action.
    """
    content = str(fields.get("content") or "").strip()
    owner = row["disposition_id"]
    institution = whole(fields.get("institution_id"))
    common: dict[str, Any] = {
        "origin": "administrator",
        "institution_from_id": owner,
        "is_secret": truthy(fields.get("is_secret")),
        "fields": fields,
    }
    if action in _PLAIN:
        template, state = _PLAIN[action]
        return Entry(**common, template_code=template, content=content, state=state)
    match action:
        case "forward":
            if institution is None or reference.refuses("institutions", institution):
                raise InvalidSubmissionError({"institution_id": "wajib diisi dan dikenal"})
            return Entry(
                **common,
                template_code="disposition",
                content=content,
                institution_to_id=institution,
                state=State.DISPOSITION,
                disposition_id=institution,
            )
        case "not-authority":
            return Entry(
                **common,
                template_code="not_authority",
                content=content,
                institution_to_id=institution,
                state=State.NOT_AUTHORITY,
                requested_institution_id=institution,
            )
        case "follow-up":
            if not content:
                raise InvalidSubmissionError({"content": "wajib diisi"})
            common["institution_from_id"] = owner if institution is None else institution
            return Entry(**common, template_code="followup", content=content)
        case _:
            raise LookupError(action)


async def act(request: Request) -> Response:
    """Carry one action out."""
    simulator = lapor(request)
    identifier: int = request.path_params["id"]
    fields, by_form = await _given(request)
    row = find_complaint(simulator.store.reader, identifier)
    if row is None:
        raise UnknownComplaintError(identifier)
    try:
        entry = entry_for(request.path_params["action"], fields, row, simulator.reference)
    except UnknownComplaintError:
        raise
    except LookupError as error:
        raise HTTPException(404, "Not Found") from error
    await simulator.store.write(lambda connection: insert_entry(connection, identifier, entry))
    if by_form:
        return RedirectResponse(f"/admin/complaints/{identifier}", 303)
    return JSONResponse(_record(simulator, identifier))


async def file_directly(request: Request) -> JSONResponse:
    """Store a complaint that a resident files at SP4N-LAPOR! itself, not through any city.

    Takes the fields of `POST /complaints/complaint`; `disposition_id` forwards it at once.
    """
    simulator = lapor(request)
    fields, _ = await _given(request)
    defaults = {"is_new_user_slider": True, "classification_id": 1}
    complaint = read_complaint({**defaults, **fields}, simulator.reference)
    identifier = await simulator.store.write(
        lambda connection: insert_complaint(connection, "portal", complaint, None)
    )
    return JSONResponse(_record(simulator, identifier), 201)


async def overview(request: Request) -> HTMLResponse:
    """The list of complaints, newest first, by `?state=` and `?q=`."""
    simulator = lapor(request)
    wanted = request.query_params.get("state")
    state = State(wanted) if wanted in set(State) else None
    search = request.query_params.get("q", "").strip()
    reader = simulator.store.reader
    rows = latest_complaints(reader, state, search, LISTED)
    return HTMLResponse(
        admin_page.overview(
            rows, count_by_state(reader), simulator.reference, state=state, search=search
        )
    )


async def detail(request: Request) -> HTMLResponse:
    """One complaint with its history and the actions."""
    simulator = lapor(request)
    shown = _record(simulator, request.path_params["id"])
    return HTMLResponse(admin_page.detail(shown, simulator.reference))


async def download(request: Request) -> Response:
    """A file as it was uploaded, never shown inline: a stranger made it."""
    row = (
        lapor(request)
        .store.reader.execute(
            "SELECT media_type, content FROM file WHERE id = ?", (request.path_params["id"],)
        )
        .fetchone()
    )
    if row is None:
        raise HTTPException(404, "Not Found")
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return Response(row["content"], headers=headers, media_type="application/octet-stream")


def _record(simulator: Lapor, identifier: int) -> dict[str, Any]:
    row = find_complaint(simulator.store.reader, identifier)
    if row is None:
        raise UnknownComplaintError(identifier)
    return record(simulator.store.reader, row, simulator.reference)


async def _given(request: Request) -> tuple[dict[str, Any], bool]:
    """The fields, and whether a form sent them; an empty body is JSON without fields."""
    body = await request.body()
    if "form" in request.headers.get("content-type", ""):
        async with request.form() as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}, True
    try:
        raw = await request.json() if body else {}
    except ValueError as error:
        raise HTTPException(400, "Bad Request") from error
    if not isinstance(raw, dict):
        raise HTTPException(400, "Bad Request")
    return raw, False
