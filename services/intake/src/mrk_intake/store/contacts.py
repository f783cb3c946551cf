"""A reporter's contact, corrected: proof, vault, row and event in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import Tx, unit
from mrk_intake.domain import contact, tracking
from mrk_intake.domain.contact import ContactIn
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.private import Identity
from mrk_intake.store import private, reports
from mrk_intake.store.accept import WRITE_S
from mrk_intake.store.actions import Gone, NotFound, NotProven, barred_from
from mrk_intake.store.reports import StoredReport
from mrk_intake.store.vault import Vault
from mrk_schemas.ids import ReporterRef, TrackingNumber
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Channel, Locale, ReportContactChanged
from mrk_telemetry.logs import get_logger

READ: Final = "reporter.correct"
"""The purpose of reading a contact in order to correct it."""

_CHANGES: Final = "select count(*) from report_event where key = $1 and topic = $2 and type = $3"
_KEEP: Final = "update vault set identity = $2 where reporter = $1 and erased_at is null"
_LOCALE: Final = "update report set locale = $2 where id = $1"


@dataclass(frozen=True, slots=True)
class Corrected:
    """The contact is durable.

    Attributes:
        channels: by what the reporter can be reached now.
        changed: False where it was the same before: nothing was told to anybody.
    """

    number: TrackingNumber
    channels: tuple[Channel, ...]
    locale: Locale
    changed: bool


@dataclass(frozen=True, slots=True)
class TooOften:
    """The contact of this report was changed `contact.MOST` times."""


Outcome = Corrected | TooOften | NotFound | NotProven | Gone


class Contacts:
    """Reads and corrects contacts, for whoever proves to be the reporter.

    Args:
        pool: of intake's database.
        service: whose events these are.
        keys: prove the reporter.
        vault: opens and seals.
        clock: the domain's.
        left_behind: told once a former contact lies on the table's pages
            (`OldRows.left_behind`).
    """

    def __init__(  # noqa: PLR0913  # what one transaction needs
        self,
        pool: asyncpg.Pool,
        service: Service,
        keys: Keys,
        vault: Vault,
        clock: Clock,
        *,
        left_behind: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._service = service
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self._left_behind = left_behind

    async def read(self, report: StoredReport) -> Identity | None:
        """Who reported, for the reporter who proved it; None where nothing is kept.

        Raises:
            VaultError: the vault cannot be read with this master key.
        """
        kept = await private.by_complaint(self._pool, report.id)
        if kept is None or kept.sealed is None:
            return None
        get_logger().info("contact.read", caller="reporter", purpose=READ, complaint=str(report.id))
        return self._vault.identity(kept.reporter, kept.sealed)

    async def correct(
        self, number: str, secret: str | None, given: ContactIn, *, whole: bool
    ) -> Outcome:
        """Keep a contact in the place of the one before. The same one again changes nothing.

        Args:
            number: the tracking number, as a person writes it.
            secret: what proves the reporter; None where none was given.
            given: the correction.
            whole: it takes everything's place, rather than of what it names.

        Raises:
            VaultError: as for `read`.
            asyncpg.PostgresError: nothing was done; unless the connection was lost at the commit:
                then it may have been, and sending it again changes nothing more.
        """
        read = tracking.read(number)
        if read is None:
            return NotFound(misread=True)
        async with unit(self._pool, self._service, longest_s=WRITE_S) as tx:
            report = await reports.by_number(tx.conn, read)
            if report is None:
                return NotFound()
            barred = barred_from(report, self._keys, secret)
            if barred is not None:
                return barred
            # from here on nobody else changes this report's contact, or erases it
            await tx.lock([str(report.id)])
            return await self._kept(tx, report, given, whole=whole)

    async def _kept(
        self, tx: Tx, report: StoredReport, given: ContactIn, *, whole: bool
    ) -> Corrected | TooOften | Gone:
        kept = await private.by_complaint(tx.conn, report.id)
        if kept is None or kept.sealed is None:
            return Gone()
        before = self._vault.identity(kept.reporter, kept.sealed)
        after = contact.corrected(before, given, whole=whole)
        changed = after != (before or Identity())
        if changed:
            if await self._changes(tx.conn, report.id) >= contact.MOST:
                return TooOften()
            sealed = self._vault.identify(kept.reporter, kept.sealed, after)
            await tx.conn.execute(_KEEP, kept.reporter, sealed)
            await tx.conn.execute(_LOCALE, report.id, after.locale)
            await self._tell(tx, report.id, kept.reporter, after)
        return Corrected(report.number, contact.channels(after), after.locale, changed)

    async def _tell(self, tx: Tx, complaint: UUID, reporter: UUID, after: Identity) -> None:
        before = await reports.newest(tx.conn, self._service, complaint)
        event = contact.told(before, ReporterRef(str(reporter)), after)
        tx.emit(Event(REPORTS, str(complaint), event, self._clock.now()))
        tx.after_commit(self._left_behind)
        tx.after_commit(lambda: get_logger().info("contact.changed", complaint=str(complaint)))

    async def _changes(self, conn: Any, complaint: UUID) -> int:
        found: int = await conn.fetchval(
            _CHANGES, str(complaint), REPORTS, ReportContactChanged.TYPE
        )
        return found
