"""The administrator's page as HTML, without scripts."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from mrk_simulators.lapor.reference import Reference, State
from mrk_simulators.pages import escape, page

_SYSTEM = "SP4N-LAPOR! (simulasi)"

ACTIONS = (
    ("verify", "Verifikasi", False),
    ("forward", "Disposisi", True),
    ("hold", "Tunda", False),
    ("not-authority", "Bukan Wewenang", True),
    ("follow-up", "Tindak lanjut", False),
    ("close", "Selesai", False),
    ("archive", "Arsipkan", False),
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
        f"<a href='/admin?state={item}'>{escape(reference.statuses[item].name)}"
        f" ({counts.get(item, 0)})</a>"
        for item in State
    )
    lines = "".join(
        f"<tr><td><a href='/admin/complaints/{row['id']}'>{row['id']}</a>"
        f"<td>{escape(row['reference'])}<td>{escape(json.loads(row['fields']).get('title'))}"
        f"<td>{escape(reference.statuses[State(row['state'])].name)}"
        f"<td>{escape(reference.institution(row['disposition_id']))}"
        for row in rows
    )
    return page(
        f"{_SYSTEM}: Laporan",
        f"<nav><a href='/admin'>Semua ({sum(counts.values())})</a>{links}</nav>"
        f"<form><input type=hidden name=state value='{escape(state)}'>"
        f"<input type=search name=q value='{escape(search)}' aria-label=Cari>"
        "<button>Cari</button></form><table><tr><th>Id<th>Referensi<th>Judul<th>Status"
        f"<th>Instansi{lines}</table>",
    )


def detail(record: Mapping[str, Any], reference: Reference) -> str:
    """One complaint, its history, and a form for each action."""
    options = "".join(
        f"<option value={key}>{escape(name)}</option>"
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
        f"<tr><td>{escape(entry['received_at'])}<td>{escape(entry['origin'])}"
        f"<td>{escape(entry['template_code'])}<td>{escape(entry['content'])}"
        f"<td>{escape(reference.institution(entry['institution_to_id']))}"
        for entry in entries
    )
    return page(
        f"{_SYSTEM}: Laporan {record['id']}",
        f"<p><a href='/admin'>Semua laporan</a><p>Status: <b>{escape(record['status']['name'])}</b>"
        f" · Instansi: {escape(reference.institution(record['disposition_id']))}"
        f" · Referensi: {escape(record['reference'])} · dikirim {record['submissions']} kali"
        f"<h2>{escape(record.get('title'))}</h2><pre>{escape(record.get('content'))}</pre>"
        f"<h2>Tindakan</h2>{forms}<h2>Riwayat</h2><table><tr><th>Waktu (UTC)<th>Asal<th>Templat"
        f"<th>Isi<th>Kepada{history}</table>",
    )
