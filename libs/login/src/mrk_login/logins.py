"""Logins on their way, and sessions: rows that end, and that tell nobody's name.

The database holds keyed digests of what browsers hold. `now` is the wall clock's: the domain's may
be moved where people try the system out, and a session is not the domain's.
"""

import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mrk_login.agreed import Lasting
from mrk_login.claims import Granted

LOGIN_MINUTES: Final = 10
"""How long somebody may take at the provider."""

_SEEN_EVERY: Final = timedelta(minutes=1)
_NONCE_BYTES: Final = 12
_BEGIN_LOGIN: Final = """
insert into staff_login (state, browser, nonce, verifier, back, ends_at)
values ($1, $2, $3, $4, $5, $6)
"""
_TAKE_LOGIN: Final = """
delete from staff_login where state = $1 returning browser, nonce, verifier, back, ends_at
"""
_TIDY_LOGINS: Final = "delete from staff_login where ends_at <= $1"
_TIDY_SESSIONS: Final = "delete from staff_session where ends_at <= $1 or seen_at <= $2"
_PERSON: Final = """
insert into staff_person (issuer, subject, first_seen, last_seen) values ($1, $2, $3, $3)
on conflict on constraint staff_person_known do update set last_seen = excluded.last_seen
returning id
"""
_BEGIN: Final = """
insert into staff_session
    (id, person, roles, {scope}, sealed, began_at, seen_at, ends_at)
values ($1, $2, $3, $4, $5, $6, $6, $7)
"""
_FIND: Final = """
select person, roles, {scope} as scopes, sealed, seen_at from staff_session
where id = $1 and ends_at > $2 and seen_at > $3
"""
_SEEN: Final = "update staff_session set seen_at = greatest(seen_at, $2) where id = $1"
_END: Final = "delete from staff_session where id = $1 returning sealed"

PersonT = TypeVar("PersonT")


@dataclass(frozen=True, slots=True)
class Pending:
    """A login on its way.

    Attributes:
        back: the page to come back to.
    """

    nonce: str
    verifier: str
    back: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that begins.

    Attributes:
        state: comes back with the browser.
        browser: what this browser alone holds.
    """

    state: str
    browser: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Kind(Generic[PersonT]):
    """Whose logins these are.

    Attributes:
        service: stands in every digest, so that no two services' sessions are alike.
        scope: the column of `staff_session` that holds scopes; fixed words of the service's code.
        person: what the service makes of a session: its person's id, what it was granted, a name.
    """

    service: str
    scope: str
    person: Callable[[UUID, Granted, str | None], PersonT]


class Logins(Generic[PersonT]):
    """Keeps logins and sessions, in the tables `staff_login`, `staff_person`, `staff_session`.

    Args:
        pool: of the service's database.
        key: 32 bytes; with another one nobody is logged in any more.
        lasting: how long a session lasts.
        kind: the service's.
    """

    def __init__(
        self, pool: asyncpg.Pool, key: bytes, lasting: Lasting, kind: Kind[PersonT]
    ) -> None:
        self._pool = pool
        self._key = key
        self._lasting = lasting
        self._kind = kind
        self._begin_sql = _BEGIN.format(scope=kind.scope)
        self._find_sql = _FIND.format(scope=kind.scope)

    async def begin_login(self, back: str, now: datetime) -> Begun:
        """Draw what proves a login, and keep it until the browser comes back."""
        begun = Begun(*(secrets.token_urlsafe(32) for _ in range(4)))
        async with self._pool.acquire() as conn:
            await conn.execute(_TIDY_LOGINS, now)
            await conn.execute(_TIDY_SESSIONS, now, now - self._lasting.idle)
            await conn.execute(
                _BEGIN_LOGIN, self._digest("state", begun.state),
                self._digest("browser", begun.browser), begun.nonce, begun.verifier, back,
                now + timedelta(minutes=LOGIN_MINUTES),
            )  # fmt: skip
        return begun

    async def take_login(self, state: str, browser: str, now: datetime) -> Pending | None:
        """The login of this state, once; None for another browser's, an old and a repeated one."""
        row = await self._pool.fetchrow(_TAKE_LOGIN, self._digest("state", state))
        if row is None or row["ends_at"] <= now:
            return None
        if not hmac.compare_digest(row["browser"], self._digest("browser", browser)):
            return None
        return Pending(row["nonce"], row["verifier"], row["back"])

    async def begin(  # noqa: PLR0913, PLR0917  # who, as the provider tells it
        self, issuer: str, subject: str, granted: Granted, name: str | None, id_token: str,
        now: datetime,
    ) -> str:  # fmt: skip
        """Begin a session; what its cookie holds."""
        token = secrets.token_urlsafe(32)
        told = json.dumps({"name": name, "id_token": id_token}).encode()
        nonce = os.urandom(_NONCE_BYTES)
        id_ = self._digest("session", token)
        sealed = nonce + AESGCM(self._digest("seal", token)).encrypt(nonce, told, id_)
        async with self._pool.acquire() as conn, conn.transaction():
            person = await conn.fetchval(_PERSON, issuer, subject, now)
            roles, scopes = list(granted.roles), list(granted.scopes)
            ends = now + self._lasting.most
            await conn.execute(self._begin_sql, id_, person, roles, scopes, sealed, now, ends)
        return token

    async def find(self, token: str, now: datetime) -> PersonT | None:
        """Whose session this is; None once it has ended."""
        id_ = self._digest("session", token)
        row = await self._pool.fetchrow(self._find_sql, id_, now, now - self._lasting.idle)
        if row is None:
            return None
        told = self._opened(token, id_, row["sealed"])
        if told is None:
            return None
        if now - row["seen_at"] >= _SEEN_EVERY:
            await self._pool.execute(_SEEN, id_, now)
        granted = Granted(tuple(row["roles"]), tuple(row["scopes"]))
        return self._kind.person(row["person"], granted, told["name"])

    async def end(self, token: str) -> str | None:
        """End a session; the ID token that it began with, where there was one."""
        id_ = self._digest("session", token)
        sealed = await self._pool.fetchval(_END, id_)
        told = None if sealed is None else self._opened(token, id_, sealed)
        return None if told is None else str(told["id_token"])

    def _opened(self, token: str, id_: bytes, sealed: bytes) -> dict[str, Any] | None:
        nonce, box = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            plain = AESGCM(self._digest("seal", token)).decrypt(nonce, box, id_)
        except InvalidTag:
            return None  # another row's: nobody is logged in by it
        told: dict[str, Any] = json.loads(plain)
        return told

    def _digest(self, use: str, value: str) -> bytes:
        return hmac.digest(self._key, f"{self._kind.service} {use} {value}".encode(), "sha256")


async def person_of(conn: Any, person: UUID) -> tuple[str, str] | None:
    """Issuer and subject of a person, for whoever must find out who it was."""
    row = await conn.fetchrow("select issuer, subject from staff_person where id = $1", person)
    return None if row is None else (row["issuer"], row["subject"])
