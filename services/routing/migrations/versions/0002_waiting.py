"""What a report's category asks for, and when role `clock` must look at a case."""

from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS = "alter table case_file add column details jsonb, add column due_at timestamptz"
_BLANK = """
alter table case_file add constraint case_file_no_details check (not erased or details is null)
"""
_BY_DUE = "create index case_file_due on case_file (due_at) where due_at is not null"
_COMMENTS = (
    "comment on column case_file.details is 'mrk_schemas.reports.Attribute; null once erased'",
    "comment on column case_file.due_at is 'When role clock acts on it next; null: never'",
)


def upgrade() -> None:
    for statement in (_COLUMNS, _BLANK, _BY_DUE, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table case_file drop column details, drop column due_at")
