"""Reports, the vault, idempotency keys, timelines, erasures; and the library's own tables."""

from alembic import op

from mrk_delivery.schema import statements

revision = "0001"
down_revision = None

_TABLES = (
    # No person's words stand here: those are in the vault (encrypted) and, masked, in the event.
    """
    create table report (
        id uuid primary key,
        tracking_number text not null constraint report_tracking_number unique,
        request bytea not null,
        kind text not null,
        category text,
        anonymous boolean not null,
        confidential boolean not null,
        reporter uuid,
        locale text not null,
        emergency boolean not null,
        subdistrict text,
        district text,
        occurred_at timestamptz,
        received_at timestamptz not null,
        erased_at timestamptz
    ) with (fillfactor = 90)
    """,
    # One data key a reporter, wrapped by the master key that master_id names. An erased row
    # stays, empty: whoever asks for the reference is told that it is gone.
    """
    create table vault (
        reporter uuid primary key,
        complaint uuid not null,
        master_id bytea not null,
        wrapped_key bytea,
        identity bytea,
        original bytea,
        erased_at timestamptz,
        check (erased_at is null or (wrapped_key is null and identity is null and original is null))
    )
    """,
    # A key lives as long as its report: phones go offline for days.
    """
    create table idempotency (
        request bytea primary key,
        fingerprint bytea,
        complaint uuid not null,
        answer bytea not null,
        created_at timestamptz not null default clock_timestamp()
    )
    """,
    # Facts may come before their report does: there is no foreign key.
    """
    create table timeline (
        complaint uuid not null,
        topic text not null,
        sequence bigint not null,
        type text not null,
        at timestamptz not null,
        state text,
        detail jsonb not null,
        primary key (complaint, topic, sequence)
    )
    """,
    """
    create table erasure_acknowledged (
        complaint uuid not null,
        service text not null,
        at timestamptz not null,
        received_by text[] not null,
        primary key (complaint, service)
    )
    """,
)


def upgrade() -> None:
    for statement in (*statements("report_event"), *_TABLES):
        op.execute(statement)


def downgrade() -> None:
    for table in ("erasure_acknowledged", "timeline", "idempotency", "vault", "report"):
        op.execute(f"drop table {table}")
