"""Keys of outside callers who may send reports: names, and digests of what they hold."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")

_ADD: Final = """
insert into api_key (digest, name, created_at) values ($1, $2, $3)
on conflict (name) where revoked_at is null do nothing returning true
"""
_REVOKE: Final = """
update api_key set revoked_at = $2 where name = $1 and revoked_at is null returning true
"""
_NAME_OF: Final = "select name from api_key where digest = $1 and revoked_at is null"
_LIST: Final = "select name, created_at, revoked_at from api_key order by created_at, name"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, without itself. Times are UTC."""

    name: str
    created_at: datetime
    revoked_at: datetime | None


def digest_of(key: str) -> bytes:
    """What is kept of a key. It is 256 random bits: a plain digest can't be turned back."""
    return hashlib.sha256(b"mrk-intake api key v1 " + key.encode("utf-8", "replace")).digest()


async def add(conn: Any, name: str, key: str, now: datetime) -> bool:
    """Let the holder of `key` in; False where the name has a key already."""
    return bool(await conn.fetchval(_ADD, digest_of(key), name, now))


async def revoke(conn: Any, name: str, now: datetime) -> bool:
    """Let the holder in no more; False where no key of this name is in force."""
    return bool(await conn.fetchval(_REVOKE, name, now))


async def name_of(conn: Any, key: str) -> str | None:
    """Whose key this is; None where it is nobody's, or revoked."""
    name: str | None = await conn.fetchval(_NAME_OF, digest_of(key))
    return name


async def listed(conn: Any) -> list[ApiKey]:
    """All keys ever, oldest first."""
    return [ApiKey(*row) for row in await conn.fetch(_LIST)]
