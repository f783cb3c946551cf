"""Somebody acts on a case by a request: one transaction, under the lock of the case's stream."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.tx import Tx, unit
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.refusals import NOT_THE_OWNER
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, corrections
from mrk_routing.store.publishing import Publisher
from mrk_schemas.ids import ComplaintId
from mrk_telemetry.traces import current_traceparent

Outcome = Moved | Refused | NotYours
Deciding = Callable[[CaseFile, int], Outcome]
"""Decides by the case as it is, and the version that its stream has reached."""

Beside = Callable[[Tx, Outcome], Awaitable[None]]
"""What else commits with it, also where it was refused: such as who wanted it."""

_NOWHERE: Final = NotYours(NOT_THE_OWNER)


async def act_on(  # noqa: PLR0913, PLR0917  # what one act needs
    pool: asyncpg.Pool,
    complaint: ComplaintId,
    now: datetime,
    dues: DueDates,
    deciding: Deciding,
    beside: Beside | None = None,
) -> Outcome:
    """Let somebody act on a case; what follows is stored and told, all or nothing.

    Args:
        pool: of routing's database.
        complaint: whose case.
        now: when that is (UTC).
        dues: the city's: when role `clock` acts on the case next.
        deciding: what becomes of it; pure, called once under the lock.
        beside: called within the transaction, once the case is stored.

    Returns:
        What was decided; `NotYours` where there is no such case.
    """
    async with unit(pool, SERVICE) as tx:
        await tx.lock([complaint], create=False)
        file = (await cases.load(tx.conn, [complaint])).get(complaint)
        if file is None:
            return _NOWHERE
        outcome = deciding(file, tx.streams[complaint].version)
        if isinstance(outcome, Moved):
            after = Publisher(tx, now, current_traceparent()).moved(outcome)
            await cases.update(tx.conn, [after], dues)
            if (learnt := outcome.learnt) is not None:
                await corrections.keep(tx.conn, complaint, learnt.given, learnt.right, now)
        if beside is not None:
            await beside(tx, outcome)
        return outcome
