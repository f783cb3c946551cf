"""Data keys, of reporters and of attachments, wrapped anew under the newest master key."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.sealing import Sealing
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
_OLDER_FILES: Final = """
select id, master_id, wrapped_key from attachment where id > $1 and master_id <> $2
order by id limit $3
"""
# a row at a time, without a lock between: a report locks the files that it takes in an order of
# its own
_REWRAP_FILE: Final = """
update attachment set master_id = $2, wrapped_key = $3 where id = $1 and wrapped_key = $4
"""
_COUNT: Final = """
select master_id, sum(reporters)::bigint as reporters, sum(attachments)::bigint as attachments
from (
    select master_id, count(*) as reporters, 0 as attachments from vault
    where wrapped_key is not null group by master_id
    union all
    select master_id, 0, count(*) from attachment group by master_id
) as each
group by master_id order by master_id
"""
_FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Counted:
    """Keys that a master key wraps.

    Attributes:
        reporters: rows of the vault that can be read.
        attachments: files, and uploads that may become a report's.
    """

    reporters: int
    attachments: int


async def rewrap(pool: asyncpg.Pool, vault: Vault) -> AsyncIterator[int]:
    """Bring every reporter's key under the newest master key; yields each batch's size.

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


async def rewrap_attachments(pool: asyncpg.Pool, sealing: Sealing) -> AsyncIterator[int]:
    """Bring every attachment's key under the newest master key; yields each batch's size.

    The objects stay as they are. Files are taken, shown and erased meanwhile.

    Raises:
        VaultError: as for `rewrap`; the rows before it are done.
    """
    last = _FIRST
    while True:
        async with pool.acquire() as conn:
            rows = await conn.fetch(_OLDER_FILES, last, sealing.master_id, BATCH)
            if not rows:
                break
            for attachment, master_id, wrapped in rows:
                key = sealing.rewrap(attachment, WrappedKey(master_id, wrapped))
                await conn.execute(_REWRAP_FILE, attachment, key.master_id, key.wrapped, wrapped)
        last = rows[-1][0]
        yield len(rows)


async def rid_of_old_keys(conn: Any) -> None:
    """Remove from the tables' pages what was wrapped under a former key."""
    await conn.execute("vacuum vault")
    await conn.execute("vacuum attachment")


async def counted(conn: Any) -> dict[bytes, Counted]:
    """How many keys there are, by the id of their master key."""
    return {
        row["master_id"]: Counted(row["reporters"], row["attachments"])
        for row in await conn.fetch(_COUNT)
    }
