"""What follows a call: the answer, its lane and the handler's own records, in one transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import random
from typing import assert_never

import asyncpg

from mrk_delivery import hooks, work_store
from mrk_delivery.errors import is_transient
from mrk_delivery.service import Service
from mrk_delivery.telling import without_words
from mrk_delivery.tx import Tx, unit
from mrk_delivery.work import (
    Absent,
    CannotLook,
    Done,
    Held,
    Job,
    LookUp,
    Outcome,
    Refused,
    Resend,
    Retry,
    Skipped,
    Unknown,
    WorkHandler,
    WorkPolicy,
    word,
)
from mrk_telemetry.logs import get_logger


@dataclass(frozen=True, slots=True)
class Settler:
    """Settles one queue's rows. Its methods raise transient database errors alone."""

    pool: asyncpg.Pool
    service: Service
    handler: WorkHandler
    policy: WorkPolicy

    async def answer(self, job: Job, outcome: Outcome) -> None:
        """Record how a call ended. An answer that comes too late to decide has no effect.

        After its lease expired only what surely happened counts: `Done` and `Refused`.
        """
        decided = self.policy.decide(outcome, job.attempts)
        await self._or_shelved(job, lambda: self._settle(job, decided))

    async def expire(self, job: Job) -> None:
        """A lease ended without an answer: the call may have been received."""
        await self.answer(job, Unknown("the lease expired"))

    async def looked(self, job: Job, absences: int, found: LookUp) -> None:
        """Record what a look-up of an unknown row said."""
        match found:
            case Done():
                await self.answer(job, found)
            case Absent():
                await self._absent(job, absences)
            case Resend():
                await self._absent(job, absences, unproven_s=self._pause_s(job))
            case CannotLook():
                pass  # the claim has set the next look-up
            case _:
                assert_never(found)

    async def _absent(self, job: Job, absences: int, unproven_s: float | None = None) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            again = await work_store.absent(
                conn, job, absences, self.policy.grace_s, unproven_s=unproven_s
            )
        if again:
            get_logger().info("work.repeated", queue=job.queue, work=job.id, key=job.key)

    async def _settle(self, job: Job, outcome: Outcome) -> None:
        async with unit(self.pool, self.service) as tx:
            erased = (await tx.lock([job.key]))[job.key].erased
            sure = isinstance(outcome, Done | Refused)
            if not await work_store.fence(tx.conn, job, or_unknown=sure):
                get_logger().info("work.answer_too_late", queue=job.queue, work=job.id)
                return
            if erased:
                outcome = _of_erased(outcome)
            await self._write(tx, job, outcome)
            if not isinstance(outcome, Retry):
                await self.handler.settled(tx, job, outcome)
            if erased and not await work_store.in_flight(tx.conn, job.key):
                await self.handler.drained(tx, job.key)
            await tx.flush()
            hooks.reach("worker.before_settle_commit")
        hooks.reach("worker.after_settle_commit")
        get_logger().info(
            "work.settled",
            queue=job.queue,
            kind=job.kind,
            work=job.id,
            key=job.key,
            attempt=job.attempts,
            outcome=word(outcome),
        )

    def _pause_s(self, job: Job, asked: timedelta | None = None) -> float:
        return self.policy.retry.pause_s(job.attempts, random(), asked)  # noqa: S311  # jitter

    async def _write(self, tx: Tx, job: Job, outcome: Outcome) -> None:
        match outcome:
            case Done(result):
                await work_store.finish(tx.conn, job, word(outcome), result=result)
            case Refused(reason) | Skipped(reason) | Held(reason):
                await work_store.finish(tx.conn, job, word(outcome), reason=reason)
            case Unknown(reason):
                await work_store.doubt(tx.conn, job, reason)
            case Retry(reason, after):
                await work_store.retry(tx.conn, job, self._pause_s(job, after), reason)
            case _:
                assert_never(outcome)

    async def _or_shelved(self, job: Job, settle: Callable[[], Awaitable[None]]) -> None:
        """A handler that cannot record an answer must not make its call be repeated.

        The row stays unknown, and no look-up is due, until somebody mends the handler and asks
        for one (`admin work look-up`).
        """
        try:
            await settle()
        except Exception as error:
            if is_transient(error):
                raise
            get_logger().error(
                "work.not_recorded",
                queue=job.queue,
                work=job.id,
                key=job.key,
                error=without_words(error),
            )
            async with self.pool.acquire() as conn:
                await work_store.shelve(conn, job, f"not recorded: {type(error).__name__}")


def _of_erased(outcome: Outcome) -> Outcome:
    """Nothing of an erased key is tried again, looked up or kept waiting."""
    match outcome:
        case Retry() | Held():
            return Skipped(work_store.ERASED)
        case Unknown():
            return Skipped(work_store.ERASED_IN_DOUBT)
        case Done() | Refused() | Skipped():
            return outcome
        case _:
            assert_never(outcome)
