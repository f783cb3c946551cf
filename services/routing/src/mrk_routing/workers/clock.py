"""Acts on cases whose time has come, each once, in the order in which they are due.

Any number of these may run: a case that another one has locked is left to it. The stream is locked
before the case is read, as in every transaction that writes, so that an answer that comes at the
same moment either was there before, or finds that the case went on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.tx import Tx, unit
from mrk_routing.domain.case_file import for_inbox
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.passing import Told, passed
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, due, families
from mrk_routing.store.publishing import Publisher
from mrk_routing.workers.turns import turns
from mrk_schemas.cases import CaseEvent
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat, Condition
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

EVERY_S: Final = 1.0
_SOME: Final = 500
"""Cases a transaction: enough to share its statements, few enough to be soon free again."""


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
        await turns(
            self._turn, stop, self._beat, every_s=EVERY_S, failed="clock.failed", ready=self._ready
        )

    async def _turn(self) -> bool:
        found = await self.once()
        metrics.alarms_late(await due.late_s(self._pool, self._clock.now()))
        return found >= _SOME

    async def once(self) -> int:
        """Act on some of what is due now, in one transaction; returns how many were looked at."""
        now = self._clock.now()
        async with unit(self._pool, SERVICE) as tx:
            keys = await due.lock(tx.conn, now, _SOME)
            await act(tx, await families.free(tx, keys), now, self._dues)
        return len(keys)


async def act(tx: Tx, keys: Sequence[str], now: datetime, dues: DueDates) -> None:
    """What is due at `now` for cases whose streams nobody else has locked, in this order."""
    await tx.lock(keys, create=False)
    family = await families.gather(tx, keys)
    publish = Publisher(tx, now, family=family)
    parts = {part.id for key in keys for part in family.parts(key)}
    told: list[tuple[str, Told]] = []
    for key in keys:
        outcome = passed(family.files[key], now, dues)
        if outcome is not None:
            family.keep(outcome.file)
            for each in outcome.told:
                _tell(publish, each.event, dues)
                told.append((key, each))
    # also what turned out not to be due: its column must not bring it here again
    timed = [family.files[key] for key in keys if key not in parts]
    await cases.update_clocks(tx.conn, timed, dues)
    await cases.update(tx.conn, [family.files[key] for key in sorted(parts)], dues)
    tx.after_commit(lambda: _count(told))


def _tell(publish: Publisher, event: CaseEvent, dues: DueDates) -> None:
    """Tell everybody, and whoever has the case: its owner, else the agency that stands in.

    An authority that is not the city's has no topic: it hears by the national copy.
    """
    case = event.case
    publish.case(case.complaint_id, event)
    if case.handed_on_at is not None:
        return
    told = event.model_copy(update={"case": for_inbox(case)})
    publish.inbox(case.owner or dues.stand_in, case.complaint_id, told)


def _count(told: list[tuple[str, Told]]) -> None:
    for key, each in told:
        metrics.alarm(each.what)
        get_logger().debug("case.due", complaint=key, what=each.what)
    if told:
        get_logger().info("cases.due", acted=len(told))
