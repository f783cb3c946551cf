"""The desk: who logs in, what they looked at and changed, their notes and their lists."""

from alembic import op

revision = "0007"
down_revision = "0006"

_TABLES = (
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
    # The id is a keyed digest of what the cookie holds, and `sealed` opens with the cookie alone.
    """
    create table staff_session (
        id bytea primary key,
        person uuid not null references staff_person,
        roles text[] not null,
        agencies text[] not null,
        sealed bytea not null,
        began_at timestamptz not null,
        seen_at timestamptz not null,
        ends_at timestamptz not null
    )
    """,
    "create index staff_session_end on staff_session (ends_at)",
    # Each view and each change, before it is shown or with it. No words: codes and ids alone.
    """
    create table desk_audit (
        id bigint generated always as identity primary key,
        at timestamptz not null,
        person uuid not null references staff_person,
        what text not null,
        complaint_id text,
        detail text
    )
    """,
    "create index desk_audit_complaint on desk_audit (complaint_id, id)",
    # What colleagues write for each other; it never leaves this database.
    """
    create table desk_note (
        id bigint generated always as identity primary key,
        complaint_id text not null,
        person uuid not null references staff_person,
        agency text,
        at timestamptz not null,
        words text not null
    )
    """,
    "create index desk_note_complaint on desk_note (complaint_id, id)",
    """
    create table desk_view (
        person uuid not null references staff_person,
        name text not null check (length(name) between 1 and 60),
        query text not null check (length(query) <= 500),
        primary key (person, name)
    )
    """,
    "create index case_file_number on case_file ((body ->> 'tracking_number'))",
    # Which due date runs: the first of those whose clock is not met; none while it waits.
    """
    create function desk_due(
        body jsonb, verified_at timestamptz, first_response_at timestamptz, resolved_at timestamptz
    ) returns timestamptz language sql stable as $$
        select min((d ->> 'due_at')::timestamptz)
        from jsonb_array_elements(body -> 'deadlines') as d
        where not body ? 'ending' and not body ? 'handed_on_at' and not body ? 'part_of'
            and case d ->> 'clock'
                when 'verification' then verified_at is null
                when 'first_response' then first_response_at is null
                when 'resolution' then resolved_at is null and not body ? 'waiting'
                else false
            end
    $$
    """,
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop function desk_due(jsonb, timestamptz, timestamptz, timestamptz)")
    op.execute("drop index case_file_number")
    for table in ("desk_view", "desk_note", "desk_audit", "staff_session", "staff_login",
                  "staff_person"):  # fmt: skip
        op.execute(f"drop table {table}")
