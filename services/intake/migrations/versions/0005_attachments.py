"""Attachments: uploads, their pieces, whose they are, and objects that nobody needs any more."""

from alembic import op

revision = "0005"
down_revision = "0004"

_TABLES = (
    # An upload, later a file that is kept. The bytes lie in the object store, encrypted under a
    # key of this row's: with the row, or with its key, they are gone. `offer` is encrypted too.
    """
    create table attachment (
        id uuid primary key,
        token bytea constraint attachment_token unique,
        purpose text not null check (purpose in ('report', 'proof')),
        hint text,
        length integer not null check (length > 0),
        received integer not null default 0 check (received between 0 and length),
        pieces integer not null default 0,
        state text not null default 'receiving'
            check (state in ('receiving', 'examining', 'ready', 'refused')),
        refusal text,
        master_id bytea not null,
        wrapped_key bytea not null,
        source bytea,
        media_type text,
        size integer,
        width integer,
        height integer,
        sha256 bytea,
        name text constraint attachment_name unique,
        object text constraint attachment_object unique,
        thumbnail text constraint attachment_thumbnail unique,
        offer bytea,
        created_at timestamptz not null default clock_timestamp(),
        expires_at timestamptz,
        check (state <> 'ready' or (object is not null and sha256 is not null
            and name is not null and media_type is not null and size is not null)),
        check ((state = 'refused') = (refusal is not null))
    )
    """,
    """
    create index attachment_expiry on attachment (expires_at) include (length)
    where expires_at is not null
    """,
    # A piece is an object of its own: several processes may take pieces of one upload.
    """
    create table attachment_piece (
        attachment uuid not null references attachment on delete cascade,
        start integer not null,
        object text not null constraint attachment_piece_object unique,
        primary key (attachment, start)
    )
    """,
    # A row here makes an upload a report's for ever: no other report can have it.
    """
    create table report_attachment (
        attachment uuid not null constraint report_attachment_known references attachment,
        complaint uuid not null,
        place smallint not null,
        constraint report_attachment_taken primary key (attachment)
    )
    """,
    "create index report_attachment_complaint on report_attachment (complaint, place)",
    # Whose the store is: a sweep removes what no row names, and must never do so in the store of
    # another installation.
    """
    create table attachment_store (owner uuid primary key default gen_random_uuid())
    """,
    "insert into attachment_store default values",
    """
    create table attachment_waste (
        object text primary key,
        since timestamptz not null default clock_timestamp()
    )
    """,
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    tables = (
        "attachment_waste", "attachment_store", "report_attachment", "attachment_piece",
        "attachment",
    )  # fmt: skip
    for table in tables:
        op.execute(f"drop table {table}")
