"""Against abuse: how often one phone number is named in a day, and texts that wait for a look."""

from alembic import op

revision = "0010"
down_revision = "0009"

_STATEMENTS = (
    # A keyed digest of number and day: the same number has another one tomorrow, so that these
    # tell nothing of who reports what over time. The sweep forgets it after two days.
    "alter table report add column phone bytea",
    "create index report_phone on report (phone) where phone is not null",
    # waiting: nobody looked yet; hidden: somebody did, and the public must not read it.
    """
    alter table report add column held text
    constraint report_held_state check (held in ('waiting', 'hidden'))
    """,
    "create index report_held on report (received_at, id) where held = 'waiting'",
    # Who decided what, and why: kept as long as the report's row.
    """
    create table held_decision (
        complaint uuid not null,
        at timestamptz not null,
        decision text not null check (decision in ('release', 'hide')),
        who text not null,
        why text not null,
        primary key (complaint, at)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table held_decision")
    op.execute("alter table report drop column held")
    op.execute("alter table report drop column phone")
