"""Public reading: where a report is, and the indexes of its lists; keys of outside callers."""

from alembic import op

revision = "0003"
down_revision = "0002"

SPOTS = """
update report r set spot = point(
    (convert_from(e.body, 'UTF8')::jsonb #>> '{report,place,lon}')::double precision,
    (convert_from(e.body, 'UTF8')::jsonb #>> '{report,place,lat}')::double precision)
from report_event e
where e.key = r.id::text and e.version = 1 and r.erased_at is null
    and convert_from(e.body, 'UTF8')::jsonb #> '{report,place,lat}' is not null
"""

_STATEMENTS = (
    # The published point (x is the longitude) alone: a hidden report has none.
    "alter table report add column spot point",
    SPOTS,
    # What the public may see, newest first.
    """
    create index report_public on report (received_at desc, id desc)
    where not confidential and kind <> 'whistleblowing' and erased_at is null
    """,
    # Where each case stands, and what happened lately.
    """
    create index timeline_state on timeline (complaint, sequence desc) include (state)
    where state is not null and topic = 'complaint.cases.v1'
    """,
    "create index timeline_changed on timeline (at, complaint, sequence) where state is not null",
    # A key is shown once, to the operator who adds it; only its digest is kept.
    """
    create table api_key (
        digest bytea primary key,
        name text not null,
        created_at timestamptz not null,
        revoked_at timestamptz
    )
    """,
    "create unique index api_key_name on api_key (name) where revoked_at is null",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table api_key")
    for index in ("timeline_changed", "timeline_state", "report_public"):
        op.execute(f"drop index {index}")
    op.execute("alter table report drop column spot")
