"""The whole store as one JSON array, for whoever counts what the system really sent."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from mrk_simulators.lapor.records import entries_of
from mrk_simulators.lapor.reference import Reference, State
from mrk_simulators.lapor.submission import truthy

_REPORTER = {
    "email": "emailUser",
    "name": "nameUser",
    "phone": "phoneUser",
    "user_id": "user_id",
    "is_anonymous": "is_anonymous",
}
_FLAGS = (
    "is_new_user_slider",
    "is_inbox",
    "is_disposisi_slider",
    "is_approval",
    "is_anonymous",
    "is_secret",
    "is_priority",
)
_OWN = {*_REPORTER.values(), *_FLAGS, "disposition_id"}
CHUNK = 200


def export_records(connection: sqlite3.Connection, reference: Reference) -> Iterator[str]:
    """Yield pieces of a JSON array of all records, oldest first, from one snapshot.

    The caller owns `connection`, which must be one of its own: a read transaction stays open
    between the pieces.
    """
    connection.execute("BEGIN")
    yield "["
    last = 0
    while True:
        rows = connection.execute(
            "SELECT * FROM complaint WHERE id > ? ORDER BY id LIMIT ?", (last, CHUNK)
        ).fetchall()
        if not rows:
            break
        texts = [json.dumps(record(connection, row, reference)) for row in rows]
        yield (",\n" if last else "") + ",\n".join(texts)
        last = rows[-1]["id"]
    yield "]"


def record(
    connection: sqlite3.Connection, row: sqlite3.Row, reference: Reference
) -> dict[str, Any]:
    """One complaint with everything that was received about it."""
    fields: dict[str, Any] = json.loads(row["fields"])
    twins = connection.execute(
        "SELECT id, received_at FROM complaint WHERE id = ?1"
        " OR (?2 IS NOT NULL AND reference = ?2) ORDER BY id",
        (row["id"], row["reference"]),
    ).fetchall()
    status = reference.statuses[State(row["state"])]
    entries = [_entry(item) for item in entries_of(connection, row["id"])]
    return {
        "id": row["id"],
        "dialect": row["dialect"],
        "reference": row["reference"],
        "reporter": {ours: fields.get(theirs) for ours, theirs in _REPORTER.items()},
        "flags": {name: truthy(fields[name]) for name in _FLAGS if name in fields},
        **{name: value for name, value in fields.items() if name not in _OWN},
        "disposition_id": row["disposition_id"],
        "requested_institution_id": row["requested_institution_id"],
        "state": row["state"],
        "status": {"code": status.code, "name": status.name},
        "followups": [item for item in entries if item["origin"] == "api"],
        "rejections": [item for item in entries if item["origin"] == "reject"],
        "administrator": [item for item in entries if item["origin"] == "administrator"],
        "submissions": len(twins),
        "submission_records": [dict(twin) for twin in twins],
        "fault": row["fault"],
        "received_at": row["received_at"],
    }


def _entry(row: sqlite3.Row) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(row["fields"])
    return {
        **fields,
        "id": row["id"],
        "origin": row["origin"],
        "template_code": row["template_code"],
        "content": row["content"],
        "institution_from_id": row["institution_from_id"],
        "institution_to_id": row["institution_to_id"],
        "is_secret": bool(row["is_secret"]),
        "state_old": row["state_old"],
        "state_new": row["state_new"],
        "fault": row["fault"],
        "received_at": row["received_at"],
    }
