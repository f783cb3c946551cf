create table dead_letter (
    id bigint generated always as identity primary key,
    group_id text not null,
    topic text not null,
    topic_id text not null,
    partition_no integer not null,
    offset_no bigint not null,
    key text,
    type text,
    state text not null check (state in ('bad', 'queued', 'kept', 'redriven', 'dropped')),
    reason text not null,
    headers jsonb not null,
    record_key bytea,
    body bytea,
    logged_at timestamptz not null,
    stored_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    unique (group_id, topic, topic_id, partition_no, offset_no)
);
create index dead_letter_open on dead_letter (topic, key, id) where state in ('bad', 'queued');
create index dead_letter_key on dead_letter (key);
create table parked (
    topic text not null,
    key text not null,
    since timestamptz not null default clock_timestamp(),
    primary key (topic, key)
)
