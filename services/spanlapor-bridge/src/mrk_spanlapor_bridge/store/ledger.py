"""The ledger's rows: one a complaint, read and written in bulk under the streams' locks."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from mrk_schemas.ids import ComplaintId
from mrk_spanlapor_bridge.domain.ledger import Entry

_ENTRY: Final = TypeAdapter(Entry)
_READ: Final = "select body::text as body from ledger where complaint_id = any($1::text[])"
_WRITE: Final = """
insert into ledger (complaint_id, body)
select key, body::jsonb from unnest($1::text[], $2::text[]) as n (key, body)
on conflict (complaint_id) do update set body = excluded.body
"""


async def entries(conn: Any, complaints: Iterable[str]) -> dict[str, Entry]:
    """What is known of these complaints."""
    rows = await conn.fetch(_READ, sorted(set(complaints)))
    found = (_ENTRY.validate_json(row["body"]) for row in rows)
    return {entry.complaint_id: entry for entry in found}


async def entry(conn: Any, complaint: str) -> Entry | None:
    """What is known of one complaint."""
    return (await entries(conn, [complaint])).get(ComplaintId(complaint))


async def write(conn: Any, changed: Mapping[str, Entry]) -> None:
    """Store lines; their streams must be locked."""
    keys = sorted(changed)
    if keys:
        bodies = [_ENTRY.dump_json(changed[key]).decode() for key in keys]
        await conn.execute(_WRITE, keys, bodies)
