"""The vault's data keys, wrapped anew under the newest master key."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_intake.store.vault import Vault

BATCH: Final = 500

_OLDER: Final = """
select reporter, master_id, wrapped_key from vault
where reporter > $1 and master_id <> $2 and wrapped_key is not null
order by reporter limit $3 for update
"""
_REWRAP: Final = """
update vault v set master_id = $1, wrapped_key = g.wrapped_key
from unnest($2::uuid[], $3::bytea[]) as g (reporter, wrapped_key)
where v.reporter = g.reporter
"""
_COUNT: Final = """
select master_id, count(*) as rows from vault where wrapped_key is not null
group by master_id order by master_id
"""
_FIRST: Final = UUID(int=0)


async def rewrap(pool: asyncpg.Pool, vault: Vault) -> AsyncIterator[int]:
    """Bring every row under the newest master key, batch by batch; yields each batch's size.

    Each batch is a transaction of its own: what was ended in the middle goes on when it is run
    again. Erased rows have no key and stay. Reports are accepted and read meanwhile, by roles
    that know both keys.

    Raises:
        VaultError: a row is sealed under a key that is not known, or was changed; the batches
            before it are done.
    """
    last = _FIRST
    while True:
        async with pool.acquire() as conn, conn.transaction():
            rows = await conn.fetch(_OLDER, last, vault.master_id, BATCH)
            if not rows:
                break
            wrapped = [vault.rewrap(*row) for row in rows]
            await conn.execute(_REWRAP, vault.master_id, [row[0] for row in rows], wrapped)
        last = rows[-1][0]
        yield len(rows)


async def rid_of_old_keys(conn: Any) -> None:
    """Remove from the table's pages what was wrapped under a former key."""
    await conn.execute("vacuum vault")


async def counted(conn: Any) -> dict[bytes, int]:
    """How many readable rows there are, by the id of their master key."""
    return {row["master_id"]: row["rows"] for row in await conn.fetch(_COUNT)}
