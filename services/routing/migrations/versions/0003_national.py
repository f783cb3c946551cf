"""What was done at SP4N-LAPOR! with a complaint that has no case here yet."""

from alembic import op

revision = "0003"
down_revision = "0002"

_TABLE = """
create table early_mirror (
    complaint_id text not null,
    sequence bigint not null,
    type text not null,
    body jsonb not null,
    primary key (complaint_id, sequence)
)
"""
_COMMENTS = (
    "comment on table early_mirror is 'Facts of complaint.mirrors.v1 that wait for their report'",
)


def upgrade() -> None:
    for statement in (_TABLE, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table early_mirror")
