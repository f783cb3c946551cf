"""Cases that are part of others, and what tells that two reports are of the same thing."""

from alembic import op

revision = "0007"
down_revision = "0006"

_BEFORE = "alter table case_file add column before_merge jsonb"
_BLANK = """
alter table case_file add constraint case_file_blank_before check (
    not erased or before_merge is null or before_merge -> 'case' ->> 'reporter' is null
)
"""
_BY_PARENT = """
create index case_file_part_of on case_file ((body ->> 'part_of')) where body ? 'part_of'
"""
_COMMENTS = ("comment on column case_file.before_merge is 'Where it stood before it was merged'",)


def upgrade() -> None:
    for statement in (_BEFORE, _BLANK, _BY_PARENT, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table case_file drop column before_merge")
    op.execute("drop index case_file_part_of")
