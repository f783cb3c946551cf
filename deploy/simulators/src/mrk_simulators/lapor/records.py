"""The simulator's tables: what is written in one transaction, and what is read back."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from mrk_simulators.clock import utc_now
from mrk_simulators.lapor.reference import State
from mrk_simulators.lapor.submission import Complaint, InvalidSubmissionError

SCHEMA = files("mrk_simulators.lapor").joinpath("schema.sql").read_text(encoding="utf-8")

_STARTS_PROCESS = {State.WAITING, State.COORDINATION, State.DISPOSITION}
"""An institution's first follow-up moves a complaint from these to Proses."""


@dataclass(frozen=True)
class Upload:
    """A file as received."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Entry:
    """A line of a complaint's history before it is stored.

    Attributes:
        origin: `api` (a client's follow-up), `reject` (a client's hand-over), `administrator`.
        state: the state that it leads to; None leaves the state to the rule of follow-ups.
        disposition_id: the institution that owns the complaint from now on, if that changes.
        requested_institution_id: the institution that a hand-over asks for.
    """

    origin: str
    template_code: str
    content: str
    institution_from_id: int | None = None
    institution_to_id: int | None = None
    is_secret: bool = False
    state: State | None = None
    disposition_id: int | None = None
    requested_institution_id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


class UnknownComplaintError(LookupError):
    """No complaint has this id."""


def insert_complaint(
    connection: sqlite3.Connection, dialect: str, complaint: Complaint, fault: str | None
) -> int:
    """Store a complaint and return its id; the same reference again makes another complaint.

    Raises:
        InvalidSubmissionError: it names a file that was never uploaded.
    """
    for number in complaint.attachments:
        if not connection.execute("SELECT 1 FROM file WHERE id = ?", (number,)).fetchone():
            raise InvalidSubmissionError({"attachments": f"berkas {number} tidak dikenal"})
    state = State.DISPOSITION if complaint.disposed else State.WAITING
    cursor = connection.execute(
        "INSERT INTO complaint (dialect, reference, state, disposition_id, fields, fault,"
        " received_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            dialect,
            complaint.reference,
            state,
            complaint.disposition_id,
            json.dumps(complaint.fields, ensure_ascii=False),
            fault,
            utc_now(),
        ),
    )
    identifier = _rowid(cursor)
    connection.executemany(
        "INSERT INTO tag (tag, complaint_id) VALUES (?, ?)",
        [(tag, identifier) for tag in complaint.tags],
    )
    return identifier


def insert_entry(
    connection: sqlite3.Connection, complaint: int, entry: Entry, fault: str | None = None
) -> int:
    """Add to a complaint's history, change its state as the entry says; returns the entry's id.

    Raises:
        UnknownComplaintError: there is no such complaint.
    """
    row = connection.execute("SELECT state FROM complaint WHERE id = ?", (complaint,)).fetchone()
    if row is None:
        raise UnknownComplaintError(complaint)
    old = State(row[0])
    new = entry.state
    if new is None:
        new = State.PROCESS if old in _STARTS_PROCESS else old
    cursor = connection.execute(
        "INSERT INTO entry (complaint_id, origin, template_code, content, institution_from_id,"
        " institution_to_id, is_secret, state_old, state_new, fields, fault, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            complaint,
            entry.origin,
            entry.template_code,
            entry.content,
            entry.institution_from_id,
            entry.institution_to_id,
            entry.is_secret,
            old,
            new,
            json.dumps(dict(entry.fields), ensure_ascii=False),
            fault,
            utc_now(),
        ),
    )
    connection.execute(
        "UPDATE complaint SET state = ?, disposition_id = coalesce(?, disposition_id),"
        " requested_institution_id = coalesce(?, requested_institution_id) WHERE id = ?",
        (new, entry.disposition_id, entry.requested_institution_id, complaint),
    )
    return _rowid(cursor)


def insert_files(connection: sqlite3.Connection, uploads: Sequence[Upload]) -> list[int]:
    """Store files and return their ids, in order."""
    return [
        _rowid(
            connection.execute(
                "INSERT INTO file (name, media_type, sha256, content, received_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    upload.name,
                    upload.media_type,
                    hashlib.sha256(upload.content).hexdigest(),
                    upload.content,
                    utc_now(),
                ),
            )
        )
        for upload in uploads
    ]


def find_complaint(connection: sqlite3.Connection, identifier: int) -> sqlite3.Row | None:
    """One complaint's row, or None."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM complaint WHERE id = ?", (identifier,)
    ).fetchone()
    return row


def find_by_tag(connection: sqlite3.Connection, tag: str) -> list[sqlite3.Row]:
    """Complaints that carry `tag`, or whose reference it is, oldest first."""
    return connection.execute(
        "SELECT * FROM complaint WHERE id IN (SELECT complaint_id FROM tag WHERE tag = ?1"
        " UNION SELECT id FROM complaint WHERE reference = ?1) ORDER BY id",
        (tag,),
    ).fetchall()


def list_complaints(
    connection: sqlite3.Connection, disposition: int | None, limit: int, offset: int
) -> list[sqlite3.Row]:
    """Complaints by ascending id, of one institution when `disposition` names it."""
    return connection.execute(
        "SELECT * FROM complaint WHERE ?1 IS NULL OR disposition_id = ?1"
        " ORDER BY id LIMIT ?2 OFFSET ?3",
        (disposition, limit, offset),
    ).fetchall()


def latest_complaints(
    connection: sqlite3.Connection, state: State | None, search: str, limit: int
) -> list[sqlite3.Row]:
    """The administrator's list: newest first, by state and by a text in any field."""
    return connection.execute(
        "SELECT * FROM complaint WHERE (?1 IS NULL OR state = ?1)"
        " AND (?2 = '' OR fields LIKE '%' || ?2 || '%' OR reference = ?2 OR id = ?2)"
        " ORDER BY id DESC LIMIT ?3",
        (state, search, limit),
    ).fetchall()


def entries_of(
    connection: sqlite3.Connection, complaint: int, limit: int = -1, offset: int = 0
) -> list[sqlite3.Row]:
    """A complaint's history, oldest first; a negative `limit` is none."""
    return connection.execute(
        "SELECT * FROM entry WHERE complaint_id = ? ORDER BY id LIMIT ? OFFSET ?",
        (complaint, limit, offset),
    ).fetchall()


def count_by_state(connection: sqlite3.Connection) -> dict[str, int]:
    """How many complaints stand in each state."""
    return dict(
        connection.execute("SELECT state, count(*) FROM complaint GROUP BY state").fetchall()
    )


def _rowid(cursor: sqlite3.Cursor) -> int:
    if cursor.lastrowid is None:
        raise sqlite3.DatabaseError("the insert gave no row id")
    return cursor.lastrowid
