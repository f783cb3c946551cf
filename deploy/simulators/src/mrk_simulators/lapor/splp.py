"""Dialect `splp`: the interface behind the government's service bus, as observed."""

import sqlite3
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mrk_simulators.lapor.context import Lapor, fault_of, lapor
from mrk_simulators.lapor.records import (
    Entry,
    UnknownComplaintError,
    Upload,
    entries_of,
    find_by_tag,
    find_complaint,
    insert_complaint,
    insert_entry,
    insert_files,
    list_complaints,
)
from mrk_simulators.lapor.reference import State
from mrk_simulators.lapor.submission import (
    InvalidSubmissionError,
    read_complaint,
    read_followup,
    read_rejection,
    truthy,
    whole,
)
from mrk_simulators.lapor.views import full, history, summary

PAGE = 20
"""Entries on a page of follow-ups or of the listing."""


def routes() -> list[Route]:
    """The dialect's routes; `search` and the listing are assumed, not observed."""
    return [
        Route("/complaints/complaint/file", upload, methods=["POST"]),
        Route("/complaints/complaint/search", search),
        Route("/complaints/complaint", create, methods=["POST"]),
        Route("/complaints/complaint", listing, methods=["GET"]),
        Route("/complaints/{id:int}/complaint", show),
        Route("/complaints/{id:int}/followups", followups),
        Route("/complaints/followup/add", add_followup, methods=["POST"]),
        Route("/complaints/process/{id:int}/reject", reject, methods=["POST"]),
        Route("/masters/institutions/external", institutions),
        Route("/masters/templates", templates),
    ]


async def upload(request: Request) -> JSONResponse:
    """Store files sent as `attachments[]`."""
    simulator = _admitted(request)
    _, uploads = await _form(request, "attachments")
    if not uploads:
        raise InvalidSubmissionError({"attachments": "wajib diisi"})
    ids = await simulator.store.write(lambda connection: insert_files(connection, uploads))
    docs = [
        {"id": number, "name": item.name, "size": len(item.content)}
        for number, item in zip(ids, uploads, strict=True)
    ]
    return JSONResponse({"status": 200, "results": {"docs": docs}})


async def create(request: Request) -> JSONResponse:
    """Store a complaint; the same one again makes another, as in the real system."""
    simulator = _admitted(request)
    complaint = read_complaint(await _fields(request), simulator.reference)
    fault = fault_of(request)
    identifier = await simulator.store.write(
        lambda connection: insert_complaint(connection, "splp", complaint, fault)
    )
    return JSONResponse(
        {
            "status": 200,
            "message": "Laporan berhasil dikirim",
            "complaint_id": identifier,
            "results": {"complaint_id": identifier},
        }
    )


async def show(request: Request) -> JSONResponse:
    """A complaint's status and the log of its changes."""
    simulator = _admitted(request)
    row = _existing(simulator, request.path_params["id"])
    logs = [
        history(simulator.reference, entry)
        for entry in entries_of(simulator.store.reader, row["id"])
        if entry["state_old"] != entry["state_new"]
    ]
    data = summary(simulator.reference, row)
    return JSONResponse({"status": 200, "results": {"data": data, "data_logs": logs}})


async def followups(request: Request) -> JSONResponse:
    """A page of a complaint's history, oldest first."""
    simulator = _admitted(request)
    row = _existing(simulator, request.path_params["id"])
    page = _page(request)
    entries = entries_of(simulator.store.reader, row["id"], PAGE + 1, (page - 1) * PAGE)
    data = [history(simulator.reference, entry) for entry in entries[:PAGE]]
    return _paged(request, data, page, more=len(entries) > PAGE)


async def add_followup(request: Request) -> JSONResponse:
    """Add a follow-up with its files to a complaint."""
    simulator = _admitted(request)
    fields, uploads = await _form(request, "attachment")
    complaint = read_followup(fields, simulator.reference)
    template = simulator.reference.templates.get(str(fields["template_code"]))
    entry = Entry(
        origin="api",
        template_code=str(fields["template_code"]),
        content=str(fields["content"]),
        institution_from_id=whole(fields["institution_from_id"]),
        institution_to_id=whole(fields["institution_to_id"]),
        is_secret=truthy(fields.get("is_secret")),
        state=template.state if template else None,
        fields=fields,
    )
    fault = fault_of(request)

    def store(connection: sqlite3.Connection) -> tuple[int, list[int]]:
        files = insert_files(connection, uploads)
        complete = Entry(**{**vars(entry), "fields": {**fields, "attachments": files}})
        return insert_entry(connection, complaint, complete, fault), files

    identifier, files = await simulator.store.write(store)
    results = {"id": identifier, "complaint_id": complaint, "attachments": files}
    return JSONResponse({"status": 200, "results": results})


