"""Messages as stored (raw bytes) and as shown (decoded)."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from importlib.resources import files
from typing import Any

from mrk_simulators.clock import utc_now

SCHEMA = files("mrk_simulators.mail").joinpath("schema.sql").read_text(encoding="utf-8")
CHUNK = 200

_HEADERS = (
    "From",
    "To",
    "Cc",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "Precedence",
    "Content-Language",
    "Content-Type",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
)


@dataclass(frozen=True)
class Received:
    """One accepted message: the SMTP envelope and the bytes after DATA."""

    mail_from: str
    rcpt_to: Sequence[str]
    raw: bytes


def insert_message(connection: sqlite3.Connection, received: Received, fault: str | None) -> None:
    """Store a message; the same Message-ID again makes another row."""
    # Decoded once, here: reading thousands of records must not parse each anew.
    decoded = decode(received.raw)
    connection.execute(
        "INSERT INTO message (mail_from, rcpt_to, message_id, decoded, raw, fault, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            received.mail_from,
            json.dumps(list(received.rcpt_to)),
            decoded["message_id"],
            json.dumps(decoded),
            received.raw,
            fault,
            utc_now(),
        ),
    )


def export_messages(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield pieces of a JSON array of all messages, oldest first, from one snapshot.

    The caller owns `connection`, which must be one of its own: a read transaction stays open
    between the pieces.
    """
    connection.execute("BEGIN")
    yield "["
    last = 0
    while True:
        rows = connection.execute(
            f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?", (last, CHUNK)
        ).fetchall()
        if not rows:
            break
        yield (",\n" if last else "") + ",\n".join(json.dumps(record(row)) for row in rows)
        last = rows[-1]["id"]
    yield "]"


def latest_messages(connection: sqlite3.Connection, search: str, limit: int) -> list[sqlite3.Row]:
    """Messages, newest first, whose envelope or Message-ID contains `search`."""
    return connection.execute(
        f"{_SELECT} WHERE ?1 = '' OR rcpt_to LIKE '%' || ?1 || '%'"
        " OR mail_from LIKE '%' || ?1 || '%' OR message_id = ?1 ORDER BY id DESC LIMIT ?2",
        (search, limit),
    ).fetchall()


def find_message(connection: sqlite3.Connection, identifier: int) -> sqlite3.Row | None:
    """One message's row, or None."""
    row: sqlite3.Row | None = connection.execute(
        f"{_SELECT} WHERE id = ?", (identifier,)
    ).fetchone()
    return row


def raw_message(connection: sqlite3.Connection, identifier: int) -> bytes | None:
    """One message's bytes as received, or None."""
    row = connection.execute("SELECT raw FROM message WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else bytes(row["raw"])


def count_messages(connection: sqlite3.Connection) -> int:
    """How many messages are stored."""
    count: int = connection.execute("SELECT count(*) FROM message").fetchone()[0]
    return count


def record(row: sqlite3.Row) -> dict[str, Any]:
    """A message as shown: `to` is the envelope's recipients, `headers` a choice of headers.

    `repeats` counts the messages with the same Message-ID, this one included.
    """
    return {
        "id": row["id"],
        "from": row["mail_from"],
        "to": json.loads(row["rcpt_to"]),
        **json.loads(row["decoded"]),
        "repeats": row["repeats"],
        "fault": row["fault"],
        "received_at": row["received_at"],
    }


def decode(raw: bytes) -> dict[str, Any]:
    """What a message says: subject, ids, text and HTML decoded, a choice of headers."""
    message = message_from_bytes(raw, policy=default)
    return {
        "subject": _header(message, "Subject"),
        "message_id": _header(message, "Message-ID"),
        "date": _header(message, "Date"),
        "body": _text(message, "plain"),
        "html": _text(message, "html"),
        "headers": {
            name: str(value)
            for name, value in message.items()
            if name in _HEADERS or name.lower().startswith("x-")
        },
    }


_SELECT = (
    "SELECT id, mail_from, rcpt_to, decoded, fault, received_at,"
    " CASE WHEN message_id IS NULL THEN 1 ELSE (SELECT count(*) FROM message AS twin"
    " WHERE twin.message_id = message.message_id) END AS repeats FROM message"
)


def _header(message: EmailMessage, name: str) -> str | None:
    value = message.get(name)
    return None if value is None else str(value)


def _text(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return None
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return None
    # An unknown charset must not hide a message from whoever counts.
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace").replace("\r\n", "\n")
    except LookupError:
        return content.decode("utf-8", "replace").replace("\r\n", "\n")
