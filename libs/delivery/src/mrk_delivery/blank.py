"""Blanking stored copies of an erased key."""

from typing import Any

import asyncpg
from pydantic import ValidationError

from mrk_delivery.service import Service

_FREE = """
delete from parked p where key = $1 and not exists (
    select 1 from dead_letter d
    where d.topic = p.topic and d.key = p.key and d.state in ('bad', 'queued')
)
"""


def blanked(service: Service, type_: str | None, body: bytes | None) -> bytes | None:
    """The body without any person's words, or None where it cannot be understood."""
    model = service.models.get(type_ or "")
    if model is None or body is None:
        return None
    try:
        cleaned: bytes = model.model_validate_json(body).blanked().to_json()
    except ValidationError:
        return None
    return cleaned


async def blank_events(conn: Any, service: Service, key: str) -> None:
    """Blank the event rows of a key; a body that cannot be understood becomes ``{}``."""
    rows = await conn.fetch(
        f"select version, topic, type, body from {service.event_table} where key = $1",  # noqa: S608  # a name checked by schema.statements
        key,
    )
    await conn.executemany(
        f"update {service.event_table} set body = $4 where key = $1 and version = $2 and topic = $3",  # noqa: S608, E501  # as above
        [
            (key, r["version"], r["topic"], blanked(service, r["type"], r["body"]) or b"{}")
            for r in rows
        ],
    )


async def blank_dead_letters(conn: asyncpg.Connection | Any, service: Service, key: str) -> None:
    """Blank the dead letters of a key: what cannot be understood is dropped, without content.

    A key that has no open letter left then is free.
    """
    rows = await conn.fetch(
        "select id, state, type, body from dead_letter where key = $1 for update", key
    )
    for row in rows:
        body = blanked(service, row["type"], row["body"])
        waits = row["state"] == "queued" and body is not None
        await conn.execute(
            """
            update dead_letter set body = $2, headers = case when $3 then headers else '[]' end,
                state = case when state in ('bad', 'queued', 'kept') and not $3
                    then 'dropped' else state end,
                settled_at = case when $3 then settled_at else clock_timestamp() end
            where id = $1
            """,
            row["id"],
            body if waits else None,
            waits,
        )
    await conn.execute(_FREE, key)
