create table stream (
    key text primary key,
    version bigint not null default 0,
    erased_at timestamptz
) with (fillfactor = 80)
