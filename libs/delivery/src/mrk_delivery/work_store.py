"""The work table's SQL: insert, take, settle, look up, erase. Nothing here commits.

A lane's rows wait for each other: only its oldest unfinished row is ever due, the others have
`due_at = 'infinity'` until their turn, so that a poll never reads rows that cannot run. Three
things keep this safe: `_TAKE` checks the order again, a unique index allows one call a lane, and
`heal` finds a turn that was missed (an insert without the key's lock beside a settling).
Leases and retries follow the database's clock.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import asyncpg

from mrk_delivery.work import Job, Work

ERASED: Final = "erased"
ERASED_IN_DOUBT: Final = "erased; may have been received"

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Lane = tuple[str, str]

_JOB: Final = """
w.id, w.queue, w.lane, w.key, w.kind, w.payload::text as payload, w.attempts, w.created_at,
w.traceparent, w.repeated, w.lookups
"""
_UNFINISHED: Final = "('ready', 'running', 'unknown')"

_INSERT: Final = f"""
with given as (
    select distinct on (queue, dedupe) *
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::timestamptz[])
        with ordinality as g (queue, lane, key, kind, payload, dedupe, traceparent, not_before, nr)
    order by queue, dedupe, nr
), fresh as (
    select g.*, exists (
        select 1 from stream s where s.key = g.key and s.erased_at is not null
    ) as erased
    from given g
    where not exists (select 1 from work w where w.queue = g.queue and w.dedupe = g.dedupe)
), placed as (
    select f.*, row_number() over (partition by queue, lane, erased order by nr) = 1
        and not exists (
            select 1 from work w
            where w.queue = f.queue and w.lane = f.lane and w.state in {_UNFINISHED}
        ) as first
    from fresh f
)
insert into work (queue, lane, key, kind, payload, dedupe, state, not_before, due_at, reason,
    traceparent, finished_at)
select queue, lane, key, kind,
    case when erased then '{{}}' else payload::jsonb end,
    dedupe,
    case when erased then 'skipped' else 'ready' end,
    not_before,
    case when first then greatest(clock_timestamp(), not_before) else 'infinity' end,
    case when erased then '{ERASED}' end,
    traceparent,
    case when erased then clock_timestamp() end
from placed order by nr
on conflict (queue, dedupe) do nothing
"""  # noqa: S608  # constants alone

_TAKE: Final = f"""
with chosen as materialized (
    select w.id from work w
    where w.queue = $1 and w.state = 'ready' and w.due_at <= (select clock_timestamp())
        and w.id = (
            select e.id from work e
            where e.queue = w.queue and e.lane = w.lane and e.state in {_UNFINISHED}
            order by e.id limit 1
        )
        and not exists (
            select 1 from work c
            where c.queue = w.queue and c.lane = w.lane and c.state in ('running', 'unknown')
        )
    order by w.due_at limit $2
    for update of w skip locked
)
update work w set state = 'running', attempts = attempts + 1,
    leased_until = clock_timestamp() + $3::interval
from chosen where w.id = chosen.id
returning {_JOB}
"""  # noqa: S608  # constants alone

_PROMOTE: Final = f"""
update work w set due_at = greatest(clock_timestamp(), w.not_before)
from unnest($1::text[], $2::text[]) as l (queue, lane)
where w.id = (
    select e.id from work e
    where e.queue = l.queue and e.lane = l.lane and e.state in {_UNFINISHED}
    order by e.id limit 1
) and w.state = 'ready' and w.due_at = 'infinity'
"""  # noqa: S608  # constants alone

_HEAL: Final = f"""
update work w set due_at = greatest(clock_timestamp(), w.not_before)
where w.queue = $1 and w.state = 'ready' and w.due_at = 'infinity' and w.id = (
    select e.id from work e
    where e.queue = w.queue and e.lane = w.lane and e.state in {_UNFINISHED}
    order by e.id limit 1
)
"""  # noqa: S608  # constants alone

_FENCE: Final = """
select state from work w where w.id = $1 and w.attempts = $2
    and (w.state = 'running' or (w.state = 'unknown' and $3))
for update
"""
_FINISH: Final = """
update work set state = $2, result = $3::jsonb, reason = $4, leased_until = null,
    unknown_since = null, finished_at = case when $2 = 'held' then null else clock_timestamp() end
where id = $1
"""
_RETRY: Final = """
update work set state = 'ready', due_at = clock_timestamp() + $2::interval, reason = $3,
    leased_until = null
where id = $1
"""
_UNKNOWN: Final = """
update work set state = 'unknown', unknown_since = clock_timestamp(), lookups = 0,
    due_at = clock_timestamp(), reason = $2, leased_until = null
where id = $1
"""
_SHELVE: Final = """
update work set state = 'unknown', unknown_since = coalesce(unknown_since, clock_timestamp()),
    due_at = 'infinity', reason = $3, leased_until = null
where id = $1 and attempts = $2 and state in ('running', 'unknown')
"""
_EXPIRED: Final = f"""
select {_JOB} from work w
where w.queue = $1 and w.state = 'running' and w.leased_until < (select clock_timestamp())
order by w.leased_until limit $2
"""  # noqa: S608  # constants alone

_CLAIM_LOOK_UP: Final = f"""
with chosen as materialized (
    select w.id from work w
    where w.queue = $1 and w.state = 'unknown' and w.due_at <= (select clock_timestamp())
    order by w.due_at limit $2
    for update skip locked
)
update work w set due_at = clock_timestamp() + $3::interval
from chosen where w.id = chosen.id
returning {_JOB}
"""  # noqa: S608  # constants alone

_ABSENT: Final = """
update work set lookups = lookups + 1,
    state = case when proven then 'ready' else state end,
    due_at = case when proven then clock_timestamp() else due_at end,
    repeated = repeated or proven,
    unknown_since = case when proven then null else unknown_since end,
    reason = case when proven then 'found absent' else reason end
