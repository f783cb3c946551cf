"""What a reporter does after reporting: proof, guard, state, words and event in one transaction.

`Actions.act` is the one way in, for the API and for the page: plain values go in, an outcome
value comes out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import Tx, unit
from mrk_intake.domain import tracking
from mrk_intake.domain.actions import Action, Refusal, refusal, take
from mrk_intake.domain.keys import Keys
from mrk_intake.domain.said import Said
from mrk_intake.domain.timeline import Placed, asked, open_question, state_of
from mrk_intake.store import held, reports, timeline
from mrk_intake.store.accept import WRITE_S
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.reports import StoredReport
from mrk_intake.store.vault import Vault
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.registry import REPORTS
from mrk_telemetry.logs import get_logger

_BEFORE: Final = """
select fingerprint, action, state, at from reporter_action where request = $1
"""
_COUNT: Final = "select count(*) from reporter_action where complaint = $1"
_DATA_KEY: Final = "select master_id, wrapped_key from vault where reporter = $1"
_SAID: Final = """
select action, at, request, words from reporter_action
where complaint = $1 and words is not null order by version
"""
_KEEP: Final = """
insert into reporter_action
    (complaint, version, request, fingerprint, action, state, at, words)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@dataclass(frozen=True, slots=True)
class Done:
    """The action is durable.

    Attributes:
        state: the timeline's, after it.
        at: when, UTC.
        replayed: an earlier request with the same key did it.
    """

    number: TrackingNumber
    action: Action
    state: str
    at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The report's state does not allow it. Nothing is stored: it may be tried again."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key belongs to another action, or to other words, on this report."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """No such report; or a hidden one without its secret, so that nobody learns of it.

    Attributes:
        misread: the number cannot be one: a character is wrong.
    """

    misread: bool = False


@dataclass(frozen=True, slots=True)
class NotProven:
    """Everybody may read this report; only its reporter may act on it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The report was erased."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a reporter said with an action, sealed.

    Attributes:
        at: when, UTC.
        place: names the row, as `Vault.added` wants it.
    """

    action: Action
    at: datetime
    place: bytes
    box: bytes


Outcome = Done | Refused | OtherRequest | NotFound | NotProven | Gone


class Actions:
    """Takes what reporters do.

    Args:
        pool: of intake's database.
        service: whose events these are.
        keys: prove the reporter, and name requests.
        vault: seals what is said.
        clock: the domain's.
        longest_s: seconds that one transaction may take.
        holds: whether words wait for a look before the public reads them.
    """

    def __init__(  # noqa: PLR0913  # what one transaction needs
        self,
        pool: asyncpg.Pool,
        service: Service,
        keys: Keys,
        vault: Vault,
        clock: Clock,
        *,
        longest_s: float = WRITE_S,
        holds: Callable[[str], bool] = lambda _words: False,
    ) -> None:
        self._pool = pool
        self._service = service
        self._holds = holds
        self._keys = keys
        self._vault = vault
        self._clock = clock
        self._longest_s = longest_s

    async def act(
        self, number: str, secret: str | None, action: Action, said: Said, key: str
    ) -> Outcome:
        """Do it, once.

        Args:
            number: the tracking number, as a person writes it.
            secret: what proves the reporter; None where none was given.
            action: what is wanted.
            said: with what words, and which rating; `said.of_json` and `said.of_form` check them.
            key: one a request: the same key on the same report gets the same answer.

        Raises:
            VaultError: the vault cannot be read with this master key.
            asyncpg.PostgresError: nothing was done; unless the connection was lost at the commit:
                then it may have been, and the same key tells.
        """
        read = tracking.read(number)
        if read is None:
            return NotFound(misread=True)
        async with unit(self._pool, self._service, longest_s=self._longest_s) as tx:
            report = await reports.by_number(tx.conn, read)
            if report is None:
                return NotFound()
            barred = barred_from(report, self._keys, secret)
            if barred is not None:
                return barred
            # from here on nobody else acts on this report, erases it, or adds to its timeline
            streams = await tx.lock([str(report.id)])
            if streams[str(report.id)].erased or report.reporter is None:
                return Gone()
            return await self._once(tx, report, report.reporter, action, said, key)

    async def _once(  # noqa: PLR0913, PLR0917  # act's own arguments, and what it found
        self,
        tx: Tx,
        report: StoredReport,
        reporter: UUID,
        action: Action,
        said: Said,
        key: str,
    ) -> Outcome:
        request = self._keys.request(f"act on {report.id}", key)
        fingerprint = self._keys.fingerprint(_canonical(action, said))
        before = await tx.conn.fetchrow(_BEFORE, request)
        if before is not None:
            if before["fingerprint"] != fingerprint:
                return OtherRequest()
            return Done(report.number, action, before["state"], before["at"], replayed=True)
        placed = await reports.steps(tx.conn, report.id)
        done = await count(tx.conn, report.id)
        why = refusal(report.kind, state_of(placed), action, done, asked=asked(placed) is not None)
        if why is not None:
            return Refused(why)
        now = self._clock.now()
        question = open_question(placed)
        number = question.step.detail.get("question") if question is not None else None
        newest = await reports.newest(tx.conn, self._service, report.id)
        taken = take(newest, action, said, now, number)
        version = tx.emit(Event(REPORTS, str(report.id), taken.event, now))
        own = Placed(REPORTS, version, taken.step)
        await timeline.add(tx.conn, [(str(report.id), own)])
        state = state_of([*placed, own])
        words = None
        if said.words is not None:
            master_id, wrapped = await _one(tx.conn, _DATA_KEY, reporter)
            data_key = WrappedKey(master_id, wrapped)
            words = self._vault.add(reporter, data_key, request, said.words)
        row = (report.id, version, request, fingerprint, action.value, state, now, words)
        await tx.conn.execute(_KEEP, *row)
        if said.words is not None and self._holds(said.words):
            await held.hold(tx.conn, report.id)
        _tell_after(tx, report, action)
        return Done(report.number, action, state, now, replayed=False)


def barred_from(
    report: StoredReport, keys: Keys, secret: str | None
) -> NotFound | NotProven | Gone | None:
    """Why whoever has this secret may not act on a report; None: they may.

    As reading it is: a hidden report is not there for those without its secret.
    """
    proven = tracking.proves(keys.secrets, report.id, secret)
    if not proven and not report.public:
        return NotFound()
    if report.erased_at is not None:
        return Gone()
    return None if proven else NotProven()


async def count(conn: Any, complaint: UUID) -> int:
    """How often the reporter has acted on a report."""
    found: int = await conn.fetchval(_COUNT, complaint)
    return found


async def words_of(conn: Any, complaint: UUID) -> list[Words]:
    """What the reporter said after reporting, in its order; nothing once erased."""
    rows = await conn.fetch(_SAID, complaint)
    return [Words(Action(action), at, place, box) for action, at, place, box in rows]


async def _one(conn: Any, sql: str, *values: object) -> Any:
    """A row that is there as long as the report is."""
    return await conn.fetchrow(sql, *values)


def _canonical(action: Action, said: Said) -> bytes:
    """The same bytes for requests that mean the same; no part can be taken for another."""
    return repr((action.value, said.rating, said.words)).encode()


def _tell_after(tx: Tx, report: StoredReport, action: Action) -> None:
    said = {"complaint": str(report.id), "action": action.value}
    tx.after_commit(lambda: get_logger().info("reporter.acted", **said))
