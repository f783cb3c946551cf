"""Who took a report for somebody else, and on which channel."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.staff import Channel
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.vault import Vault

# A request whose report is stored keeps what was noted with it; one that never came to that may
# be sent again with another channel.
_NOTE: Final = """
insert into taken_on_behalf as t (request, operator, channel, at) values ($1, $2, $3, $4)
on conflict (request) do update set channel = excluded.channel, at = excluded.at
where not exists (select 1 from idempotency i where i.request = t.request)
"""
_KEY: Final = """
select v.reporter, v.master_id, v.wrapped_key from vault v join report r on r.reporter = v.reporter
where r.id = $1 and v.erased_at is null
"""
_REFER: Final = """
update taken_on_behalf set reference = $2 where request = $1 and reference is null
"""
_OF_REPORT: Final = """
select b.channel, b.reference, b.request from taken_on_behalf b join report r using (request)
where r.id = $1
"""


async def note(conn: Any, request: bytes, operator: UUID, channel: Channel, now: datetime) -> None:
    """Note who takes a report, before it is stored.

    Args:
        request: names the request (`Keys.request`), as the report's row will.
    """
    await conn.execute(_NOTE, request, operator, channel.value, now)


async def refer(conn: Any, vault: Vault, request: bytes, complaint: UUID, reference: str) -> None:
    """Keep where it was said, sealed under the reporter's key; nothing once erased.

    Raises:
        VaultError: the vault cannot be read with this master key.
    """
    row = await conn.fetchrow(_KEY, complaint)
    if row is not None:
        key = WrappedKey(row["master_id"], row["wrapped_key"])
        box = vault.add(row["reporter"], key, b"reference" + request, reference)
        await conn.execute(_REFER, request, box)


async def of_report(conn: Any, complaint: UUID) -> tuple[str, bytes | None, bytes] | None:
    """Channel, sealed reference and its place, where a report was taken for somebody else."""
    row = await conn.fetchrow(_OF_REPORT, complaint)
    return None if row is None else (row["channel"], row["reference"], row["request"])
