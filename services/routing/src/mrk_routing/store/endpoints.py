"""Endpoints of webhooks: where the events of an agency's inbox are sent, and how that goes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mrk_delivery.tx import Tx
from mrk_schemas.ids import AgencyCode

QUEUE: Final = "webhook"

_ADD: Final = """
insert into webhook_endpoint (id, agency, url, secret, position, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (agency, url) where removed_at is null do nothing returning true
"""
_ROTATE: Final = """
update webhook_endpoint set former_secret = secret, former_until = $3, secret = $2
where id = $1 and removed_at is null returning true
"""
_REMOVE: Final = """
update webhook_endpoint
set removed_at = $2, secret = null, former_secret = null, former_until = null
where id = $1 and removed_at is null returning true
"""
_STOP: Final = """
update webhook_endpoint set stopped_at = $2, stopped_why = $3
where id = $1 and stopped_at is null and removed_at is null
"""
_RESUME: Final = """
update webhook_endpoint
set stopped_at = null, stopped_why = null, failing_since = null, failure = null
where id = $1 and removed_at is null returning true
"""
_FAILED: Final = """
update webhook_endpoint set failing_since = coalesce(failing_since, $2), failure = $3
where id = $1 and failure is distinct from $3
"""
_WELL: Final = """
update webhook_endpoint set failing_since = null, failure = null
where id = $1 and failing_since is not null
"""
_COLUMNS: Final = """
id, agency, url, secret, former_secret, former_until, position, created_at, failing_since,
failure, stopped_at, stopped_why
"""
_FIND: Final = f"select {_COLUMNS} from webhook_endpoint where id = $1 and removed_at is null"  # noqa: S608  # constants alone
_LISTED: Final = f"""
select {_COLUMNS} from webhook_endpoint
where removed_at is null and ($1::text is null or agency = $1) order by agency, created_at
"""  # noqa: S608  # constants alone
_BEHIND: Final = f"""
select {_COLUMNS} from webhook_endpoint
where removed_at is null and stopped_at is null and position < $1
order by position for update skip locked
"""  # noqa: S608  # constants alone
_REACHED: Final = "update webhook_endpoint set position = $2 where id = $1"
_HELD: Final = "select distinct lane from work where queue = $1 and key = $2 and state = 'held'"
_WORK: Final = """
select state, coalesce(reason, '') as reason, count(*) as count, min(created_at) as oldest
from work where queue = $1 and key = $2 and state <> 'done' group by 1, 2 order by 1, 2
"""
_COUNT: Final = """
select count(*) filter (where stopped_at is null and failing_since is null) as well,
    count(*) filter (where stopped_at is null and failing_since is not null) as failing,
    count(*) filter (where stopped_at is not null) as stopped
from webhook_endpoint where removed_at is null
"""


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """An endpoint. Times are UTC.

    Attributes:
        secret: sealed; `former_secret` too, which signs beside it until `former_until`.
        position: place in the feed up to which its messages were queued.
        failing_since: when it began to fail; None while all is well.
        failure: how the last call failed, a fixed text.
        stopped_why: why nothing is sent any more: ``gone``, or ``operator``.
    """

    id: UUID
    agency: AgencyCode
    url: str
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None
    position: int
    created_at: datetime
    failing_since: datetime | None
    failure: str | None
    stopped_at: datetime | None
    stopped_why: str | None


def key_of(endpoint: UUID) -> str:
    """Under which key its messages are queued: its own, so that an erasure ends none of them.

    A message about an erased report must still be sent: it tells the agency to delete what it
    holds, and has no words any more.
    """
    return f"webhook:{endpoint}"


async def add(  # noqa: PLR0913, PLR0917  # a row's values
    conn: Any, id_: UUID, agency: str, url: str, secret: bytes, position: int, now: datetime
) -> bool:
    """Register an endpoint; False where the agency has one at this address."""
    return bool(await conn.fetchval(_ADD, id_, agency, url, secret, position, now))


async def rotate(conn: Any, id_: UUID, secret: bytes, until: datetime) -> bool:
    """A new secret; the former one signs too until then. False: no such endpoint."""
    return bool(await conn.fetchval(_ROTATE, id_, secret, until))


async def remove(conn: Any, id_: UUID, now: datetime) -> bool:
    """Send nothing more to it, and forget its secret; False: no such endpoint."""
    return bool(await conn.fetchval(_REMOVE, id_, now))


async def stop(conn: Any, id_: UUID, why: str, now: datetime) -> None:
    """Send nothing to it until it is resumed; its messages wait."""
    await conn.execute(_STOP, id_, now, why)


async def resume(tx: Tx, id_: UUID) -> bool:
    """Send again, what waited first; False: no such endpoint."""
    await tx.lock([key_of(id_)])
    if not await tx.conn.fetchval(_RESUME, id_):
        return False
    for row in await tx.conn.fetch(_HELD, QUEUE, key_of(id_)):
        await tx.release(QUEUE, row["lane"])
    return True


async def failed(conn: Any, id_: UUID, failure: str, now: datetime) -> None:
    """Its last call failed."""
    await conn.execute(_FAILED, id_, now, failure)


async def well(conn: Any, id_: UUID) -> None:
    """Its last call was answered well."""
    await conn.execute(_WELL, id_)


async def find(conn: Any, id_: UUID) -> Endpoint | None:
    """An endpoint that was not removed."""
    row = await conn.fetchrow(_FIND, id_)
    return Endpoint(*row) if row is not None else None


async def listed(conn: Any, agency: str | None = None) -> list[Endpoint]:
    """All that were not removed."""
    return [Endpoint(*row) for row in await conn.fetch(_LISTED, agency)]


async def behind(conn: Any, upto: int) -> list[Endpoint]:
    """Lock those whose messages are not queued up to a place; others' are left out."""
    return [Endpoint(*row) for row in await conn.fetch(_BEHIND, upto)]


async def reached(conn: Any, id_: UUID, position: int) -> None:
    """Its messages are queued up to here."""
    await conn.execute(_REACHED, id_, position)


async def waiting(conn: Any, id_: UUID) -> list[dict[str, Any]]:
    """What was not delivered, by state and reason."""
    return [dict(row) for row in await conn.fetch(_WORK, QUEUE, key_of(id_))]


async def counted(conn: Any) -> dict[str, int]:
    """How many endpoints are well, failing and stopped."""
    return dict(await conn.fetchrow(_COUNT))
