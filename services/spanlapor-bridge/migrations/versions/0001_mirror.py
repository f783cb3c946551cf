"""Delivery's tables, and one row a complaint: the ledger."""

from alembic import op

from mrk_delivery.schema import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_LEDGER = """
create table ledger (
    complaint_id text primary key,
    body jsonb not null,
    status text not null generated always as (body ->> 'status') stored,
    national_id text generated always as (body ->> 'national_id') stored,
    constraint ledger_blank check (
        not coalesce((body ->> 'erased')::boolean, false)
        or (body ->> 'report' is null and body ->> 'case' is null)
    )
)
"""


def upgrade() -> None:
    for statement in statements("mirror_event"):
        op.execute(statement)
    op.execute(_LEDGER)
    op.execute("create index ledger_unsettled on ledger (status) where status <> 'filed'")


def downgrade() -> None:
    raise RuntimeError("restore a backup: a downgrade would lose what was mirrored")
