"""An upload's rows: begun, received piece by piece, examined; removed once nobody needs it."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_intake.domain.attachments import Clean, MediaType, Purpose, Refusal, State
from mrk_intake.store.masters import WrappedKey

MOST_PIECES: Final = 256
"""Pieces of one upload: a bad line makes many, a hostile one would make a million."""

_COLUMNS: Final = """
select a.id, a.purpose, a.hint, a.length, a.received, a.pieces, a.state, a.refusal, a.master_id,
    a.wrapped_key, a.media_type, a.size, a.width, a.height, a.sha256, a.offer, a.expires_at
from attachment a
"""
_BEGIN: Final = """
insert into attachment (id, token, purpose, hint, length, master_id, wrapped_key, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8::interval)
returning expires_at
"""
_BY_TOKEN: Final = (
    _COLUMNS
    + """
where a.token = $1 and a.expires_at > clock_timestamp()
"""
)
_BY_ID: Final = _COLUMNS + "where a.id = $1"
_APPEND: Final = """
with grown as (
    update attachment set received = received + $3, pieces = pieces + 1,
        state = case when received + $3 = length then 'examining' else state end
    where id = $1 and received = $2 and state = 'receiving' and received + $3 <= length
        and pieces < $5
    returning id, received, state
), noted as (
    insert into attachment_piece (attachment, start, object) select id, $2, $4 from grown
)
select received, state from grown
"""
_END: Final = """
update attachment set length = received, token = $3, state = 'examining'
where id = $1 and received = $2 and state = 'receiving' and received > 0
returning id
"""
_PIECES: Final = "select start, object from attachment_piece where attachment = $1 order by start"
_UNCLAIMED: Final = """
select coalesce(sum(length), 0)::bigint from attachment where expires_at is not null
"""
_KEEP: Final = """
with settled as (
    update attachment set state = 'ready', media_type = $2, size = $3, width = $4, height = $5,
        sha256 = $6, name = $7, object = $8, thumbnail = $9, offer = $10
    where id = $1 and state = 'examining' returning id
), emptied as (
    delete from attachment_piece p using settled s where p.attachment = s.id returning p.object
), wasted as (
    insert into attachment_waste (object) select object from emptied
)
select id from settled
"""
_REFUSE: Final = """
with settled as (
    update attachment set state = 'refused', refusal = $2
    where id = $1 and state = 'examining' returning id
), emptied as (
    delete from attachment_piece p using settled s where p.attachment = s.id returning p.object
), wasted as (
    insert into attachment_waste (object) select object from emptied
)
select id from settled
"""
_WASTE: Final = """
insert into attachment_waste (object) select unnest($1::text[]) on conflict do nothing
"""
# a report that is just taking a row has locked it, and then takes its expiry away
_EXPIRED: Final = """
select id from attachment where expires_at < clock_timestamp()
order by expires_at limit $1 for update skip locked
"""
_REMOVE: Final = """
with pieces as (
    delete from attachment_piece p using attachment a
    where a.id = any($1::uuid[]) and a.expires_at is not null and p.attachment = a.id
    returning p.object
), gone as (
    delete from attachment a where a.id = any($1::uuid[]) and a.expires_at is not null
    returning object, thumbnail
)
insert into attachment_waste (object)
select object from pieces
union select object from gone where object is not null
union select thumbnail from gone where thumbnail is not null
on conflict do nothing
"""
_ERASE: Final = """
with freed as (
    delete from report_attachment where complaint = $1 returning attachment
), pieces as (
    delete from attachment_piece p using freed f where p.attachment = f.attachment
    returning p.object
), gone as (
    delete from attachment a using freed f where a.id = f.attachment
    returning a.object, a.thumbnail
)
insert into attachment_waste (object)
select object from pieces
union select object from gone where object is not null
union select thumbnail from gone where thumbnail is not null
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload's row.

    Attributes:
        received: bytes that are durable.
        offer: sealed; None where the file told nothing.
        expires_at: None once it is a report's.
    """

    id: UUID
    purpose: Purpose
    hint: MediaType | None
    length: int
    received: int
    pieces: int
    state: State
    refusal: Refusal | None
    key: WrappedKey
    clean: Clean | None
    offer: bytes | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class New:
    """An upload to begin.

    Attributes:
        token: its only credential; None of a proof, which its service asks for by id.
    """

    id: UUID
    token: str | None
    purpose: Purpose
    hint: MediaType | None
    length: int
    key: WrappedKey
    lifetime: timedelta


def new_token() -> str:
    """An upload's credential: 256 random bits."""
    return secrets.token_urlsafe(32)


def public_name() -> str:
    """The name under which a file may be seen: 160 random bits, and nothing about the file."""
    return secrets.token_urlsafe(20)


