"""Whose data a table held at some time: whom a breach of it concerns."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from mrk_intake.store.private import Kept, by_reporter
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.reports import Kind

BATCH: Final = 500


class Holding(StrEnum):
    """What was breached."""

    VAULT = "vault"
    """Contacts and original words, encrypted: whoever also has the master key reads them."""
    EVENTS = "report_event"
    """What was published: masked words and, of open reports, places."""
    ATTACHMENTS = "attachment"
    """Photos and documents, encrypted."""
    ACTIONS = "reporter_action"
    """What reporters said later, encrypted."""


_HELD: Final[Mapping[Holding, str]] = {
    Holding.VAULT: "true",
    Holding.EVENTS: "r.kind <> 'whistleblowing'",
    Holding.ATTACHMENTS: "exists (select 1 from report_attachment a where a.complaint = r.id)",
    Holding.ACTIONS: "exists (select 1 from reporter_action a where a.complaint = r.id)",
}
# by keyset: a list of hundreds of thousands holds no transaction open
_PAGE: Final = """
select r.id, r.tracking_number, r.kind, r.received_at, r.erased_at, v.reporter
from report r join vault v on v.complaint = r.id
where r.received_at < $2 and (r.erased_at is null or r.erased_at >= $1)
    and ($3::timestamptz is null or r.received_at >= $3) and r.id > $4 and {held}
order by r.id limit $5
"""
_RECORD: Final = """
insert into operator_read (at, command, purpose, asked, reports) values ($1, $2, $3, $4, $5)
"""


@dataclass(frozen=True, slots=True)
class Affected:
    """A report whose data was there.

    Attributes:
        erased_at: since then there is nobody to reach.
        kept: its row of the vault, to be opened; None once erased.
    """

    number: TrackingNumber
    kind: Kind
    received_at: datetime
    erased_at: datetime | None
    kept: Kept | None


async def affected(
    conn: Any,
    held: Holding,
    since: datetime,
    until: datetime,
    received_since: datetime | None = None,
) -> AsyncIterator[Affected]:
    """Every report whose data the table held at any moment of a range, by the order of its id.

    Args:
        held: the table.
        since: the range's beginning, UTC.
        until: its end, UTC, itself not in it.
        received_since: of these the ones received then or later; None: all.
    """
    last = "00000000-0000-0000-0000-000000000000"
    statement = _PAGE.format(held=_HELD[held])
    while rows := await conn.fetch(statement, since, until, received_since, last, BATCH):
        for row in rows:
            kept = await by_reporter(conn, row["reporter"])
            yield Affected(
                row["tracking_number"],
                Kind(row["kind"]),
                row["received_at"],
                row["erased_at"],
                kept if kept is not None and kept.sealed is not None else None,
            )
        last = rows[-1]["id"]


async def record(  # noqa: PLR0913, PLR0917  # a row's columns
    conn: Any, at: datetime, command: str, purpose: str, asked: Mapping[str, str], reports: int
) -> None:
    """Keep who was listed for what."""
    await conn.execute(_RECORD, at, command, purpose, json.dumps(dict(asked)), reports)
