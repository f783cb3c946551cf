"""Whistle-blowing as Inspektorat reads it: the list, one report's content, notes and steps.

Whatever is opened was written to `staff_read` before, in a transaction of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_delivery.service import Service
from mrk_delivery.tx import unit
from mrk_intake.domain.inspection import TOPIC, Wanted, step_to
from mrk_intake.domain.private import Identity, Original
from mrk_intake.domain.timeline import Placed, state_of
from mrk_intake.store import behalf, private, reports, timeline
from mrk_intake.store.actions import words_of
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.vault import Sealed, Vault
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Kind

PAGE: Final = 50
CONTENT: Final = "content"
_LIST: Final = """
with whistle as (
    select r.id, r.tracking_number, r.received_at, greatest(r.received_at, (
            select max(a.at) from reporter_action a where a.complaint = r.id)) as changed_at,
        coalesce(
            (select t.state from timeline t where t.complaint = r.id and t.topic = $1
                and t.state = 'withdrawn' limit 1),
            (select t.state from timeline t where t.complaint = r.id and t.topic = $2
                order by t.sequence desc limit 1),
            'received') as state,
        (select max(s.at) from staff_read s where s.complaint = r.id and s.what = $3) as read_at
    from report r
    where r.kind = $4 and r.erased_at is null and ($5::uuid is null or r.id < $5)
)
select id, tracking_number, received_at, changed_at, state,
    (read_at is null or read_at < changed_at) as unread
from whistle
where ($6::text is null or state = $6) and (not $7 or read_at is null or read_at < changed_at)
order by id desc limit $8
"""
_READ: Final = """
insert into staff_read (at, reader, complaint, what, purpose) values ($1, $2, $3, $4, $5)
"""
_READERS: Final = """
select at, reader, what, purpose from staff_read where complaint = $1 order by id desc limit 50
"""
_KEEP_NOTE: Final = """
insert into inspection_note (id, complaint, author, at, words) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""
_NOTES: Final = """
select id, author, at, words from inspection_note
where complaint = $1 and words is not null order by at, id
"""
_NEXT: Final = """
select coalesce(max(sequence), 0) + 1 from timeline where complaint = $1 and topic = $2
"""
_REPORTER: Final = "select reporter from vault where complaint = $1 and erased_at is null"


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list; nothing of what was reported.

    Attributes:
        changed_at: when the whistle-blower last said something, UTC.
        unread: nobody has opened it since then.
    """

    id: UUID
    number: str
    received_at: datetime
    changed_at: datetime
    state: str
    unread: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list shows.

    Attributes:
        after: the last line of the page before; None for the newest.
    """

    state: str | None = None
    unread: bool = False
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Words with their moment, UTC."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What the vault holds of a report.

    Attributes:
        identity: None unless it was asked for, and of somebody who said nothing of themselves.
        later: what the whistle-blower added.
        notes: Inspektorat's own.
        channel: on which an operator took it; None where no operator did.
        reference: where it was said, as the operator noted.
    """

    original: Original
    identity: Identity | None
    later: Sequence[Said]
    notes: Sequence[Said]
    channel: str | None
    reference: str | None


class Inspection:
    """Reads and answers whistle-blowing.

    Args:
        pool: of intake's database.
        service: whose streams these are.
        vault: opens what is sealed.
    """

    def __init__(self, pool: asyncpg.Pool, service: Service, vault: Vault) -> None:
        self._pool = pool
        self._service = service
        self._vault = vault

    async def listed(self, wanted: Filter) -> list[Listed]:
        """The newest first, one more than a page where there are more."""
        rows = await self._pool.fetch(
            _LIST, REPORTS, TOPIC, CONTENT, Kind.WHISTLEBLOWING.value, wanted.after,
            wanted.state, wanted.unread, PAGE + 1,
        )  # fmt: skip
        return [Listed(*row) for row in rows]

    async def record(
        self, reader: UUID, complaint: UUID, what: str, purpose: str, now: datetime
    ) -> None:
        """Write who reads what, and why; whatever fails here, nothing may be read.

        Raises:
            asyncpg.PostgresError: it is not written.
        """
        await self._pool.execute(_READ, now, reader, complaint, what, purpose)

    async def readers(self, complaint: UUID) -> list[Any]:
        """Who has read it, newest first."""
        found: list[Any] = await self._pool.fetch(_READERS, complaint)
        return found

    async def open(self, complaint: UUID, *, with_identity: bool) -> Opened | None:
        """What the vault holds; None once it is erased.

        Raises:
            VaultError: the vault cannot be read with this master key.
        """
        reporter = await self._pool.fetchval(_REPORTER, complaint)
        kept = None if reporter is None else await private.by_reporter(self._pool, reporter)
        if kept is None or kept.sealed is None:
            return None
        sealed = kept.sealed
        key = WrappedKey(sealed.master_id, sealed.wrapped_key)
        later = [
            Said(each.at, self._vault.added(reporter, key, each.place, each.box))
            for each in await words_of(self._pool, complaint)
        ]
        notes = [
            Said(row["at"], self._vault.added(reporter, key, _place(row["id"]), row["words"]))
            for row in await self._pool.fetch(_NOTES, complaint)
        ]
        channel, reference = await self._taken(reporter, key, complaint)
        return Opened(
            self._vault.original(reporter, sealed),
            self._identity(reporter, sealed) if with_identity and not kept.anonymous else None,
            later, notes, channel, reference,
        )  # fmt: skip

    async def note(
        self, author: UUID, complaint: UUID, id_: UUID, words: str, now: datetime
    ) -> bool:
        """Add a note, once; False once the report is erased.

        Args:
            id_: drawn with the form: the same form makes no second note.
        """
        async with unit(self._pool, self._service) as tx:
            await tx.lock([str(complaint)])
            reporter = await tx.conn.fetchval(_REPORTER, complaint)
            kept = None if reporter is None else await private.by_reporter(tx.conn, reporter)
            if kept is None or kept.sealed is None:
                return False
            key = WrappedKey(kept.sealed.master_id, kept.sealed.wrapped_key)
            box = self._vault.add(reporter, key, _place(id_), words)
            await tx.conn.execute(_KEEP_NOTE, id_, complaint, author, now, box)
        return True

    async def set_state(
        self, complaint: UUID, wanted: Wanted, answer: str | None, now: datetime
    ) -> bool:
        """Add the step that the whistle-blower sees; False where the state does not allow it."""
        async with unit(self._pool, self._service) as tx:
            streams = await tx.lock([str(complaint)])
            if streams[str(complaint)].erased:
                return False
            placed = await reports.steps(tx.conn, complaint)
            step = step_to(state_of(placed), wanted, answer, now)
            if step is None:
                return False
            sequence = await tx.conn.fetchval(_NEXT, complaint, TOPIC)
            await timeline.add(tx.conn, [(str(complaint), Placed(TOPIC, sequence, step))])
        return True

    def _identity(self, reporter: UUID, sealed: Sealed) -> Identity | None:
        return self._vault.identity(reporter, sealed)

    async def _taken(
        self, reporter: UUID, key: WrappedKey, complaint: UUID
    ) -> tuple[str | None, str | None]:
        found = await behalf.of_report(self._pool, complaint)
        if found is None:
            return None, None
        channel, box, request = found
        if box is None:
            return channel, None
        return channel, self._vault.added(reporter, key, b"reference" + request, box)


def _place(note: UUID) -> bytes:
    return b"note" + note.bytes
