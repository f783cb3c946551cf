"""Somebody acts on a case by a request: one transaction, under the lock of the case's stream."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.tx import Tx, unit
from mrk_routing.domain.act import Merge, Unmerge, Wish, act
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.refusals import NOT_THE_OWNER
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, corrections, families, repeating
from mrk_routing.store.families import Family
from mrk_routing.store.publishing import Publisher
from mrk_schemas.ids import ComplaintId
from mrk_telemetry import metrics
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
        family = await families.gather(tx, [complaint])
        file = family.files.get(complaint)
        if file is None:
            return _NOWHERE
        outcome = deciding(file, tx.streams[complaint].version)
        await _apply(tx, family, outcome, now, dues)
        if beside is not None:
            await beside(tx, outcome)
        return outcome


async def carry_out(
    pool: asyncpg.Pool, complaint: ComplaintId, wish: Wish, rules: Rules, now: datetime
) -> Outcome:
    """Do what a dispatcher wishes; of a merge the other case is locked and judged too.

    Args:
        pool: of routing's database.
        complaint: whose case.
        wish: what is wanted.
        rules: the city's.
        now: when that is (UTC).

    Returns:
        What was decided; `NotYours` where there is no such case.
    """
    into = wish.into if isinstance(wish, Merge) else None
    async with unit(pool, SERVICE) as tx:
        family = await families.gather(tx, [complaint, into] if into else [complaint])
        file = family.files.get(complaint)
        if file is None:
            return _NOWHERE
        parts = len(family.parts(complaint))
        other = family.files.get(into) if into else None
        outcome = act(file, wish, rules, now, other=other, parts=parts)
        await _apply(tx, family, outcome, now, rules.dues)
        linking = {Merge: "merged", Unmerge: "unmerged"}.get(type(wish))
        if linking is not None and isinstance(outcome, Moved):
            beside = {key for key in (complaint, into, file.case.part_of) if key is not None}
            await repeating.recount(tx.conn, family, beside, rules)
            tx.after_commit(lambda: metrics.likeness(linking))
        return outcome


async def _apply(tx: Tx, family: Family, outcome: Outcome, now: datetime, dues: DueDates) -> None:
    if isinstance(outcome, Moved):
        publish = Publisher(tx, now, current_traceparent(), family=family)
        family.keep(publish.moved(outcome))
        await cases.update(tx.conn, family.to_store(), dues)
        if (learnt := outcome.learnt) is not None:
            await corrections.keep(tx.conn, outcome.file.id, learnt.given, learnt.right, now)
