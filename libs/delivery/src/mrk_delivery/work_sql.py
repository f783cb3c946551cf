"""The work table's statements, named. Their meaning stands at their callers in `work_store`."""

from typing import Final

_JOB: Final = """
w.id, w.queue, w.lane, w.key, w.kind, w.payload::text as payload, w.attempts, w.created_at,
w.traceparent, w.repeated, w.lookups
"""
_UNFINISHED: Final = "('ready', 'running', 'unknown')"

INSERT: Final = f"""
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
    case when erased then 'erased' end,
    traceparent,
    case when erased then clock_timestamp() end
from placed order by nr
on conflict (queue, dedupe) do nothing
"""  # noqa: S608  # constants alone

TAKE: Final = f"""
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

PROMOTE: Final = f"""
update work w set due_at = greatest(clock_timestamp(), w.not_before)
from unnest($1::text[], $2::text[]) as l (queue, lane)
where w.id = (
    select e.id from work e
    where e.queue = l.queue and e.lane = l.lane and e.state in {_UNFINISHED}
    order by e.id limit 1
) and w.state = 'ready' and w.due_at = 'infinity'
"""  # noqa: S608  # constants alone

HEAL: Final = f"""
update work w set due_at = greatest(clock_timestamp(), w.not_before)
where w.queue = $1 and w.state = 'ready' and w.due_at = 'infinity' and w.id = (
    select e.id from work e
    where e.queue = w.queue and e.lane = w.lane and e.state in {_UNFINISHED}
    order by e.id limit 1
)
"""  # noqa: S608  # constants alone

FENCE: Final = """
select state from work w where w.id = $1 and w.attempts = $2
    and (w.state = 'running' or (w.state = 'unknown' and $3))
for update
"""
FINISH: Final = """
update work set state = $2, result = $3::jsonb, reason = $4, leased_until = null,
    unknown_since = null, finished_at = case when $2 = 'held' then null else clock_timestamp() end
where id = $1
"""
RETRY: Final = """
update work set state = 'ready', due_at = clock_timestamp() + $2::interval, reason = $3,
    leased_until = null
where id = $1
"""
UNKNOWN: Final = """
update work set state = 'unknown', unknown_since = clock_timestamp(), lookups = 0,
    due_at = clock_timestamp(), reason = $2, leased_until = null
where id = $1
"""
SHELVE: Final = """
update work set state = 'unknown', unknown_since = coalesce(unknown_since, clock_timestamp()),
    due_at = 'infinity', reason = $3, leased_until = null
where id = $1 and attempts = $2 and state in ('running', 'unknown')
"""
EXPIRED: Final = f"""
select {_JOB} from work w
where w.queue = $1 and w.state = 'running' and w.leased_until < (select clock_timestamp())
order by w.leased_until limit $2
"""  # noqa: S608  # constants alone

CLAIM_LOOK_UP: Final = f"""
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

ABSENT: Final = """
update work set lookups = lookups + 1,
    state = case when proven then 'ready' else state end,
    due_at = case when proven then clock_timestamp() + $6::interval else due_at end,
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
RELEASE: Final = """
update work set state = 'ready', reason = null, due_at = 'infinity'
where queue = $1 and lane = $2 and state = 'held'
"""
ERASE: Final = """
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
DEPTH: Final = """
select state, count(*) as n,
    coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as age_s
from work where queue = $1 and state in ('ready', 'running', 'unknown') group by state
union all
select 'held', count(*), 0 from work where queue = $1 and state = 'held'
"""
