"""Reports that began at SP4N-LAPOR! keep their number there."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("alter table report add column national_id text")
    op.execute(
        "create unique index report_national_id on report (national_id)"
        " where national_id is not null"
    )


def downgrade() -> None:
    op.execute("alter table report drop column national_id")
