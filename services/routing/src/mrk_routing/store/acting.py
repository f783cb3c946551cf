"""Somebody acts on a case by a request: one transaction, under the lock of the case's stream."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.tx import Tx, unit
from mrk_routing.domain.act import Merge, Unmerge, Wish, act
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.guards import is_stale
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.refusals import FUTURE_VERSION, NOT_THE_OWNER, STALE
from mrk_routing.service import SERVICE
from mrk_routing.store import cases, corrections, families, looking, repeating
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

    def alone(family: Family, version: int) -> Outcome:
        return deciding(family.files[complaint], version)

    return await _act(pool, [complaint], now, dues, alone, beside)


async def carry_out(  # noqa: PLR0913, PLR0917  # what one wish needs
    pool: asyncpg.Pool,
    complaint: ComplaintId,
    wish: Wish,
    rules: Rules,
    now: datetime,
    quoted: int | None = None,
    beside: Beside | None = None,
) -> Outcome:
    """Do what a dispatcher wishes; of a merge the other case is locked and judged too.

    Args:
        pool: of routing's database.
        complaint: whose case.
        wish: what is wanted.
        rules: the city's.
        now: when that is (UTC).
        quoted: the version that the dispatcher saw; refused where somebody turned the case since.
        beside: as for `act_on`.

    Returns:
        What was decided; `NotYours` where there is no such case.
    """
    into = wish.into if isinstance(wish, Merge) else None

    def deciding(family: Family, version: int) -> Outcome:
        file = family.files[complaint]
        if quoted is not None and quoted > version:
            return Refused(FUTURE_VERSION)
        if quoted is not None and is_stale(file, quoted):
            return Refused(STALE)
        other = family.files.get(into) if into else None
        return act(file, wish, rules, now, other=other, parts=len(family.parts(complaint)))

    async def also(tx: Tx, outcome: Outcome) -> None:
        if isinstance(outcome, Moved) and outcome.learnt is not None:
            await looking.relabel(tx.conn, outcome.file, rules.pack)
        if beside is not None:
            await beside(tx, outcome)

    keys = [complaint, into] if into else [complaint]
    linking = {Merge: "merged", Unmerge: "unmerged"}.get(type(wish))
    counting = rules if linking is not None else None
    outcome = await _act(pool, keys, now, rules.dues, deciding, also, counting)
    if linking is not None and isinstance(outcome, Moved):
        metrics.likeness(linking)
    return outcome


async def _act(  # noqa: PLR0913, PLR0917  # what one act needs
    pool: asyncpg.Pool,
    keys: Sequence[ComplaintId],
    now: datetime,
    dues: DueDates,
    deciding: Callable[[Family, int], Outcome],
    beside: Beside | None,
    counting: Rules | None = None,
) -> Outcome:
    """The first of `keys` is the case that is acted on; all are locked with their kin.

    `counting`: count anew what tells of the same thing, where the act took effect.
    """
    first = keys[0]
    async with unit(pool, SERVICE) as tx:
        family = await families.gather(tx, keys)
        if first not in family.files:
            return _NOWHERE
        outcome = deciding(family, tx.streams[first].version)
        await _apply(tx, family, outcome, now, dues)
        if counting is not None and isinstance(outcome, Moved):
            await repeating.recount(tx.conn, family, set(family.files), counting)
        if beside is not None:
            await beside(tx, outcome)
        return outcome


async def _apply(tx: Tx, family: Family, outcome: Outcome, now: datetime, dues: DueDates) -> None:
    if isinstance(outcome, Moved):
        publish = Publisher(tx, now, current_traceparent(), family=family)
        family.keep(publish.moved(outcome))
        await cases.update(tx.conn, family.to_store(), dues)
        if (learnt := outcome.learnt) is not None:
            await corrections.keep(tx.conn, outcome.file.id, learnt.given, learnt.right, now)
