"""Records what became of a call: the ledger's line and the facts that follow from it."""

from dataclasses import replace
from typing import Any, assert_never

from mrk_delivery.clock import Clock
from mrk_delivery.tx import Tx
from mrk_delivery.work import Done, Held, Job, Refused, Skipped, Told, Unknown
from mrk_delivery.work_store import ERASED_IN_DOUBT
from mrk_schemas.ids import ComplaintId, LaporTicket
from mrk_spanlapor_bridge.domain import ledger
from mrk_spanlapor_bridge.domain.follow_up import FollowUp
from mrk_spanlapor_bridge.domain.ledger import Entry, Status
from mrk_spanlapor_bridge.service import FILE, QUEUE
from mrk_spanlapor_bridge.store import events
from mrk_spanlapor_bridge.store import ledger as rows
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger


class Records:
    """Writes in the transaction that settles a row; its complaint is locked there.

    Args:
        clock: the domain's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        """Write the line and say what happened."""
        now = self._clock.now()
        entry = await rows.entry(tx.conn, job.key) or Entry(ComplaintId(job.key), now)
        entry = replace(entry, changed_at=now)
        if job.kind == FILE:
            entry = await self._filing(tx, entry, job, outcome)
        else:
            entry = await self._follow_up(tx, entry, job, outcome)
        await rows.write(tx.conn, {job.key: entry})

    async def filed(self, tx: Tx, entry: Entry, national_id: LaporTicket) -> Entry:
        """The complaint is filed: follow-ups that waited for it may go. The caller writes it."""
        entry = ledger.filed(entry, national_id, self._clock.now())
        tx.emit(events.filed(entry))
        await tx.release(QUEUE, entry.complaint_id)
        if entry.received_at is not None:
            waited = (entry.changed_at - entry.received_at).total_seconds()
            tx.after_commit(lambda: metrics.since_received("mirrored", waited))
        return entry

    async def drained(self, tx: Tx, key: str) -> None:
        """The last call in flight of an erased complaint has ended: acknowledge its erasure."""
        entry = await rows.entry(tx.conn, key) or Entry(ComplaintId(key), self._clock.now())
        tx.emit(events.erased(entry, ledger.received_by(entry)))

    async def _filing(self, tx: Tx, entry: Entry, job: Job, outcome: Told) -> Entry:
        match outcome:
            case Done(result):
                return await self.filed(tx, entry, LaporTicket(str(result["id"])))
            case Refused(reason):
                _warn(tx, "mirror.refused", entry, reason)
                entry = replace(entry, status=Status.REFUSED)
                tx.emit(events.refused(entry, reason))
                return entry
            case Unknown(reason):
                _warn(tx, "mirror.unknown", entry, reason)
                known = entry.status is Status.UNKNOWN
                entry = replace(entry, status=Status.UNKNOWN)
                if not known:
                    tx.emit(events.unknown(entry))
                return entry
            case Skipped(reason):
                if reason == ERASED_IN_DOUBT:
                    return replace(entry, status=Status.UNKNOWN)
                if entry.status is Status.PENDING:
                    entry = replace(entry, status=Status.SKIPPED)
                    await tx.release(QUEUE, entry.complaint_id)
                return entry
            case Held():
                if not entry.restricted:
                    # it was lifted between the call's look into the ledger and now
                    await tx.release(QUEUE, job.lane)
                return entry
            case _:
                assert_never(outcome)

    async def _follow_up(self, tx: Tx, entry: Entry, job: Job, outcome: Told) -> Entry:
        match outcome:
            case Done():
                entry = replace(entry, follow_ups=entry.follow_ups + 1)
                sequence = FollowUp.model_validate(job.payload).sequence
                tx.emit(events.followed_up(entry, sequence))
                return entry
            case Refused(reason):
                # the mirror stands: only this one step is missing there
                _warn(tx, "mirror.follow_up_refused", entry, reason)
                return entry
            case Unknown(reason):
                _warn(tx, "mirror.follow_up_unknown", entry, reason)
                return entry
            case Held():
                if entry.national_id is not None and not entry.restricted:
                    # it was filed, or the restriction lifted, between the call's look and now
                    await tx.release(QUEUE, job.lane)
                return entry
            case Skipped():
                return entry
            case _:
                assert_never(outcome)


def _warn(tx: Tx, event: str, entry: Entry, reason: str) -> None:
    said: dict[str, Any] = {"complaint": entry.complaint_id, "reason": reason}
    tx.after_commit(lambda: get_logger().warning(event, **said))
