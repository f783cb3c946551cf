"""One call to the outside and one look-up: timed, traced, counted, and surely recorded."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from mrk_delivery import hooks
from mrk_delivery.errors import Transient, is_transient
from mrk_delivery.settlement import Settler
from mrk_delivery.telling import without_words
from mrk_delivery.work import (
    CannotLook,
    Job,
    LookUp,
    Outcome,
    Retry,
    TellsWhetherSent,
    Unknown,
    word,
)
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger
from mrk_telemetry.traces import SpanKind, start_span

BACK_OFF_S: Final = (0.2, 5.0)
_REASON_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes one queue's calls, with no transaction open, and settles them."""

    queue: str
    settler: Settler

    async def attempt(self, job: Job) -> Outcome:
        """Make the call of a job whose attempt is committed, and record how it ended."""
        with start_span(
            f"work {self.queue}",
            traceparent=job.traceparent,
            kind=SpanKind.CLIENT,
            attributes={
                "work.id": job.id,
                "work.kind": job.kind,
                "work.attempt": job.attempts,
            },
        ):
            hooks.reach("worker.before_call")
            began = monotonic()
            outcome = await self._call(job)
            hooks.reach("worker.after_call")
            metrics.attempt(self.queue, word(outcome), monotonic() - began)
            await _surely(lambda: self.settler.answer(job, outcome))
        return outcome

    async def look_up(self, job: Job, absences: int) -> None:
        """Ask the peer about a job whose answer is unknown, and record what it said."""
        with start_span(f"look up {self.queue}", traceparent=job.traceparent, kind=SpanKind.CLIENT):
            began = monotonic()
            found = await self._ask(job)
            metrics.attempt(self.queue, f"look-up-{word(found)}", monotonic() - began)
            await _surely(lambda: self.settler.looked(job, absences, found))

    async def _call(self, job: Job) -> Outcome:
        limit = asyncio.timeout(self.settler.policy.call_s)
        handler = self.settler.handler
        try:
            async with limit:
                return await handler.perform(job)
        except Transient as error:
            return Retry(str(error)[:_REASON_CHARS] or "transient")
        except Exception as error:  # noqa: BLE001  # whatever it was, the row must be settled
            if limit.expired():
                return Unknown("no answer in time")
            self._told("work.call_failed", job, error)
            if isinstance(handler, TellsWhetherSent) and not handler.may_have_left(job, error):
                return Retry(type(error).__name__)
            return Unknown(type(error).__name__)

    async def _ask(self, job: Job) -> LookUp:
        try:
            async with asyncio.timeout(self.settler.policy.call_s):
                return await self.settler.handler.look_up(job)
        except (Transient, TimeoutError) as error:
            return CannotLook(type(error).__name__)
        except Exception as error:  # noqa: BLE001  # whatever it was, the row stays unknown
            self._told("work.look_up_failed", job, error)
            return CannotLook(type(error).__name__)

    def _told(self, event: str, job: Job, error: Exception) -> None:
        get_logger().error(
            event,
            queue=self.queue,
            kind=job.kind,
            work=job.id,
            key=job.key,
            error=without_words(error),
        )


async def _surely(settle: Callable[[], Awaitable[None]]) -> None:
    """The answer is in memory alone: keep trying while the database is away."""
    pause = BACK_OFF_S[0]
    while True:
        try:
            await settle()
        except Exception as error:
            if not is_transient(error):
                raise
            get_logger().warning("work.not_settled_yet", error=type(error).__name__)
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311  # jitter
            pause = min(pause * 2, BACK_OFF_S[1])
        else:
            return
