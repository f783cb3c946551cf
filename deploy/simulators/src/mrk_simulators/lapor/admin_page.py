"""The administrator's page as HTML, without scripts."""

import html
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from mrk_simulators.lapor.reference import Reference, State

ACTIONS = (
    ("verify", "Verifikasi", False),
    ("forward", "Disposisi", True),
    ("hold", "Tunda", False),
    ("not-authority", "Bukan Wewenang", True),
    ("follow-up", "Tindak lanjut", False),
    ("close", "Selesai", False),
    ("archive", "Arsipkan", False),
)

_STYLE = (
    "body{font:15px system-ui;margin:1.5rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.35rem;"
    "text-align:left;vertical-align:top}form{margin:.4rem 0}pre{white-space:pre-wrap}"
    "nav a{margin-right:.8rem}"
)


def overview(
    rows: Sequence[sqlite3.Row],
    counts: Mapping[str, int],
    reference: Reference,
    *,
    state: State | None,
    search: str,
) -> str:
    """The list of complaints with a count for each state."""
    links = "".join(
        f"<a href='/admin?state={item}'>{_text(reference.statuses[item].name)}"
        f" ({counts.get(item, 0)})</a>"
        for item in State
    )
    lines = "".join(
        f"<tr><td><a href='/admin/complaints/{row['id']}'>{row['id']}</a>"
        f"<td>{_text(row['reference'])}<td>{_text(json.loads(row['fields']).get('title'))}"
        f"<td>{_text(reference.statuses[State(row['state'])].name)}"
        f"<td>{_text(reference.institution(row['disposition_id']))}"
        for row in rows
    )
    return _page(
        "Laporan",
        f"<nav><a href='/admin'>Semua ({sum(counts.values())})</a>{links}</nav>"
        f"<form><input type=hidden name=state value='{_text(state)}'>"
        f"<input type=search name=q value='{_text(search)}' aria-label=Cari>"
        "<button>Cari</button></form><table><tr><th>Id<th>Referensi<th>Judul<th>Status"
        f"<th>Instansi{lines}</table>",
    )


def detail(record: Mapping[str, Any], reference: Reference) -> str:
    """One complaint, its history, and a form for each action."""
    options = "".join(
        f"<option value={key}>{_text(name)}</option>"
        for key, name in reference.institutions.items()
    )
    choice = f"<select name=institution_id aria-label=Instansi>{options}</select> "
    forms = "".join(
        f"<form method=post action='/admin/complaints/{record['id']}/{action}'>"
        f"{choice if forwards else ''}<input name=content size=50 aria-label=Catatan>"
        f" <button>{label}</button></form>"
        for action, label, forwards in ACTIONS
    )
    entries = sorted(
        (*record["followups"], *record["rejections"], *record["administrator"]),
        key=lambda entry: int(entry["id"]),
    )
    history = "".join(
        f"<tr><td>{_text(entry['received_at'])}<td>{_text(entry['origin'])}"
        f"<td>{_text(entry['template_code'])}<td>{_text(entry['content'])}"
        f"<td>{_text(reference.institution(entry['institution_to_id']))}"
        for entry in entries
    )
    return _page(
        f"Laporan {record['id']}",
        f"<p><a href='/admin'>Semua laporan</a><p>Status: <b>{_text(record['status']['name'])}</b>"
        f" · Instansi: {_text(reference.institution(record['disposition_id']))}"
        f" · Referensi: {_text(record['reference'])} · dikirim {record['submissions']} kali"
        f"<h2>{_text(record.get('title'))}</h2><pre>{_text(record.get('content'))}</pre>"
        f"<h2>Tindakan</h2>{forms}<h2>Riwayat</h2><table><tr><th>Waktu (UTC)<th>Asal<th>Templat"
        f"<th>Isi<th>Kepada{history}</table>",
    )


def _page(title: str, body: str) -> str:
    return (
        f"<!DOCTYPE html><html lang=id><meta charset=utf-8><title>{_text(title)}</title>"
        f"<style>{_STYLE}</style><h1>SP4N-LAPOR! (simulasi): {_text(title)}</h1>{body}</html>"
    )


def _text(value: object) -> str:
    return "" if value is None else html.escape(str(value), quote=True)
