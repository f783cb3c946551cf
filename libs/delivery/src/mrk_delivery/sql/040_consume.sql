create table handled (
    topic text not null,
    key text not null,
    sequence bigint not null,
    primary key (topic, key, sequence)
);
create table handled_id (
    topic text not null,
    id text not null,
    digest bytea not null,
    handled_at timestamptz not null default clock_timestamp(),
    primary key (topic, id)
);
create table consumed (
    group_id text not null,
    topic text not null,
    topic_id text not null,
    partition_no integer not null,
    next_offset bigint not null,
    primary key (group_id, topic, topic_id, partition_no)
) with (fillfactor = 50)
