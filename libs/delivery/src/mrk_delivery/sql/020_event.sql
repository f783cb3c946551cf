create table {event_table} (
    key text not null,
    version bigint not null check (version > 0),
    topic text not null,
    seq bigint generated always as identity,
    id uuid not null,
    type text not null,
    time timestamptz not null,
    traceparent text,
    correlation_id text,
    body bytea not null,
    primary key (key, version, topic)
)
