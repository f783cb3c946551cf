"""Followers: who is told of a complaint beside its reporter. Pseudonyms, no contact."""

from alembic import op

revision = "0002"
down_revision = "0001"

# An ended row stays: a fact that comes late must not bring its follower back.
_FOLLOWER = """
create table follower (
    complaint text not null,
    follower uuid not null,
    locale text not null,
    ended boolean not null default false,
    primary key (complaint, follower)
)
"""


def upgrade() -> None:
    op.execute(_FOLLOWER)


def downgrade() -> None:
    op.execute("drop table follower")
