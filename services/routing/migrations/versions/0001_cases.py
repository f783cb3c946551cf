"""Delivery's tables, and one row a case."""

from alembic import op

from mrk_delivery.schema import statements

revision = "0001"
down_revision = None

_CASE_FILE = """
create table case_file (
    complaint_id text primary key,
    body jsonb not null,
    state text not null generated always as (body ->> 'state') stored,
    owner text generated always as (body ->> 'owner') stored,
    erased boolean not null
        generated always as (coalesce((body ->> 'erased')::boolean, false)) stored,
    words text,
    place jsonb,
    handed_to text[] not null,
    others_version bigint not null,
    others_by text not null,
    received_at timestamptz not null,
    verified_at timestamptz,
    first_response_at timestamptz,
    resolved_at timestamptz,
    constraint case_file_state check (
        state in ('triage', 'assigned', 'accepted', 'returned', 'in_progress', 'resolved')
    ),
    constraint case_file_owned check (
        (owner is null) = (state in ('triage', 'returned'))
    ),
    constraint case_file_blank check (
        not erased or (words is null and place is null and body ->> 'reporter' is null)
    )
)
"""
_BY_OWNER = "create index case_file_owner on case_file (owner, state)"
_COMMENTS = (
    "comment on table case_file is 'One case a complaint'",
    "comment on column case_file.body is 'mrk_schemas.cases.Case: the one truth of the state'",
    "comment on column case_file.words is 'The masked text; null once erased'",
    "comment on column case_file.handed_to is 'Agencies that were sent the text, in order'",
    "comment on column case_file.others_version is 'When others last changed owner or state'",
)


def upgrade() -> None:
    for statement in (*statements("case_event"), _CASE_FILE, _BY_OWNER, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("cases are never thrown away: restore a backup instead")
