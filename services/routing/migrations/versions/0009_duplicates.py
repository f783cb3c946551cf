"""Cases that are part of others, and what tells that two reports are of the same thing."""

from alembic import op

revision = "0009"
down_revision = "0008"

_BEFORE = "alter table case_file add column before_merge jsonb"
_REPEATS = "alter table case_file add column repeats int not null default 0"
_BLANK = """
alter table case_file add constraint case_file_blank_before check (
    not erased or before_merge is null or before_merge -> 'case' ->> 'reporter' is null
)
"""
_BY_PARENT = """
create index case_file_part_of on case_file ((body ->> 'part_of')) where body ? 'part_of'
"""
_TRAIT = """
create table case_trait (
    complaint_id text primary key,
    category_group text not null,
    category text not null,
    received_at timestamptz not null,
    subdistrict text,
    cell bigint,
    lat double precision,
    lon double precision,
    words text[] not null,
    address text[] not null,
    photos text[] not null
)
"""
_BY_CELL = """
create index case_trait_cell on case_trait (cell, category_group, received_at desc)
    where cell is not null
"""
_BY_PLACE = """
create index case_trait_subdistrict on case_trait (subdistrict, category_group, received_at desc)
    where subdistrict is not null
"""
_SUGGESTION = """
create table duplicate_suggestion (
    complaint_id text not null,
    other_id text not null,
    score real not null,
    reasons text[] not null,
    pending boolean not null,
    links boolean not null,
    suggested_at timestamptz not null,
    primary key (complaint_id, other_id)
)
"""
_BY_OTHER = "create index duplicate_suggestion_other on duplicate_suggestion (other_id)"
_PENDING = """
create index duplicate_suggestion_pending on duplicate_suggestion (suggested_at) where pending
"""
_COMMENTS = (
    "comment on column case_file.before_merge is 'Where it stood before it was merged'",
    "comment on table case_trait is 'By what reports are compared; deleted once erased'",
    "comment on table duplicate_suggestion is 'Two reports that may tell of the same thing'",
    "comment on column case_file.repeats is 'Other open cases of the same thing, as counted last'",
    "comment on column duplicate_suggestion.pending is 'Role clock has not looked at it yet'",
    "comment on column duplicate_suggestion.links is 'Alike enough to be linked by role clock'",
)


def upgrade() -> None:
    tables = (_BEFORE, _REPEATS, _BLANK, _BY_PARENT, _TRAIT, _SUGGESTION)
    for statement in (*tables, _BY_CELL, _BY_PLACE, _BY_OTHER, _PENDING, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table duplicate_suggestion")
    op.execute("drop table case_trait")
    op.execute("drop index case_file_part_of")
    op.execute("alter table case_file drop column before_merge")
    op.execute("alter table case_file drop column repeats")
