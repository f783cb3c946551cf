"""Followers: contact, row and event in one transaction; and the contact's end.

`Followers` is the one way in, for the API and for the page: plain values go in, an outcome value
comes out. A follower's secret is computed from their own data key (`Vault.follow_secret`): it is
gone with it, and role `internal` can put it into a message without the tracking key.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import Tx, unit
from mrk_intake.domain import tracking
from mrk_intake.domain.actions import Refusal
from mrk_intake.domain.erasure import nothing_left
from mrk_intake.domain.following import STOPPED, Follower, followed, refusal, unfollowed
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.private import Identity
from mrk_intake.domain.submission import ReporterIn
from mrk_intake.domain.timeline import state_of
from mrk_intake.store import reports
from mrk_intake.store.accept import WRITE_S
from mrk_intake.store.actions import Gone, NotFound, OtherRequest
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.private import by_reporter
from mrk_intake.store.reports import StoredReport
from mrk_intake.store.vault import Vault
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.registry import REPORTS
from mrk_telemetry.logs import get_logger

_BEFORE: Final = """
select f.id, f.fingerprint, f.followed_at, v.master_id, v.wrapped_key
from follower f left join vault v on v.reporter = f.id and v.erased_at is null
where f.request = $1
"""
_SAME: Final = "select exists (select from follower where complaint = $1 and contact = $2)"
_KEEP_CONTACT: Final = """
insert into vault (reporter, complaint, master_id, wrapped_key, identity)
values ($1, $2, $3, $4, $5)
"""
_KEEP: Final = """
insert into follower (id, complaint, request, fingerprint, contact, proof, followed_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_FOLLOWING: Final = """
select id, followed_at from follower where complaint = $1 and proof = $2 and ended_at is null
"""
_LIVE: Final = "select count(*) from follower where complaint = $1 and ended_at is null"
# who was told of the end stays in the count of whom it concerned; who stopped does not
_COUNTED: Final = """
select count(*) from follower where complaint = $1 and (ending is null or ending = 'over')
"""
_COUNTED_OF: Final = """
select complaint, count(*) from follower
where complaint = any($1::uuid[]) and (ending is null or ending = 'over') group by complaint
"""
_DESTROY: Final = """
with ended as (
    update follower set fingerprint = null, contact = null, ended_at = $3, ending = $4
    where complaint = $1 and ($2::uuid[] is null or id = any($2)) and ended_at is null
    returning id
)
update vault v set wrapped_key = null, identity = null, erased_at = $3
from ended where v.reporter = ended.id
"""


@dataclass(frozen=True, slots=True)
class Following:
    """The follow is durable.

    Attributes:
        secret: proves the follower.
        at: since when, UTC.
        replayed: an earlier request with the same key did it.
    """

    number: TrackingNumber
    secret: str
    at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class Already:
    """This contact follows the report already. Its secret is told to nobody who only knows it."""

    number: TrackingNumber


@dataclass(frozen=True, slots=True)
class Refused:
    """The report cannot be followed now. Nothing is stored."""

    refusal: Refusal


Outcome = Following | Already | Refused | OtherRequest | NotFound | Gone


@dataclass(frozen=True, slots=True)
class OwnFollow:
    """What is kept of a follower.

    Attributes:
        since: UTC.
    """

    id: UUID
    number: TrackingNumber
    since: datetime
    contact: Identity


class Followers:
    """Takes followers, shows them what is kept, and lets them stop.

    Args:
        pool: of intake's database.
        service: whose events these are.
        keys: name requests and contacts.
        vault: seals contacts.
        clock: the domain's.
        left_behind: told once a contact is destroyed; `OldRows.left_behind`.
        longest_s: seconds that one transaction may take.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what one transaction needs
        self,
        pool: asyncpg.Pool,
        service: Service,
        keys: Keys,
        vault: Vault,
        clock: Clock,
        left_behind: Callable[[], None] = nothing_left,
        *,
        longest_s: float = WRITE_S,
    ) -> None:
        self._pool = pool
        self._service = service
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self._left_behind = left_behind
        self._longest_s = longest_s

    async def follow(self, number: str, contact: ReporterIn, key: str) -> Outcome:
        """Follow a report, once.

        Args:
            number: the tracking number, as a person writes it.
            contact: reachable.
            key: one a request: the same key on the same report gets the same answer.

        Raises:
            asyncpg.PostgresError: as for `Actions.act`.
        """
        read = tracking.read(number)
        if read is None:
            return NotFound(misread=True)
        async with unit(self._pool, self._service, longest_s=self._longest_s) as tx:
            report = await reports.by_number(tx.conn, read)
            if report is None or not report.public:
                return NotFound()
            # from here on nobody else follows this report, ends it, restricts it, or erases it
            streams = await tx.lock([str(report.id)])
            report = await reports.by_id(tx.conn, report.id)
            if report is None or report.erased_at is not None or streams[str(report.id)].erased:
                return Gone()
            if not report.public:
                return NotFound()
            return await self._once(tx, report, Follower.of(uuid4(), contact), key)

    async def find(self, number: str, secret: str | None) -> OwnFollow | None:
        """What is kept of the follower whom this secret proves; None where it proves nobody.

        Raises:
            VaultError: the vault cannot be read with these master keys.
        """
        report, row = await self._proven(self._pool, number, secret)
        if report is None or row is None:
            return None
        kept = await by_reporter(self._pool, row["id"])
        if kept is None or kept.sealed is None:
            return None
        identity = self._vault.identity(kept.reporter, kept.sealed)
        if identity is None:
            return None
        get_logger().info("contact.read", caller="follower", purpose="follower.export",
                          complaint=str(report.id))  # fmt: skip
        return OwnFollow(row["id"], report.number, row["followed_at"], identity)

    async def stop(self, number: str, secret: str | None) -> bool:
        """Stop following and destroy the contact; whether the secret proved a follower."""
        async with unit(self._pool, self._service, longest_s=self._longest_s) as tx:
            report, row = await self._proven(tx.conn, number, secret)
            if report is None or row is None:
                return False
            await tx.lock([str(report.id)])
            _, row = await self._proven(tx.conn, number, secret)
            if row is None:  # ended meanwhile
                return False
            now = self._clock.now()
            await end(tx.conn, report.id, now, "stopped", [row["id"]])
            left = await tx.conn.fetchval(_LIVE, report.id)
            body = unfollowed(
                await reports.newest(tx.conn, self._service, report.id), row["id"], left
            )
            tx.emit(Event(REPORTS, str(report.id), body, now))
            _tell_after(tx, report, "follower.stopped")
            tx.after_commit(self._left_behind)
        return True

    async def _once(self, tx: Tx, report: StoredReport, follower: Follower, key: str) -> Outcome:
        request = self._keys.request(f"follow {report.id}", key)
        fingerprint = self._keys.fingerprint(follower.identity.to_json())
        before = await tx.conn.fetchrow(_BEFORE, request)
        if before is not None:
            return self._again(report, before, fingerprint)
        why = refusal(report.kind, state_of(await reports.steps(tx.conn, report.id)))
        if why is not None:
            return Refused(why)
        contact = self._keys.contact(report.id, follower.address)
        if await tx.conn.fetchval(_SAME, report.id, contact):
            return Already(report.number)
        now = self._clock.now()
        key_, identity = self._vault.seal_contact(follower.id, follower.identity)
        secret = self._vault.follow_secret(follower.id, key_)
        kept = (follower.id, report.id, key_.master_id, key_.wrapped, identity)
        await tx.conn.execute(_KEEP_CONTACT, *kept)
        row = (follower.id, report.id, request, fingerprint, contact, _proof(secret), now)
        await tx.conn.execute(_KEEP, *row)
        followers = await tx.conn.fetchval(_LIVE, report.id)
        told = await reports.newest(tx.conn, self._service, report.id)
        tx.emit(Event(REPORTS, str(report.id), followed(told, follower, followers), now))
        _tell_after(tx, report, "follower.added")
        return Following(report.number, secret, now, replayed=False)

    def _again(self, report: StoredReport, before: Any, fingerprint: bytes) -> Outcome:
        if before["wrapped_key"] is None:
            return Refused(STOPPED)
        if before["fingerprint"] != fingerprint:
            return OtherRequest()
        key = WrappedKey(before["master_id"], before["wrapped_key"])
        secret = self._vault.follow_secret(before["id"], key)
        return Following(report.number, secret, before["followed_at"], replayed=True)

    async def _proven(
        self, conn: Any, number: str, secret: str | None
    ) -> tuple[StoredReport | None, Any]:
        read = tracking.read(number)
        if read is None or not secret:
            return None, None
        report = await reports.by_number(conn, read)
        if report is None:
            return None, None
        return report, await conn.fetchrow(_FOLLOWING, report.id, _proof(secret))


async def count(conn: Any, complaint: UUID) -> int:
    """How many residents follow a report, or did until it ended."""
    found: int = await conn.fetchval(_COUNTED, complaint)
    return found


async def counts(conn: Any, complaints: Sequence[UUID]) -> dict[UUID, int]:
    """The same of many reports; those that nobody follows are not in it."""
    return dict(await conn.fetch(_COUNTED_OF, complaints))


async def end(
    conn: Any, complaint: UUID, now: datetime, ending: str, who: list[UUID] | None = None
) -> None:
    """Destroy followers' contacts. The report's stream is locked.

    Args:
        now: when, UTC.
        ending: `stopped`, `over` (the report ended and they were told), or `erased` (with it).
        who: these alone; None for all of the report.
    """
    await conn.execute(_DESTROY, complaint, who, now, ending)


def _proof(secret: str) -> bytes:
    # 128 random bits need no key and no salt
    return hashlib.sha256(b"mrk-intake follow proof v1 " + secret.encode(errors="replace")).digest()


def _tell_after(tx: Tx, report: StoredReport, event: str) -> None:
    complaint = str(report.id)
    tx.after_commit(lambda: get_logger().info(event, complaint=complaint))
