create table work (
    id bigint generated always as identity primary key,
    queue text not null,
    lane text not null,
    key text not null,
    kind text not null,
    payload jsonb not null,
    dedupe text not null,
    state text not null check (
        state in ('ready', 'running', 'unknown', 'held', 'done', 'refused', 'skipped')
    ),
    attempts integer not null default 0,
    not_before timestamptz,
    due_at timestamptz not null,
    leased_until timestamptz,
    unknown_since timestamptz,
    lookups integer not null default 0,
    repeated boolean not null default false,
    reason text,
    result jsonb,
    traceparent text,
    created_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    unique (queue, dedupe),
    check ((state = 'running') = (leased_until is not null)),
    check ((state = 'unknown') = (unknown_since is not null))
) with (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);
create index work_lane on work (queue, lane, id) where state in ('ready', 'running', 'unknown');
create index work_due on work (queue, due_at) where state = 'ready';
create unique index work_one_call_a_lane on work (queue, lane)
where state in ('running', 'unknown');
create index work_unknown on work (queue, due_at) where state = 'unknown';
create index work_leased on work (queue, leased_until) where state = 'running';
create index work_held on work (queue, lane, id) where state = 'held';
create index work_key on work (key)
