"""Processing restricted, and lifted again: row and event in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import unit
from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_intake.store import listing, reports
from mrk_intake.store.accept import WRITE_S
from mrk_intake.store.actions import Gone, NotFound, NotProven, barred_from
from mrk_schemas.ids import TrackingNumber
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import Report, ReportRestricted, ReportRestrictionLifted
from mrk_telemetry.logs import get_logger

_SET: Final = "update report set restricted_at = $2 where id = $1"
REPORTER: Final = "reporter"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is now.

    Attributes:
        since: when processing was restricted, UTC; None where it is not.
        changed: False where it was so before: nothing was told to anybody.
    """

    number: TrackingNumber
    since: datetime | None
    changed: bool


Outcome = Standing | NotFound | NotProven | Gone


class Restrictions:
    """Restricts, and lifts.

    Args:
        pool: of intake's database.
        service: whose events these are.
        clock: the domain's.
        keys: prove the reporter; None where an operator acts for one who asked elsewhere.
    """

    def __init__(
        self, pool: asyncpg.Pool, service: Service, clock: Clock, keys: Keys | None = None
    ) -> None:
        self._pool = pool
        self._service = service
        self._clock = clock
        self._keys = keys

    async def put(
        self, number: str, secret: str | None, *, restricted: bool, by: str = REPORTER
    ) -> Outcome:
        """Have it so from now on; where it is so already nothing happens.

        Args:
            number: the tracking number, as a person writes it.
            secret: what proves the reporter; an operator has none.
            restricted: whether it is restricted or lifted.
            by: who acts; for the log.

        Raises:
            asyncpg.PostgresError: nothing was done; unless the connection was lost at the commit:
                then it may have been, and doing it again changes nothing more.
        """
        read = tracking.read(number)
        if read is None:
            return NotFound(misread=True)
        async with unit(self._pool, self._service, longest_s=WRITE_S) as tx:
            found = await reports.by_number(tx.conn, read)
            if found is None:
                return NotFound()
            barred = None if self._keys is None else barred_from(found, self._keys, secret)
            if barred is not None:
                return barred
            key, now = str(found.id), self._clock.now()
            streams = await tx.lock([key])
            report = await reports.by_id(tx.conn, found.id)
            if report is None or streams[key].erased:
                return Gone()
            if (report.restricted_at is not None) == restricted:
                return Standing(report.number, report.restricted_at, changed=False)
            since = now if restricted else None
            await tx.conn.execute(_SET, report.id, since)
            if restricted:
                await listing.remove(tx.conn, report.id)
            else:
                await listing.follow(tx.conn, [report.id])
            after = (await reports.newest(tx.conn, self._service, report.id)).model_copy(
                update={"restricted": restricted}
            )
            tx.emit(Event(REPORTS, key, _event(after), now))
            said = {"complaint": key, "restricted": restricted, "by": by}
            tx.after_commit(lambda: get_logger().info("report.restriction", **said))
        return Standing(report.number, since, changed=True)


def _event(report: Report) -> ReportRestricted | ReportRestrictionLifted:
    if report.restricted:
        return ReportRestricted(report=report)
    return ReportRestrictionLifted(report=report)
