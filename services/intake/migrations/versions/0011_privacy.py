"""Reports whose processing is restricted, and which lists of people operators made for what."""

from alembic import op

revision = "0011"
down_revision = "0010"

_STATEMENTS = (
    # in whole: a null is no rewrite of the table
    "alter table report add column restricted_at timestamptz",
    # Who listed whom, when and what for: an operator's terminal has no log.
    """
    create table operator_read (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        command text not null,
        purpose text not null,
        asked jsonb not null,
        reports integer not null
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table operator_read")
    op.execute("alter table report drop column restricted_at")
