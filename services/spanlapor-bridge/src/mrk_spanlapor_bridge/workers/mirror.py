"""Filing and following up at the national system; a lost answer is looked up, never resent."""

from dataclasses import replace
from typing import Protocol, assert_never

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.tx import Tx
from mrk_delivery.work import (
    Absent,
    CannotLook,
    Done,
    Held,
    Job,
    LookUp,
    Outcome,
    Refused,
    Retry,
    Skipped,
    Told,
    Unknown,
)
from mrk_schemas.ids import ComplaintId, LaporTicket, ReporterRef
from mrk_schemas.internal import Contact
from mrk_spanlapor_bridge.domain import ledger
from mrk_spanlapor_bridge.domain.filing import Reporter, reporter_or_account
from mrk_spanlapor_bridge.domain.follow_up import FollowUp
from mrk_spanlapor_bridge.domain.ledger import Entry, Status
from mrk_spanlapor_bridge.domain.reply import (
    Accepted,
    CannotAskError,
    Later,
    Lost,
    Rejected,
    Reply,
)
from mrk_spanlapor_bridge.domain.task import of_payload
from mrk_spanlapor_bridge.gateways.national import National
from mrk_spanlapor_bridge.service import FILE, QUEUE
from mrk_spanlapor_bridge.store import events
from mrk_spanlapor_bridge.store import ledger as rows
from mrk_telemetry import metrics


class Contacts(Protocol):
    """Where identities come from."""

    async def find(self, reporter: ReporterRef) -> Contact | None:
        """The reporter's contact, None when erased or unknown; Transient otherwise."""
        ...


class Mirror:
    """The handler of the bridge's queue.

    Args:
        account: the city's own, for reports without a reporter whom it may name.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        contacts: Contacts,
        national: National,
        account: Reporter,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._contacts = contacts
        self._national = national
        self._account = account
        self._clock = clock

    async def perform(self, job: Job) -> Outcome:
        """File the complaint, or follow it up."""
        if job.kind == FILE:
            return await self._file(job)
        entry = await rows.entry(self._pool, job.key)
        if entry is None or entry.status is Status.SKIPPED:
            return Skipped("the complaint is not mirrored")
        if entry.national_id is None:
            return Held("not mirrored")
        fact = FollowUp.model_validate(job.payload)
        return _outcome(await self._national.follow_up(entry.national_id, fact))

    async def look_up(self, job: Job) -> LookUp:
        """Ask by our reference whether it arrived."""
        try:
            if job.kind == FILE:
                found: str | None = await self._national.find_filing(
                    of_payload(job.payload).filing.reference
                )
            else:
                entry = await rows.entry(self._pool, job.key)
                if entry is None or entry.national_id is None:
                    return CannotLook("the complaint has no national number")
                found = await self._national.find_follow_up(
                    entry.national_id, FollowUp.model_validate(job.payload)
                )
        except CannotAskError as error:
            return CannotLook(str(error))
        return Absent() if found is None else Done({"id": found})

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        """Write the ledger and say what happened."""
        now = self._clock.now()
        entry = await rows.entry(tx.conn, job.key) or Entry(ComplaintId(job.key), now)
        entry = replace(entry, changed_at=now)
        match outcome:
            case Done(result):
                entry = await self._done(tx, job, entry, result)
            case Refused(reason):
                if job.kind == FILE:
                    entry = replace(entry, status=Status.REFUSED)
                tx.emit(events.refused(entry, reason))
            case Unknown():
                if job.kind == FILE:
                    entry = replace(entry, status=Status.UNKNOWN)
                tx.emit(events.unknown(entry))
            case Skipped():
                if job.kind == FILE and entry.status is Status.PENDING:
                    entry = replace(entry, status=Status.SKIPPED)
                    await tx.release(QUEUE, job.lane)
            case Held():
                pass
            case _:
                assert_never(outcome)
        await rows.write(tx.conn, {job.key: entry})

    async def drained(self, tx: Tx, key: str) -> None:
        """The last call in flight of an erased complaint has ended."""
        entry = await rows.entry(tx.conn, key) or Entry(ComplaintId(key), self._clock.now())
        tx.emit(events.erased(entry, ledger.received_by(entry)))

    async def _file(self, job: Job) -> Outcome:
        task = of_payload(job.payload)
        reporter = self._account
        if task.reporter is not None:
            contact = await self._contacts.find(task.reporter)
            if contact is None:
                return Skipped("the reporter is erased or unknown")
            reporter = reporter_or_account(
                contact.name, contact.email, contact.phone, self._account
            )
        return _outcome(await self._national.file(task.filing, reporter))

    async def _done(self, tx: Tx, job: Job, entry: Entry, result: dict[str, object]) -> Entry:
        if job.kind != FILE:
            entry = replace(entry, follow_ups=entry.follow_ups + 1)
            tx.emit(events.followed_up(entry, int(job.payload.get("sequence", 1))))
            return entry
        entry = ledger.filed(entry, LaporTicket(str(result["id"])), entry.changed_at)
        tx.emit(events.filed(entry))
        await tx.release(QUEUE, job.lane)
        if entry.received_at is not None:
            waited = (entry.changed_at - entry.received_at).total_seconds()
            tx.after_commit(lambda: metrics.since_received("mirrored", waited))
        return entry


def _outcome(reply: Reply) -> Outcome:
    match reply:
        case Accepted(id_):
            return Done({"id": id_})
        case Later(reason, after):
            return Retry(reason, after)
        case Rejected(reason):
            return Refused(reason)
        case Lost(reason):
            return Unknown(reason)
        case _:
            assert_never(reply)
