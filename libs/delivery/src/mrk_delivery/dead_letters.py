"""Looking at dead letters, redriving them in order, dropping them.

A redrive runs the service's own handler, here; nothing is ever produced again to a shared topic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from mrk_delivery import letters
from mrk_delivery.parse import Bad, Good, parse
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.service import Service
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx, unit

_SLICE = 200

_LIST = """
select id, group_id, topic, partition_no, offset_no, key, type, state, reason, logged_at,
    stored_at, settled_at
from dead_letter where ($1 or state in ('bad', 'queued', 'kept')) order by id limit $2
"""
_OPEN = """
select id, group_id, topic, topic_id, partition_no, offset_no, key, type, state, reason,
    headers::text as headers, record_key, body, logged_at
from dead_letter where topic = $1 and key = $2 and state in ('bad', 'queued') order by id limit $3
"""
_ONE = """
select id, group_id, topic, topic_id, partition_no, offset_no, key, type, state, reason,
    headers::text as headers, record_key, body, logged_at, stored_at, settled_at
from dead_letter where id = $1
"""
_DEAD_OUTBOX = """
insert into outbox (id, topic, key, version, passes, created_at)
select id, topic, key, version, passes, created_at from outbox_dead where id = $1
"""


@dataclass(frozen=True, slots=True)
class Redriven:
    """How a redrive ended: rows that took effect, and the row that is still bad, if any."""

    done: int
    stuck: int | None = None
    reason: str | None = None


async def list_dead_letters(conn: Any, *, settled: bool = False, limit: int = 200) -> list[Any]:
    """Dead letters without their content, oldest first; `settled` includes the finished ones."""
    return list(await conn.fetch(_LIST, settled, limit))


async def list_outbox_dead(conn: Any) -> list[Any]:
    """Events that the broker refuses: their key waits in the relay."""
    return list(
        await conn.fetch(
            "select id, topic, key, version, reason, moved_at from outbox_dead order by id"
        )
    )


async def show(conn: Any, id_: int) -> Any | None:
    """One dead letter with its headers and bytes, or None. It may hold a person's words."""
    return await conn.fetchrow(_ONE, id_)


async def redrive(
    pool: asyncpg.Pool, service: Service, subscriptions: Sequence[Subscription], id_: int
) -> Redriven:
    """Run a dead letter, and all that waits behind it, through the service's own handler.

    The key is free again only when its queue is empty; the first row that is still bad ends the
    redrive and stays.

    Raises:
        LookupError: there is no such open dead letter, or no subscription for its topic.
    """
    row = await pool.fetchrow(_ONE, id_)
    if row is None or row["state"] not in {"bad", "queued"}:
        raise LookupError(f"no open dead letter {id_}")
    found = [s for s in subscriptions if s.group == row["group_id"] and row["topic"] in s.topics]
    if not found:
        raise LookupError(f"dead letter {id_}: no subscription reads {row['topic']} here")
    pipeline = Pipeline(pool, service, found[0])
    if row["key"] is None:
        async with unit(pool, service) as tx:
            return await _run(tx, service, found[0], pipeline, [row])
    done = 0
    while True:
        async with unit(pool, service) as tx:
            await tx.conn.execute(
                "select 1 from parked where topic = $1 and key = $2 for update",
                row["topic"],
                row["key"],
            )
            waiting = await tx.conn.fetch(_OPEN, row["topic"], row["key"], _SLICE)
            if not waiting:
                await _release(tx, row["topic"], row["key"])
                return Redriven(done)
            outcome = await _run(tx, service, found[0], pipeline, waiting)
            done += outcome.done
            if outcome.stuck is not None:
                return Redriven(done, outcome.stuck, outcome.reason)


async def _run(
    tx: Tx, service: Service, sub: Subscription, pipeline: Pipeline, rows: Sequence[Any]
) -> Redriven:
    done = 0
    for row in rows:
        parsed = parse(letters.record_of(row), sub, service.models)
        failure: Bad | None = None
        if isinstance(parsed, Good):
            await pipeline.lock(tx, [parsed])
            failure = await pipeline.apply_one(tx, parsed)
        elif isinstance(parsed, Bad):
            failure = parsed
        if failure is not None:
            await tx.conn.execute(
                "update dead_letter set state = 'bad', reason = $2 where id = $1",
                row["id"],
                failure.reason,
            )
            return Redriven(done, row["id"], failure.reason)
        await _settle(tx, row["id"], "redriven")
        done += 1
    return Redriven(done)


async def drop(pool: asyncpg.Pool, service: Service, id_: int) -> bool:
    """Give a dead letter up for good.

    Returns:
        Whether rows of its key still wait: they need a redrive. Without any the key is free.

    Raises:
        LookupError: there is no such open dead letter.
    """
    async with unit(pool, service) as tx:
        row = await tx.conn.fetchrow(_ONE, id_)
        if row is None or row["state"] in {"redriven", "dropped"}:
            raise LookupError(f"no open dead letter {id_}")
        await tx.conn.execute(
            "select 1 from parked where topic = $1 and key = $2 for update",
            row["topic"],
            row["key"],
        )
        await _settle(tx, id_, "dropped")
        if await tx.conn.fetch(_OPEN, row["topic"], row["key"], 1):
            return True
        await _release(tx, row["topic"], row["key"])
        return False


async def redrive_outbox(pool: asyncpg.Pool, id_: int) -> None:
    """Put an event that the broker refused back under its original outbox id.

    Raises:
        LookupError: there is no such row.
    """
    async with pool.acquire() as conn, conn.transaction():
        if await conn.execute(_DEAD_OUTBOX, id_) == "INSERT 0 0":
            raise LookupError(f"no dead outbox row {id_}")
        await conn.execute("delete from outbox_dead where id = $1", id_)


async def drop_outbox(pool: asyncpg.Pool, id_: int) -> None:
    """Give up publishing an event; later events of its key leave.

    Raises:
        LookupError: there is no such row.
    """
    if await pool.execute("delete from outbox_dead where id = $1", id_) == "DELETE 0":
        raise LookupError(f"no dead outbox row {id_}")


async def _settle(tx: Tx, id_: int, state: str) -> None:
    await tx.conn.execute(
        "update dead_letter set state = $2, settled_at = clock_timestamp() where id = $1",
        id_,
        state,
    )


async def _release(tx: Tx, topic: str, key: str | None) -> None:
    await tx.conn.execute("delete from parked where topic = $1 and key = $2", topic, key)
