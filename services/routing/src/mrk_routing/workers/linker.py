"""Links new reports that tell of the same thing as an earlier one, and counts what is alike.

What the consumer found is linked a moment later, in a transaction of its own that locks both cases
and their kin in one sorted go: the consumer's batches lock no earlier case, and nobody waits for
anybody crosswise. Any number of these may run: who comes second finds the pair settled.
"""

from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.tx import unit
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.linking import linked
from mrk_routing.domain.outcome import Moved
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, families, pairs, repeating
from mrk_routing.store.families import Family
from mrk_routing.store.publishing import Publisher
from mrk_routing.workers.turns import turns
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

EVERY_S: Final = 1.0
_SOME: Final = 100


class Linker:
    """Looks again and again whether two reports are to be linked.

    Args:
        pool: of routing's database.
        rules: the city's.
        clock: the domain's.
        beat: told at each turn.
    """

    def __init__(self, pool: asyncpg.Pool, rules: Rules, clock: Clock, beat: Beat) -> None:
        self._pool = pool
        self._rules = rules
        self._clock = clock
        self._beat = beat

    async def run(self, stop: Stop) -> None:
        """Link until stopped. A database that is away is asked again.

        Raises:
            Exception: a defect.
        """
        await turns(self._turn, stop, self._beat, every_s=EVERY_S, failed="linker.failed")

    async def _turn(self) -> bool:
        return await self.once() >= _SOME

    async def once(self) -> int:
        """Look at some of what is pending, in one transaction; returns how many pairs those were.

        A pair that is not linked is one for a dispatcher; both raise each other's urgency.
        """
        now = self._clock.now()
        waiting = await pairs.pending(self._pool, _SOME)
        if not waiting:
            return 0
        async with unit(self._pool, SERVICE) as tx:
            family = await families.gather(tx, {key for p in waiting for key in (p.newer, p.older)})
            fresh = await pairs.settle(tx.conn, waiting)
            publish = Publisher(tx, now, family=family)
            alike = {key for pair in fresh for key in (pair.newer, pair.older)}
            links = [pair for pair in waiting if pair.links and pair in fresh]
            joined = 0
            for pair in links:
                outcome = _linked(family, pair.newer, pair.older, now)
                if outcome is not None:
                    family.keep(publish.moved(outcome))
                    joined += 1
                    alike |= {outcome.file.case.part_of or pair.older}
            await cases.update(tx.conn, family.to_store(), self._rules.dues)
            await repeating.recount(tx.conn, family, alike, self._rules)
            tx.after_commit(lambda: _tell(joined, len(links) - joined))
        return len(waiting)


def _linked(family: Family, newer: str, older: str, now: datetime) -> Moved | None:
    """The newer one as a part of the older one, or of the one that this is a part of."""
    file, other = family.files.get(newer), _head(family, older)
    if file is None or other is None:
        return None
    return linked(file, other, len(family.parts(newer)), now)


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
