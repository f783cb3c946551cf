"""Acts on cases whose time has come, each once, in the order in which they are due.

Any number of these may run: a case that another one has locked is left to it. The stream is locked
before the case is read, as in every transaction that writes, so that an answer that comes at the
same moment either was there before, or finds that the case went on.
"""

from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.errors import is_transient
from mrk_delivery.events import Event
from mrk_delivery.tx import Tx, unit
from mrk_routing.domain.case_file import for_inbox
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.passing import Passed, passed
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, due
from mrk_schemas.registry import CASES, inbox_of
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat, Condition
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

EVERY_S: Final = 1.0
_SOME: Final = 100


class CaseClock:
    """Looks again and again whether a case is due.

    Args:
        pool: of routing's database.
        dues: the city's.
        clock: the domain's.
        beat: told at each turn.
        ready: whether the database answers.
    """

    def __init__(
        self, pool: asyncpg.Pool, dues: DueDates, clock: Clock, beat: Beat, ready: Condition
    ) -> None:
        self._pool = pool
        self._dues = dues
        self._clock = clock
        self._beat = beat
        self._ready = ready

    async def run(self, stop: Stop) -> None:
        """Act until stopped. A database that is away is asked again.

        Raises:
            Exception: a defect.
        """
        while not stop.is_set():
            self._beat.beat()
            try:
                acted = await self.once()
                metrics.alarms_late(await due.late_s(self._pool, self._clock.now()))
                self._ready.ok()
            except Exception as error:
                if not is_transient(error):
                    raise
                self._ready.fail("away")
                get_logger().warning("clock.failed", error=type(error).__name__)
                acted = 0
            if acted < _SOME:
                await stop.sleep(EVERY_S)

    async def once(self) -> int:
        """Act on some of what is due now, in one transaction; returns on how many cases."""
        now = self._clock.now()
        async with unit(self._pool, SERVICE) as tx:
            keys = await due.lock(tx.conn, now, _SOME)
            await tx.lock(keys, create=False)
            files = await cases.load(tx.conn, keys)
            done: list[Passed] = []
            for key in keys:  # the longest due first
                outcome = passed(files[key], now, self._dues)
                if outcome is not None:
                    _tell(tx, outcome, now)
                    done.append(outcome)
                    files[key] = outcome.file
            # also what turned out not to be due: its column must not bring it here again
            await cases.update(tx.conn, list(files.values()))
            tx.after_commit(lambda: _count(done))
        return len(done)


def _tell(tx: Tx, outcome: Passed, now: datetime) -> None:
    case = outcome.file.case
    tx.emit(Event(topic=CASES, key=case.complaint_id, body=outcome.event, time=now))
    if case.owner is not None:
        told = outcome.event.model_copy(update={"case": for_inbox(case)})
        tx.emit(Event(topic=inbox_of(case.owner), key=case.complaint_id, body=told, time=now))


def _count(done: list[Passed]) -> None:
    for outcome in done:
        metrics.alarm(outcome.what)
        get_logger().debug("case.due", complaint=outcome.file.id, what=outcome.what)
    if done:
        get_logger().info("cases.due", acted=len(done))