def digest(token: str) -> bytes:
    """What is stored of a token: whoever reads the table can use none."""
    return hashlib.sha256(b"mrk-intake upload v1 " + token.encode("utf-8", "replace")).digest()


async def begin(conn: Any, new: New) -> datetime:
    """Begin an upload; when it expires (database time)."""
    found: datetime = await conn.fetchval(
        _BEGIN,
        new.id,
        None if new.token is None else digest(new.token),
        new.purpose.value,
        None if new.hint is None else new.hint.value,
        new.length,
        new.key.master_id,
        new.key.wrapped,
        new.lifetime,
    )
    return found


async def by_token(conn: Any, token: str) -> Upload | None:
    """The upload that a token proves; None once it is a report's, or expired."""
    return _upload(await conn.fetchrow(_BY_TOKEN, digest(token)))


async def by_id(conn: Any, attachment: UUID) -> Upload | None:
    """The upload of an id."""
    return _upload(await conn.fetchrow(_BY_ID, attachment))


async def append(conn: Any, upload: UUID, start: int, length: int, name: str) -> State | None:
    """Note a piece whose object is durable.

    Returns:
        The state after it: `EXAMINING` when it was the last. None when it does not continue what
        is there: another one came first, or there are too many.
    """
    row = await conn.fetchrow(_APPEND, upload, start, length, name, MOST_PIECES)
    return None if row is None else State(row["state"])


class TokenTakenError(Exception):
    """Another upload has this credential."""

    log_safe = True


async def end(conn: Any, upload: UUID, received: int, token: str) -> bool:
    """Inside a transaction: an upload of unknown length is complete, under another credential.

    Returns:
        False when it went on elsewhere.

    Raises:
        TokenTakenError: the transaction is to be undone.
    """
    try:
        return await conn.fetchrow(_END, upload, received, digest(token)) is not None
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "attachment_token":
            raise
        raise TokenTakenError from None


async def pieces(conn: Any, upload: UUID) -> list[tuple[int, str]]:
    """Where the pieces start and which objects they are, in order."""
    return [(row["start"], row["object"]) for row in await conn.fetch(_PIECES, upload)]


async def unclaimed_bytes(conn: Any) -> int:
    """Bytes of all uploads that belong to no report."""
    found: int = await conn.fetchval(_UNCLAIMED)
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What the examination made, durable in the store.

    Attributes:
        name: under which the public may see it.
        thumbnail: an object's name; None of a document.
        offer: sealed.
    """

    clean: Clean
    name: str
    object: str
    thumbnail: str | None
    offer: bytes | None


async def keep(conn: Any, upload: UUID, kept: Kept) -> bool:
    """An examined upload is ready; its pieces are waste.

    Returns:
        False when it is gone, or another one was faster: the new objects are not its.
    """
    clean = kept.clean
    row = await conn.fetchrow(
        _KEEP, upload, clean.media_type.value, clean.size, clean.width, clean.height,
        clean.sha256, kept.name, kept.object, kept.thumbnail, kept.offer,
    )  # fmt: skip
    return row is not None


async def refuse(conn: Any, upload: UUID, why: Refusal) -> bool:
    """An examined upload is refused; its pieces are waste."""
    return await conn.fetchrow(_REFUSE, upload, why.value) is not None


async def waste(conn: Any, names: Sequence[str]) -> None:
    """Objects that nobody needs; the sweep removes them."""
    await conn.execute(_WASTE, list(names))


async def remove_expired(conn: Any, limit: int) -> int:
    """Inside a transaction: give up uploads that no report took in time; how many there were."""
    ids = [row["id"] for row in await conn.fetch(_EXPIRED, limit)]
    if ids:
        await conn.execute(_REMOVE, ids)
    return len(ids)


async def remove(conn: Any, upload: UUID) -> None:
    """Its sender takes it back; one that is a report's stays."""
    await conn.execute(_REMOVE, [upload])


async def erase(conn: Any, complaint: UUID) -> None:
    """Everything of a report's: rows and keys at once, objects by the sweep."""
    await conn.execute(_ERASE, complaint)


def _upload(row: Any) -> Upload | None:
    if row is None:
        return None
    clean = None
    if row["state"] == State.READY:
        clean = Clean(
            MediaType(row["media_type"]),
            row["size"],
            row["sha256"],
            row["width"],
            row["height"],
            thumbnail=row["width"] is not None,
        )
    return Upload(
        row["id"],
        Purpose(row["purpose"]),
        None if row["hint"] is None else MediaType(row["hint"]),
        row["length"],
        row["received"],
        row["pieces"],
        State(row["state"]),
        None if row["refusal"] is None else Refusal(row["refusal"]),
        WrappedKey(row["master_id"], row["wrapped_key"]),
        clean,
        row["offer"],
        row["expires_at"],
    )
