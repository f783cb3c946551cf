"""Stored rows as dialect `splp` shows them."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from mrk_simulators.clock import wib_without_zone
from mrk_simulators.lapor.reference import Reference, State
from mrk_simulators.lapor.submission import truthy


def summary(reference: Reference, row: sqlite3.Row) -> dict[str, Any]:
    """A complaint's row in short: its status and the institution that owns it."""
    status = reference.statuses[State(row["state"])]
    fields: Mapping[str, Any] = json.loads(row["fields"])
    return {
        "id": row["id"],
        "complaint_id": row["id"],
        "title": fields.get("title"),
        "tags_raw": fields.get("tags_raw"),
        "status_code": status.code,
        "status_name": status.name,
        "disposition_id": row["disposition_id"],
        "disposition_name": reference.institution(row["disposition_id"]),
        "created_at": wib_without_zone(row["received_at"]),
    }


def full(reference: Reference, row: sqlite3.Row) -> dict[str, Any]:
    """A complaint as the listing shows it; the reporter only when not anonymous."""
    fields: Mapping[str, Any] = json.loads(row["fields"])
    names = ("content", "classification_id", "category_id", "location_id", "date_of_incident")
    hidden = truthy(fields.get("is_anonymous"))
    return {
        **summary(reference, row),
        **{name: fields.get(name) for name in names},
        "is_anonymous": hidden,
        "is_secret": truthy(fields.get("is_secret")),
        "user_name": None if hidden else fields.get("nameUser"),
        "user_email": None if hidden else fields.get("emailUser"),
        "user_phone": None if hidden else fields.get("phoneUser"),
    }


def history(reference: Reference, entry: sqlite3.Row) -> dict[str, Any]:
    """An entry as the interface shows it: its template's placeholders are left to the client."""
    template = reference.templates.get(entry["template_code"])
    change = {
        key: {"code": status.code, "name": status.name}
        for key, status in (
            ("status_old", reference.statuses[State(entry["state_old"])]),
            ("status_new", reference.statuses[State(entry["state_new"])]),
        )
    }
    moment = wib_without_zone(entry["received_at"])
    return {
        "id": entry["id"],
        "complaint_id": entry["complaint_id"],
        "template_code": entry["template_code"],
        "template_content": template.content if template else None,
        "content": entry["content"],
        "institution_from_id": entry["institution_from_id"],
        "institution_from_name": reference.institution(entry["institution_from_id"]),
        "institution_to_id": entry["institution_to_id"],
        "institution_to_name": reference.institution(entry["institution_to_id"]),
        "is_secret": bool(entry["is_secret"]),
        "data": json.dumps(change, ensure_ascii=False),
        "date": moment,
        "created_at": moment,
    }