from (
    select w.id as found, $4 or (
        w.lookups >= 1 and clock_timestamp() >= w.unknown_since + $5::interval
    ) as proven
    from work w where w.id = $1 for update
) p
where id = p.found and attempts = $2 and lookups = $3 and state = 'unknown'
returning state
"""
_RELEASE: Final = """
update work set state = 'ready', reason = null, due_at = 'infinity'
where queue = $1 and lane = $2 and state = 'held'
"""
_ERASE: Final = """
with before as (
    select id, state from work where key = $1 for update
), gone as (
    update work w set payload = '{}',
        state = case when b.state in ('ready', 'held', 'unknown') then 'skipped' else w.state end,
        reason = case b.state when 'ready' then $2 when 'held' then $2 when 'unknown' then $3
            else w.reason end,
        unknown_since = case when b.state = 'unknown' then null else w.unknown_since end,
        finished_at = case when b.state in ('ready', 'held', 'unknown') then clock_timestamp()
            else w.finished_at end
    from before b where b.id = w.id
)
select count(*) filter (where state = 'running') as in_flight,
    count(*) filter (where state = 'unknown') as unknown,
    count(*) filter (where state in ('done', 'refused', 'skipped')) as finished
from before
"""
_DEPTH: Final = """
select state, count(*) as n,
    coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as age_s
from work where queue = $1 and state in ('ready', 'running', 'unknown') group by state
union all
select 'held', count(*), 0 from work where queue = $1 and state = 'held'
"""


async def insert(conn: Connection, rows: Sequence[Work]) -> None:
    """Queue rows in the order given; those whose (queue, dedupe) is there have no effect.

    A row of an erased key is stored as skipped, without its payload.
    """
    await conn.execute(
        _INSERT,
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
    rows = await conn.fetch(_TAKE, queue, limit, timedelta(seconds=lease_s))
    return [job_of(row) for row in sorted(rows, key=lambda row: int(row["id"]))]


async def fence(conn: Connection, job: Job, *, or_unknown: bool) -> bool:
    """Lock the job's row if this attempt may still settle it.

    Args:
        conn: inside a transaction.
        job: as taken.
        or_unknown: also where its lease expired meanwhile and nobody has decided since.
    """
    return await conn.fetchval(_FENCE, job.id, job.attempts, or_unknown) is not None


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
    await conn.execute(_FINISH, job.id, state, stored, reason)
    await promote(conn, [(job.queue, job.lane)])


async def retry(conn: Connection, job: Job, pause_s: float, reason: str) -> None:
    """A fenced row is tried again after a pause."""
    await conn.execute(_RETRY, job.id, timedelta(seconds=pause_s), reason)


async def doubt(conn: Connection, job: Job, reason: str) -> None:
    """The answer of a fenced row is unknown from now on."""
    await conn.execute(_UNKNOWN, job.id, reason)


async def shelve(conn: Connection, job: Job, reason: str) -> None:
    """What is known of a row could not be recorded: it stays unknown until somebody looks."""
    await conn.execute(_SHELVE, job.id, job.attempts, reason)


async def expired(conn: Connection, queue: str, limit: int) -> list[Job]:
    """Rows whose lease ended without an answer, the longest expired first."""
    return [job_of(row) for row in await conn.fetch(_EXPIRED, queue, limit)]


async def claim_look_ups(
    conn: Connection, queue: str, limit: int, every_s: float
) -> list[tuple[Job, int]]:
    """Unknown rows whose look-up is due, each with its absences so far; the next is set."""
    rows = await conn.fetch(_CLAIM_LOOK_UP, queue, limit, timedelta(seconds=every_s))
    return [(job_of(row), row["lookups"]) for row in rows]


async def absent(
    conn: Connection, job: Job, absences: int, grace_s: float, *, at_once: bool = False
) -> bool:
    """Count an absence; the second or a later one, after the grace, makes the row ready again.

    Args:
        conn: of the settling transaction.
        job: as claimed.
        absences: as claimed; another look-up's answer in between makes this one void.
        grace_s: since the row became unknown.
        at_once: without proof: the peer can never be asked.

    Returns:
        Whether the row runs again, marked as repeated.
    """
    state = await conn.fetchval(
        _ABSENT, job.id, job.attempts, absences, at_once, timedelta(seconds=grace_s)
    )
    return bool(state == "ready")


async def promote(conn: Connection, lanes: Sequence[Lane]) -> None:
    """The first row of each lane may run, if it waited for its turn."""
    await conn.execute(_PROMOTE, [queue for queue, _ in lanes], [lane for _, lane in lanes])


async def heal(conn: Connection, queue: str) -> int:
    """Give missed turns; returns how many there were."""
    return int((await conn.execute(_HEAL, queue)).rpartition(" ")[2])


async def release(conn: Connection, queue: str, lane: str) -> None:
    """Held rows of a lane are ready again, in their old places."""
    await conn.execute(_RELEASE, queue, lane)
    await promote(conn, [(queue, lane)])


async def erase(conn: Connection, key: str) -> tuple[int, int, int]:
    """Blank every payload of a key and end what waits.

    Returns:
        How many rows are in flight (they settle later), were unknown, had ended before.
    """
    [row] = await conn.fetch(_ERASE, key, ERASED, ERASED_IN_DOUBT)
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
    rows = await conn.fetch(_DEPTH, queue)
    return {row["state"]: row["n"] for row in rows}, max((row["age_s"] for row in rows), default=0)


def job_of(row: Any) -> Job:
    """The job of a row read with `_JOB`."""
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
