"""The HTTP side of the mail server: a page for people, records and faults for tests."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from mrk_simulators.fault_control import fault_routes
from mrk_simulators.faults import FaultPlan
from mrk_simulators.mail.records import (
    count_messages,
    export_messages,
    find_message,
    latest_messages,
    raw_message,
    record,
)
from mrk_simulators.pages import escape, page, stream_json
from mrk_simulators.store import GroupCommitStore

LISTED = 200
"""Messages on the page."""


def build_app(
    store: GroupCommitStore, plan: FaultPlan, follow_switch: Callable[[], Awaitable[None]]
) -> Starlette:
    """The application; `follow_switch` carries out a changed `refuse_connections`."""

    async def changed(_: Request) -> None:
        await follow_switch()

    app = Starlette(
        routes=[
            Route("/", overview),
            Route("/messages/{id:int}", detail),
            Route("/messages/{id:int}/raw", raw),
            Route("/_sim/health", health),
            Route("/_sim/records", records),
            *fault_routes(lambda _: plan, changed),
        ]
    )
    app.state.store = store
    return app


async def health(request: Request) -> JSONResponse:
    """Answers once the store is open and SMTP listens."""
    return JSONResponse({"status": "ok", "messages": count_messages(_store(request).reader)})


async def records(request: Request) -> Response:
    """Every message as a JSON array, oldest first."""
    return await stream_json(_store(request), export_messages)


async def overview(request: Request) -> HTMLResponse:
    """The newest messages, by `?q=` in the envelope."""
    search = request.query_params.get("q", "").strip()
    reader = _store(request).reader
    lines = "".join(
        f"<tr><td>{item['received_at'][:19]}Z<td>{escape(', '.join(item['to']))}"
        f"<td><a href='/messages/{item['id']}'>{escape(item['subject'] or '(tanpa judul)')}</a>"
        f"<td>{item['repeats']}"
        for item in map(record, latest_messages(reader, search, LISTED))
    )
    return _html(
        "Surat / Messages",
        f"<form><input type=search name=q value='{escape(search)}' aria-label=Cari>"
        f"<button>Cari</button></form><p>{count_messages(reader)} surat tersimpan"
        f"<table><tr><th>Waktu (UTC)<th>Kepada<th>Judul<th>Kali{lines}</table>",
    )


async def detail(request: Request) -> HTMLResponse:
    """One message; its HTML part is shown as source, never rendered."""
    row = find_message(_store(request).reader, request.path_params["id"])
    if row is None:
        return HTMLResponse("<!DOCTYPE html><title>404</title><h1>Tidak ditemukan</h1>", 404)
    item = record(row)
    headers = "".join(
        f"<tr><th>{escape(name)}<td>{escape(value)}" for name, value in item["headers"].items()
    )
    return _html(
        item["subject"] or "(tanpa judul)",
        f"<p><a href='/'>Semua surat</a> · <a href='/messages/{item['id']}/raw'>sumber</a>"
        f"<table>{headers}<tr><th>Message-ID<td>{escape(item['message_id'])}"
        f"<tr><th>Penerima<td>{escape(', '.join(item['to']))}</table>"
        f"<pre>{escape(item['body'])}</pre>"
        + (f"<h2>HTML</h2><pre>{escape(item['html'])}</pre>" if item["html"] else ""),
    )


async def raw(request: Request) -> Response:
    """A message's bytes."""
    content = raw_message(_store(request).reader, request.path_params["id"])
    if content is None:
        return Response(status_code=404)
    headers = {"x-content-type-options": "nosniff"}
    return Response(content, media_type="text/plain", headers=headers)


def _html(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(page(title, body))


def _store(request: Request) -> GroupCommitStore:
    store: GroupCommitStore = request.app.state.store
    return store
