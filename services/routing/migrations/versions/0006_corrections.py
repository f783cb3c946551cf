"""What dispatchers corrected: labelled examples."""

from alembic import op

revision = "0006"
down_revision = "0005"

_CORRECTION = """
create table correction (
    complaint_id text primary key references case_file,
    given_category text,
    right_category text not null,
    corrected_at timestamptz not null,
    model text
)
"""
_COMMENTS = (
    "comment on table correction is 'The category that a dispatcher gave, without any text'",
    "comment on column correction.model is 'Version of the model that had read the words'",
)


def upgrade() -> None:
    for statement in (_CORRECTION, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table correction")
