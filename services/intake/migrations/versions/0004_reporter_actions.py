"""What reporters did after reporting: their words encrypted, and each request once."""

from alembic import op

revision = "0004"
down_revision = "0003"

# The words are sealed under the data key that stands in `vault`: one erasure destroys both. A row
# outlives it, empty, as the event that it stands for does.
_REPORTER_ACTION = """
create table reporter_action (
    complaint uuid not null,
    version bigint not null,
    request bytea not null constraint reporter_action_request unique,
    fingerprint bytea,
    action text not null,
    state text not null,
    at timestamptz not null,
    words bytea,
    primary key (complaint, version)
)
"""


def upgrade() -> None:
    op.execute(_REPORTER_ACTION)


def downgrade() -> None:
    op.execute("drop table reporter_action")
