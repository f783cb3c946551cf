"""Systems of agencies that may call role `api`: names, and digests of their secrets."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mrk_schemas.ids import AgencyCode

NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")

_CREATE: Final = """
insert into agency_client (id, agency, digest, created_at) values ($1, $2, $3, $4)
on conflict (id) do nothing returning true
"""
_ROTATE: Final = """
update agency_client
set former_digest = digest, former_until = $4, digest = $2, rotated_at = $3
where id = $1 and revoked_at is null returning true
"""
_REVOKE: Final = """
update agency_client set revoked_at = $2, former_digest = null, former_until = null
where id = $1 and revoked_at is null returning true
"""
_FIND: Final = """
select agency, digest, case when former_until > $2 then former_digest end as former
from agency_client where id = $1 and revoked_at is null
"""
_AGENCY: Final = "select agency from agency_client where id = $1 and revoked_at is null"
_LIST: Final = """
select id, agency, created_at, rotated_at, former_until, revoked_at
from agency_client order by created_at, id
"""


@dataclass(frozen=True, slots=True)
class AgencyClient:
    """A client, without its secret. Times are UTC.

    Attributes:
        former_until: until when the secret before the last rotation is taken too.
    """

    id: str
    agency: AgencyCode
    created_at: datetime
    rotated_at: datetime | None
    former_until: datetime | None
    revoked_at: datetime | None


def digest_of(secret: str) -> bytes:
    """What is kept of a secret. It is 256 random bits: a plain digest can't be turned back."""
    return hashlib.sha256(b"mrk-routing client v1 " + secret.encode("utf-8", "replace")).digest()


async def create(conn: Any, client: str, agency: str, secret: str, now: datetime) -> bool:
    """Let a system in; False where the name was ever used."""
    return bool(await conn.fetchval(_CREATE, client, agency, digest_of(secret), now))


async def rotate(conn: Any, client: str, secret: str, now: datetime, until: datetime) -> bool:
    """Give it a new secret; the former one is taken until then. False: no such client."""
    return bool(await conn.fetchval(_ROTATE, client, digest_of(secret), now, until))


async def revoke(conn: Any, client: str, now: datetime) -> bool:
    """Let it in no more, its tokens included; False where none of this name is in force."""
    return bool(await conn.fetchval(_REVOKE, client, now))


async def proven(conn: Any, client: str, secret: str, now: datetime) -> AgencyCode | None:
    """For which agency a client acts that proves itself by its secret; None: it proves nothing."""
    row = await conn.fetchrow(_FIND, client, now)
    known = [d for d in (row["digest"], row["former"]) if d is not None] if row else [bytes(32)]
    given = digest_of(secret)
    right = sum(hmac.compare_digest(given, each) for each in known) > 0  # each is compared
    return AgencyCode(row["agency"]) if row and right else None


async def agency_of(conn: Any, client: str) -> AgencyCode | None:
    """For which agency a client acts now; None where there is none, or it was revoked."""
    found = await conn.fetchval(_AGENCY, client)
    return AgencyCode(found) if found is not None else None


async def listed(conn: Any) -> list[AgencyClient]:
    """All clients ever, oldest first."""
    return [AgencyClient(*row) for row in await conn.fetch(_LIST)]
