"""People of the city who log in: their sessions, what they took and what they read."""

from alembic import op

revision = "0009"
down_revision = "0008"

_TABLES = (
    # The id stands for the person everywhere else; who it is stands here alone.
    """
    create table staff_person (
        id uuid primary key default gen_random_uuid(),
        issuer text not null,
        subject text not null,
        first_seen timestamptz not null,
        last_seen timestamptz not null,
        constraint staff_person_known unique (issuer, subject)
    )
    """,
    # A login on its way to the provider and back. The row is taken once.
    """
    create table staff_login (
        state bytea primary key,
        browser bytea not null,
        nonce text not null,
        verifier text not null,
        back text not null,
        ends_at timestamptz not null
    )
    """,
    # The id is a keyed digest of what the cookie holds, and `sealed` opens with the cookie alone:
    # who reads this table can neither be that person nor see their name.
    """
    create table staff_session (
        id bytea primary key,
        person uuid not null references staff_person,
        roles text[] not null,
        channels text[] not null,
        sealed bytea not null,
        began_at timestamptz not null,
        seen_at timestamptz not null,
        ends_at timestamptz not null
    )
    """,
    "create index staff_session_end on staff_session (ends_at)",
    # Who took a report for somebody else. Written before the report is stored, under the digest
    # of its request: a report never lacks its operator.
    """
    create table taken_on_behalf (
        request bytea primary key,
        operator uuid not null references staff_person,
        channel text not null,
        at timestamptz not null,
        reference bytea
    )
    """,
    # Each reading of what the vault holds, before it is shown.
    """
    create table staff_read (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        reader uuid not null references staff_person,
        complaint uuid not null,
        what text not null,
        purpose text not null check (length(purpose) > 0)
    )
    """,
    "create index staff_read_complaint on staff_read (complaint, at)",
    # Inspektorat's own words on a report, sealed under the reporter's data key.
    """
    create table inspection_note (
        id uuid primary key,
        complaint uuid not null,
        author uuid not null references staff_person,
        at timestamptz not null,
        words bytea
    )
    """,
    "create index inspection_note_complaint on inspection_note (complaint, at)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    tables = (
        "inspection_note", "staff_read", "taken_on_behalf", "staff_session", "staff_login",
        "staff_person",
    )  # fmt: skip
    for table in tables:
        op.execute(f"drop table {table}")
