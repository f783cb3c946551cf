"""When role `clock` acts on a case: all clocks, reminders and levels.

Rows stay as they are: role `clock` sets the clocks of those that have none, in batches.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_COLUMN = "alter table case_file add column clocks jsonb"
_INDICES = (
    "drop index case_file_due",
    "create index case_file_due on case_file (due_at) where due_at < 'infinity'",
    "create index case_file_unset on case_file (complaint_id) where due_at is null",
)
_COMMENTS = (
    "comment on column case_file.clocks is 'What was told of each clock, and how long it stood'",
    "comment on column case_file.due_at is 'When role clock acts; infinity: never; null: not set'",
)


def upgrade() -> None:
    for statement in (_COLUMN, *_INDICES, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("update case_file set due_at = null where due_at = 'infinity'")
    op.execute("drop index case_file_due, case_file_unset")
    op.execute("create index case_file_due on case_file (due_at) where due_at is not null")
    op.execute("alter table case_file drop column clocks")
