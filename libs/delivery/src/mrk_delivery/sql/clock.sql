create table delivery_clock (
    one boolean primary key default true check (one),
    moved_by interval not null default interval '0'
);
insert into delivery_clock default values
