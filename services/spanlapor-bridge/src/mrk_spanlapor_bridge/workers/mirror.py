"""Filing and following up at the national system; a lost answer is looked up, never resent."""

from typing import Protocol, assert_never

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.errors import is_transient
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
from mrk_schemas.ids import ReporterRef
from mrk_schemas.internal import Contact
from mrk_spanlapor_bridge.domain.filing import Reporter, reporter_or_account
from mrk_spanlapor_bridge.domain.follow_up import FollowUp
from mrk_spanlapor_bridge.domain.ledger import Status
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
from mrk_spanlapor_bridge.service import FILE
from mrk_spanlapor_bridge.store import ledger as rows
from mrk_spanlapor_bridge.workers.records import Records


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
        self._records = Records(clock)

    async def perform(self, job: Job) -> Outcome:
        """File the complaint, or follow it up."""
        entry = await rows.entry(self._pool, job.key)
        if entry is not None and entry.restricted:
            return Held("processing is restricted")
        if job.kind == FILE:
            return await self._file(job)
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

    def may_have_left(self, job: Job, error: Exception) -> bool:
        """The ledger is read before the call, and the gateway lets no network error out."""
        del job
        return not (is_transient(error) or isinstance(error, asyncpg.PostgresError))

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        """Record what became of the call."""
        await self._records.settled(tx, job, outcome)

    async def drained(self, tx: Tx, key: str) -> None:
        """Acknowledge an erasure that waited for a call."""
        await self._records.drained(tx, key)

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
