"""Links new reports that tell of the same thing as an earlier one, beyond the city's threshold.

What the consumer found is linked a moment later, in a transaction of its own that locks both cases
and their kin in one sorted go: the consumer's batches lock no earlier case, and nobody waits for
anybody crosswise. Any number of these may run: who comes second finds the pair settled.
"""

from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.errors import is_transient
from mrk_delivery.tx import unit
from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.guards import Context, choose
from mrk_routing.domain.machine import Action, Role, transitions
from mrk_routing.domain.merging import merged
from mrk_routing.domain.outcome import Moved
from mrk_routing.domain.refusals import Rule
from mrk_routing.domain.standing import standing
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, duplicates, families
from mrk_routing.store.families import Family
from mrk_routing.store.publishing import Publisher
from mrk_schemas.ids import ComplaintId
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

EVERY_S: Final = 1.0
_SOME: Final = 100

Pair = tuple[ComplaintId, ComplaintId]


class Linker:
    """Looks again and again whether two reports are to be linked.

    Args:
        pool: of routing's database.
        dues: the city's.
        clock: the domain's.
        beat: told at each turn.
    """

    def __init__(self, pool: asyncpg.Pool, dues: DueDates, clock: Clock, beat: Beat) -> None:
        self._pool = pool
        self._dues = dues
        self._clock = clock
        self._beat = beat

    async def run(self, stop: Stop) -> None:
        """Link until stopped. A database that is away is asked again.

        Raises:
            Exception: a defect.
        """
        while not stop.is_set():
            self._beat.beat()
            try:
                found = await self.once()
            except Exception as error:
                if not is_transient(error):
                    raise
                get_logger().warning("linker.failed", error=type(error).__name__)
                found = 0
            if found < _SOME:
                await stop.sleep(EVERY_S)

    async def once(self) -> int:
        """Link some of what is pending, in one transaction; returns how many pairs were settled."""
        now = self._clock.now()
        pairs = await duplicates.pending(self._pool, _SOME)
        if not pairs:
            return 0
        async with unit(self._pool, SERVICE) as tx:
            family = await families.gather(tx, {key for pair in pairs for key in pair})
            fresh = await duplicates.settle(tx.conn, pairs)
            publish = Publisher(tx, now, family=family)
            linked = 0
            for newer, older in pairs:
                outcome = _linked(family, newer, older, now) if newer in fresh else None
                if outcome is not None:
                    family.keep(publish.moved(outcome))
                    linked += 1
            await cases.update(tx.conn, family.to_store(), self._dues)
            tx.after_commit(lambda: _tell(linked, len(fresh) - linked))
        return len(pairs)


def _linked(family: Family, newer: str, older: str, now: datetime) -> Moved | None:
    """The newer one as a part of the older one, or of the one that this is a part of.

    None where the table does not allow it any more: a dispatcher sees the two side by side.
    """
    file, other = family.files.get(newer), _head(family, older)
    if file is None or other is None:
        return None
    rows = transitions(standing(file.case), Action.MERGE, Role.RULES)
    context = Context(file, other=other, parts=len(family.parts(newer)))
    if not rows or isinstance(choose(rows, context), Rule):
        return None
    return merged(file, other, ROUTING, None, now)


def _head(family: Family, key: str) -> CaseFile | None:
    file = family.files.get(key)
    if file is None or file.case.part_of is None:
        return file
    return family.files.get(file.case.part_of)


def _tell(linked: int, left: int) -> None:
    metrics.likeness("linked", linked)
    metrics.likeness("left", left)
    if linked or left:
        get_logger().info("duplicates.settled", linked=linked, left=left)
