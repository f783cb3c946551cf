"""How a case's first owner came about: the rule, the category's certainty, the words."""

from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMN = "alter table case_file add column decision jsonb"
_BLANK = """
alter table case_file add constraint case_file_no_decision
    check (not erased or decision is null)
"""
_COMMENT = """
comment on column case_file.decision is
    'mrk_routing.domain.decision.Decision; null once erased, and of cases before there was one'
"""


def upgrade() -> None:
    for statement in (_COLUMN, _BLANK, _COMMENT):
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table case_file drop column decision")
