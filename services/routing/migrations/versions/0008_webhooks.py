"""Agencies without Kafka: who may call, where webhooks go, and their inboxes in order."""

from alembic import op

revision = "0008"
down_revision = "0007"

_CLIENT = """
create table agency_client (
    id text primary key,
    agency text not null,
    digest bytea not null,
    former_digest bytea,
    former_until timestamptz,
    created_at timestamptz not null,
    rotated_at timestamptz,
    revoked_at timestamptz,
    constraint agency_client_former check ((former_digest is null) = (former_until is null))
)
"""
_ENDPOINT = """
create table webhook_endpoint (
    id uuid primary key,
    agency text not null,
    url text not null,
    secret bytea,
    former_secret bytea,
    former_until timestamptz,
    position bigint not null,
    created_at timestamptz not null,
    failing_since timestamptz,
    failure text,
    stopped_at timestamptz,
    stopped_why text,
    removed_at timestamptz,
    constraint webhook_endpoint_secret check ((secret is null) = (removed_at is not null)),
    constraint webhook_endpoint_former check ((former_secret is null) = (former_until is null)),
    constraint webhook_endpoint_stopped check ((stopped_at is null) = (stopped_why is null))
)
"""
_ONE_ADDRESS = """
create unique index webhook_endpoint_url on webhook_endpoint (agency, url) where removed_at is null
"""
_INBOXES = """
create index case_event_inbox on case_event (topic, seq) where topic like 'agency.%'
"""
_BY_OWNER = "create index case_file_of_owner on case_file (owner, complaint_id)"
_COMMENTS = (
    "comment on table agency_client is 'Systems of agencies that may call role api'",
    "comment on column agency_client.digest is 'SHA-256 of the secret: 256 random bits'",
    "comment on table webhook_endpoint is 'Where the events of an agency''s inbox are sent'",
    "comment on column webhook_endpoint.secret is 'Sealed; null once removed'",
    "comment on column webhook_endpoint.position is 'case_event.seq up to which it was queued'",
)


def upgrade() -> None:
    for statement in (_CLIENT, _ENDPOINT, _ONE_ADDRESS, _INBOXES, _BY_OWNER, *_COMMENTS):
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop index case_file_of_owner")
    op.execute("drop index case_event_inbox")
    op.execute("drop table webhook_endpoint")
    op.execute("drop table agency_client")