async def reject(request: Request) -> JSONResponse:
    """Hand a case on: not this institution's authority, `reason` names the one that is asked."""
    simulator = _admitted(request)
    fields = await _fields(request)
    institution = read_rejection(fields, simulator.reference)
    row = _existing(simulator, request.path_params["id"])
    entry = Entry(
        origin="reject",
        template_code="not_authority",
        content=str(fields["reason_description"]),
        institution_from_id=row["disposition_id"],
        institution_to_id=institution,
        state=State.NOT_AUTHORITY,
        requested_institution_id=institution,
        fields=fields,
    )
    fault = fault_of(request)
    identifier = await simulator.store.write(
        lambda connection: insert_entry(connection, row["id"], entry, fault)
    )
    return JSONResponse({"status": 200, "results": {"id": identifier, "complaint_id": row["id"]}})


async def search(request: Request) -> JSONResponse:
    """Complaints by a tag or reference (assumed; 404 while the switch `lookup` is off)."""
    simulator = _admitted(request)
    if not simulator.plan.switches["lookup"]:
        raise HTTPException(404, "Not Found")
    tag = request.query_params.get("tags_raw", "").strip().lstrip("#")
    if not tag:
        raise InvalidSubmissionError({"tags_raw": "wajib diisi"})
    rows = find_by_tag(simulator.store.reader, tag)
    return _paged(request, [summary(simulator.reference, row) for row in rows], 1, more=False)


async def listing(request: Request) -> JSONResponse:
    """Complaints of an institution by ascending id (assumed; 404 while `listing` is off)."""
    simulator = _admitted(request)
    if not simulator.plan.switches["listing"]:
        raise HTTPException(404, "Not Found")
    disposition = whole(request.query_params.get("disposition_id"))
    page = _page(request)
    rows = list_complaints(simulator.store.reader, disposition, PAGE + 1, (page - 1) * PAGE)
    data = [full(simulator.reference, row) for row in rows[:PAGE]]
    return _paged(request, data, page, more=len(rows) > PAGE)


async def institutions(request: Request) -> JSONResponse:
    """Institutions that a complaint can be forwarded to."""
    simulator = _admitted(request)
    size = whole(request.query_params.get("page_size")) or PAGE
    page = _page(request)
    known = [{"id": key, "name": name} for key, name in simulator.reference.institutions.items()]
    data = known[(page - 1) * size : page * size]
    return _paged(request, data, page, more=len(known) > page * size)


async def templates(request: Request) -> JSONResponse:
    """Templates of follow-ups."""
    simulator = _admitted(request)
    data = [
        {"code": item.code, "name": item.name, "content": item.content}
        for item in simulator.reference.templates.values()
    ]
    return _paged(request, data, 1, more=False)


def _admitted(request: Request) -> Lapor:
    simulator = lapor(request)
    if not simulator.credentials.admits_splp(request.headers):
        raise HTTPException(401, "Unauthorized")
    return simulator


def _existing(simulator: Lapor, identifier: int) -> sqlite3.Row:
    row = find_complaint(simulator.store.reader, identifier)
    if row is None:
        raise UnknownComplaintError(identifier)
    return row


async def _fields(request: Request) -> dict[str, Any]:
    """The fields of a JSON or form body."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        fields, _ = await _form(request, "attachments")
        return fields
    try:
        raw = await request.json()
    except ValueError as error:
        raise HTTPException(400, "Bad Request") from error
    if not isinstance(raw, dict):
        raise HTTPException(400, "Bad Request")
    return raw


async def _form(request: Request, files: str) -> tuple[dict[str, Any], list[Upload]]:
    """The fields of a form body, and its files under `files[]`, or `files[0]` and so on."""
    fields: dict[str, Any] = {}
    uploads: list[Upload] = []
    async with request.form(max_files=50, max_part_size=1024 * 1024) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields[name] = value
            elif name.partition("[")[0] == files:
                media = value.content_type or "application/octet-stream"
                uploads.append(Upload(value.filename or "berkas", media, await value.read()))
    return fields, uploads


def _page(request: Request) -> int:
    return max(1, whole(request.query_params.get("page")) or 1)


def _paged(request: Request, data: list[dict[str, Any]], page: int, *, more: bool) -> JSONResponse:
    following = str(request.url.include_query_params(page=page + 1)) if more else None
    paging = {"data": data, "current_page": page, "next_page_url": following}
    # Where `next_page_url` stands is not certain, so it stands in both places.
    return JSONResponse({"status": 200, "results": paging, "next_page_url": following})
