"""The one alembic environment of all services; see `mrk_delivery.migrate`."""
