"""Delivery's tables; notify keeps no state of its own: its work rows are its messages."""

from alembic import op

from mrk_delivery.schema import statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in statements("delivery_event"):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("restore a backup: a downgrade would lose what was sent")
