"""Dialect `stream`: the legacy interface, XML in and out, and the public page of a report."""

import html
import uuid
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from mrk_simulators.lapor.context import fault_of, lapor
from mrk_simulators.lapor.export import record
from mrk_simulators.lapor.records import find_complaint, insert_complaint
from mrk_simulators.lapor.submission import Complaint, reference_of, truthy


def routes() -> list[Route]:
    """The dialect's routes."""
    return [
        Route("/api/stream/addstream", add, methods=["POST"]),
        Route("/api/services/f01/gettopics", topics, methods=["POST"]),
        Route("/pengaduan/{id:int}", public_page),
    ]


async def add(request: Request) -> Response:
    """Store a report sent as XML."""
    simulator = lapor(request)
    root = _parse(await request.body())
    if root is None:
        return _xml(400, {"status": "gagal", "pesan": "XML tidak valid"})
    if not simulator.credentials.admits_stream(root.get("token")):
        return _xml(401, {"status": "gagal", "pesan": "token tidak valid"})
    content = (root.findtext("laporan/isi") or "").strip()
    email = (root.findtext("pelapor/email") or "").strip()
    if not content or not email:
        return _xml(422, {"status": "gagal", "pesan": "isi dan email wajib diisi"})
    complaint = read_stream(root, content, email)
    transaction = uuid.uuid4().hex
    kept = replace(complaint, fields={**complaint.fields, "transaksiid": transaction})
    fault = fault_of(request)
    identifier = await simulator.store.write(
        lambda connection: insert_complaint(connection, "stream", kept, fault)
    )
    return _xml(200, {"status": "ok", "trackingid": str(identifier), "transaksiid": transaction})


def read_stream(root: ET.Element, content: str, email: str) -> Complaint:
    """The complaint in a `<lapor>` element, in the field names of the other dialect."""
    report = root.find("laporan")
    names = (root.findtext(f"pelapor/{part}") or "" for part in ("namadepan", "namabelakang"))
    fields: dict[str, Any] = {
        "title": content.splitlines()[0][:100],
        "content": content,
        "emailUser": email,
        "nameUser": " ".join(name.strip() for name in names if name.strip()),
        "phoneUser": (root.findtext("pelapor/telpon") or "").strip(),
        "is_secret": truthy(report.get("rahasia") if report is not None else None),
        "is_anonymous": truthy(report.get("anonim") if report is not None else None),
    }
    return Complaint(
        fields=fields,
        reference=reference_of((), content),
        tags=(),
        disposition_id=None,
        disposed=False,
        attachments=(),
    )


async def topics(request: Request) -> JSONResponse:
    """The categories as a tree of one level."""
    simulator = lapor(request)
    token = request.query_params.get("KEYTOKEN")
    if token is None:
        async with request.form() as form:
            given = form.get("KEYTOKEN")
            token = given if isinstance(given, str) else None
    if not simulator.credentials.admits_stream(token):
        raise HTTPException(401, "Unauthorized")
    return JSONResponse(
        [
            {"id": str(key), "parent": "0", "topic_name": name}
            for key, name in simulator.reference.categories.items()
        ]
    )


async def public_page(request: Request) -> HTMLResponse:
    """A report as anybody may read it; a confidential one is not found."""
    simulator = lapor(request)
    reader = simulator.store.reader
    row = find_complaint(reader, request.path_params["id"])
    shown = record(reader, row, simulator.reference) if row is not None else None
    if shown is None or shown["flags"].get("is_secret"):
        return HTMLResponse("<!DOCTYPE html><title>404</title><h1>Tidak ditemukan</h1>", 404)
    hidden = shown["flags"].get("is_anonymous")
    author = "Anonim" if hidden else shown["reporter"]["name"] or "Pelapor"
    entries = "".join(
        f"<li>{html.escape(item['content'])}</li>"
        for item in (*shown["followups"], *shown["administrator"])
        if not item["is_secret"]
    )
    return HTMLResponse(
        "<!DOCTYPE html><html lang=id><meta charset=utf-8>"
        f"<title>LAPOR! {shown['id']}</title><h1>{html.escape(str(shown['title']))}</h1>"
        f"<p>Oleh {html.escape(author)} · Status: <b>{html.escape(shown['status']['name'])}</b>"
        f"<p style='white-space:pre-wrap'>{html.escape(str(shown['content']))}</p>"
        f"<h2>Tindak lanjut</h2><ol>{entries}</ol></html>"
    )


def _parse(body: bytes) -> ET.Element | None:
    # A document type could declare entities that expand without end: none is needed here.
    if b"<!" in body.replace(b"<![CDATA[", b""):
        return None
    try:
        root = ET.fromstring(body)  # noqa: S314  # without a document type there are no entities
    except ET.ParseError:
        return None
    return root if root.tag == "lapor" else None


def _xml(status: int, values: dict[str, str]) -> Response:
    root = ET.Element("lapor")
    for name, value in values.items():
        ET.SubElement(root, name).text = value
    return Response(
        ET.tostring(root, encoding="utf-8", xml_declaration=True),
        status,
        media_type="text/xml",
    )
