"""What the public list, its map and its feeds are found by; no row of it holds a word."""

from alembic import op

revision = "0007"
down_revision = "0005"

OPEN = "phase in ('waiting', 'working')"

_STATEMENTS = (
    # Stems as numbers: an index keeps the keys of rows that are gone, and a resident's word must
    # not outlive its report. md5 spreads them and hides nothing; it is the same in every release.
    """
    create function words_of(said text) returns bigint[] immutable strict parallel safe
    language sql as $$
        select coalesce(array_agg(('x' || left(md5(lexeme), 16))::bit(64)::bigint), '{}')
        from unnest(to_tsvector('pg_catalog.indonesian', said))
    $$
    """,
    # A row for each public report, written behind the acceptance: by whoever adds to its timeline,
    # or by role worker where there is nothing to add yet. Numbers are compared by byte.
    """
    create table listing (
        complaint uuid primary key,
        number text collate "C" not null,
        kind text not null,
        category text,
        district text,
        subdistrict text,
        received_at timestamptz not null,
        phase text not null check (phase in ('waiting', 'working', 'solved', 'withdrawn')),
        due_at timestamptz
    ) with (fillfactor = 90)
    """,
    # Apart, since it is written once and `listing` again with each phase.
    "create table listing_words (complaint uuid primary key, words bigint[] not null)",
    "create index listing_newest on listing (received_at, number)",
    "create index listing_category on listing (category, received_at, number)",
    "create index listing_district on listing (district, received_at, number)",
    "create index listing_subdistrict on listing (subdistrict, received_at, number)",
    "create index listing_kind on listing (kind, received_at, number)",
    "create index listing_phase on listing (phase, received_at, number)",
    f"create index listing_open on listing (received_at, number) where {OPEN}",
    f"create index listing_due on listing (due_at, number) where {OPEN} and due_at is not null",
    "create index listing_said on listing_words using gin (words)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table listing_words")
    op.execute("drop table listing")
    op.execute("drop function words_of(text)")
