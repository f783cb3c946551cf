"""The work table's SQL: insert, take, settle, look up, erase. Nothing here commits.

A lane's rows wait for each other: only its oldest unfinished row is ever due, the others have
`due_at = 'infinity'` until their turn, so that a poll never reads rows that cannot run. Three
things keep this safe: `TAKE` checks the order again, a unique index allows one call a lane, and
`heal` finds a turn that was missed (an insert without the key's lock beside a settling).
Leases and retries follow the database's clock.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import asyncpg

from mrk_delivery import work_sql as sql
from mrk_delivery.work import Job, Work

ERASED: Final = "erased"
ERASED_IN_DOUBT: Final = "erased; may have been received"

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Lane = tuple[str, str]


async def insert(conn: Connection, rows: Sequence[Work]) -> None:
    """Queue rows in the order given; those whose (queue, dedupe) is there have no effect.

    A row of an erased key is stored as skipped, without its payload.
    """
    await conn.execute(
        sql.INSERT,
        [row.queue for row in rows],
        [row.lane for row in rows],
        [row.key for row in rows],
        [row.kind for row in rows],
        [json.dumps(row.payload) for row in rows],
        [row.dedupe for row in rows],
        [row.traceparent for row in rows],
        [row.not_before for row in rows],
    )


async def take(conn: Connection, queue: str, limit: int, lease_s: float) -> list[Job]:
    """Begin the next attempt of up to `limit` rows: each the oldest unfinished of its lane.

    Raises:
        asyncpg.UniqueViolationError: another process began a call in one of these lanes in the
            same moment; nothing is taken, try again.
    """
    rows = await conn.fetch(sql.TAKE, queue, limit, timedelta(seconds=lease_s))
    return [job_of(row) for row in sorted(rows, key=lambda row: int(row["id"]))]


async def fence(conn: Connection, job: Job, *, or_unknown: bool) -> bool:
    """Lock the job's row if this attempt may still settle it.

    Args:
        conn: inside a transaction.
        job: as taken.
        or_unknown: also where its lease expired meanwhile and nobody has decided since.
    """
    return await conn.fetchval(sql.FENCE, job.id, job.attempts, or_unknown) is not None


async def finish(
    conn: Connection,
    job: Job,
    state: str,
    *,
    result: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Settle a fenced row as done, refused, skipped or held; its lane goes on."""
    stored = None if result is None else json.dumps(result)
    await conn.execute(sql.FINISH, job.id, state, stored, reason)
    await promote(conn, [(job.queue, job.lane)])


async def retry(conn: Connection, job: Job, pause_s: float, reason: str) -> None:
    """A fenced row is tried again after a pause."""
    await conn.execute(sql.RETRY, job.id, timedelta(seconds=pause_s), reason)


async def doubt(conn: Connection, job: Job, reason: str) -> None:
    """The answer of a fenced row is unknown from now on."""
    await conn.execute(sql.UNKNOWN, job.id, reason)


async def shelve(conn: Connection, job: Job, reason: str) -> None:
    """What is known of a row could not be recorded: it stays unknown until somebody looks."""
    await conn.execute(sql.SHELVE, job.id, job.attempts, reason)


async def expired(conn: Connection, queue: str, limit: int) -> list[Job]:
    """Rows whose lease ended without an answer, the longest expired first."""
    return [job_of(row) for row in await conn.fetch(sql.EXPIRED, queue, limit)]


async def claim_look_ups(
    conn: Connection, queue: str, limit: int, every_s: float
) -> list[tuple[Job, int]]:
    """Unknown rows whose look-up is due, each with its absences so far; the next is set."""
    rows = await conn.fetch(sql.CLAIM_LOOK_UP, queue, limit, timedelta(seconds=every_s))
    return [(job_of(row), row["lookups"]) for row in rows]


async def absent(
    conn: Connection, job: Job, absences: int, grace_s: float, *, unproven_s: float | None = None
) -> bool:
    """Count an absence; the second or a later one, after the grace, makes the row ready again.

    Args:
        conn: of the settling transaction.
        job: as claimed.
        absences: as claimed; another look-up's answer in between makes this one void.
        grace_s: since the row became unknown.
        unproven_s: without proof, after this pause: the peer can never be asked.

    Returns:
        Whether the row runs again, marked as repeated.
    """
    state = await conn.fetchval(
        sql.ABSENT,
        job.id,
        job.attempts,
        absences,
        unproven_s is not None,
        timedelta(seconds=grace_s),
        timedelta(seconds=unproven_s or 0),
    )
    return bool(state == "ready")


async def promote(conn: Connection, lanes: Sequence[Lane]) -> None:
    """The first row of each lane may run, if it waited for its turn."""
    await conn.execute(sql.PROMOTE, [queue for queue, _ in lanes], [lane for _, lane in lanes])


async def heal(conn: Connection, queue: str) -> int:
    """Give missed turns; returns how many there were."""
    return int((await conn.execute(sql.HEAL, queue)).rpartition(" ")[2])


async def release(conn: Connection, queue: str, lane: str) -> None:
    """Held rows of a lane are ready again, in their old places."""
    await conn.execute(sql.RELEASE, queue, lane)
    await promote(conn, [(queue, lane)])


async def erase(conn: Connection, key: str) -> tuple[int, int, int]:
    """Blank every payload of a key and end what waits.

    Returns:
        How many rows are in flight (they settle later), were unknown, had ended before.
    """
    [row] = await conn.fetch(sql.ERASE, key, ERASED, ERASED_IN_DOUBT)
    return row["in_flight"], row["unknown"], row["finished"]


async def in_flight(conn: Connection, key: str) -> bool:
    """Whether a call of this key is running, in any queue."""
    return bool(
        await conn.fetchval(
            "select exists (select 1 from work where key = $1 and state = 'running')", key
        )
    )


async def depth(conn: Connection, queue: str) -> tuple[dict[str, int], float]:
    """Unfinished rows by state, and the age in seconds of the oldest that is not held."""
    rows = await conn.fetch(sql.DEPTH, queue)
    return {row["state"]: row["n"] for row in rows}, max((row["age_s"] for row in rows), default=0)


def job_of(row: Any) -> Job:
    """The job of a row of the work table."""
    return Job(
        id=row["id"],
        queue=row["queue"],
        lane=row["lane"],
        key=row["key"],
        kind=row["kind"],
        payload=json.loads(row["payload"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        traceparent=row["traceparent"],
        repeated=row["repeated"],
    )
