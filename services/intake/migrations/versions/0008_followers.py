"""Followers: who is told of a report that somebody else sent."""

from alembic import op

revision = "0008"
down_revision = "0007"

_STATEMENTS = (
    # The contact stands in `vault`, under a key of its own, by this row's id. `contact` is a keyed
    # digest of the address, so that following twice is one follow; `proof` is a digest of the
    # follower's secret. An ended row stays, empty: it knows its request for ever.
    """
    create table follower (
        id uuid primary key,
        complaint uuid not null,
        request bytea not null constraint follower_request unique,
        fingerprint bytea,
        contact bytea,
        proof bytea not null constraint follower_proof unique,
        followed_at timestamptz not null,
        ended_at timestamptz,
        ending text check (ending in ('stopped', 'over', 'erased')),
        check ((ended_at is null) = (ending is null)),
        check (ended_at is null or (contact is null and fingerprint is null))
    )
    """,
    "create index follower_complaint on follower (complaint)",
    # one follow a contact, and a twin in another process waits
    """
    create unique index follower_contact on follower (complaint, contact)
    where contact is not null
    """,
    # Open reports of the same thing nearby: cells of 1/500 degree, some 220 m, of the published
    # point. A GiST index of points costs each report ten times as much.
    """
    create index report_cell on report (
        (floor(spot[0] * 500)::bigint * 1000000 + floor(spot[1] * 500)::bigint)
    )
    where not confidential and kind = 'complaint' and erased_at is null and spot is not null
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop index report_cell")
    op.execute("drop table follower")
