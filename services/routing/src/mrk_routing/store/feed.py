"""An agency's inbox as an ordered feed, read from the event table itself.

Rows get their place (`seq`) when they are inserted and become visible when they commit, so a later
place may be seen first. Whoever goes on behind the last place that it saw would then miss a row
for ever. So nothing is shown beyond a place below which every transaction has ended.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from mrk_delivery.events import CONTENT_TYPE
from mrk_routing.service import SERVICE
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import inbox_of

WAIT_S: Final = 1.0
"""Seconds for which a transaction in flight is waited for."""

_LOOK_S: Final = 0.01
_LAST: Final = "select case when is_called then last_value else 0 end from case_event_seq_seq"
# An id of its own: a snapshot's xmax is the newest id that ended plus one, and so may be one that
# runs. Whoever takes a place has locked its stream before, and so has an id already.
_BEGUN: Final = "select pg_current_xact_id()::text::bigint"
_ENDED: Final = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_COLUMNS: Final = "seq, key, version, topic, id, type, time, traceparent, correlation_id, body"
_READ: Final = f"""
select {_COLUMNS} from case_event
where topic = $1 and topic like 'agency.%' and seq > $2 and seq <= $3 order by seq limit $4
"""  # noqa: S608  # constants alone
_ONE: Final = f"""
select {_COLUMNS} from case_event where key = $1 and version = $2 and topic = $3
"""  # noqa: S608  # constants alone


@dataclass(frozen=True, slots=True)
class Posted:
    """One event of an inbox, as its topic has it.

    Attributes:
        seq: its place in the feed.
    """

    seq: int
    key: str
    version: int
    topic: str
    id: UUID
    type: str
    time: datetime
    traceparent: str | None
    correlation_id: str | None
    body: bytes

    def structured(self) -> dict[str, Any]:
        """CloudEvents 1.0, JSON format, structured mode. An absent value is no member."""
        extensions: Mapping[str, str | None] = {
            "traceparent": self.traceparent,
            "correlationid": self.correlation_id,
        }
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": SERVICE.source,
            "type": self.type,
            "time": self.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "subject": self.key,
            "sequence": str(self.version),
            "datacontenttype": CONTENT_TYPE,
            **{name: value for name, value in extensions.items() if value is not None},
            "data": json.loads(self.body),
        }


class Horizon:
    """The place up to which every row is decided.

    Args:
        wait_s: how long transactions in flight are waited for; then it is the last known place.
    """

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._safe = 0

    async def now(self, conn: Any) -> int:
        """Every row up to this place has committed, or never will.

        Args:
            conn: a pool, or a connection outside a transaction.
        """
        found = await self.settled(conn)
        return self._safe if found is None else found

    async def settled(self, conn: Any) -> int | None:
        """The last place that was taken, once all up to it is decided; None: not in time.

        Args:
            conn: as for `now`.
        """
        # the places first: whoever took one of them has begun when the next id is given
        last: int = await conn.fetchval(_LAST)
        if last == self._safe:
            return last
        begun: int = await conn.fetchval(_BEGUN)
        for _ in range(max(1, round(self._wait_s / _LOOK_S))):
            if await conn.fetchval(_ENDED) >= begun:
                self._safe = max(self._safe, last)
                return self._safe
            await asyncio.sleep(_LOOK_S)
        return None


async def read(conn: Any, agency: AgencyCode, after: int, upto: int, most: int) -> list[Posted]:
    """Events of an agency's inbox, in order.

    Args:
        conn: a connection or a pool.
        agency: whose.
        after: the place behind which it begins.
        upto: the horizon.
        most: how many at most.
    """
    rows = await conn.fetch(_READ, inbox_of(agency), after, upto, most)
    return [Posted(*row) for row in rows]


async def one(conn: asyncpg.Pool, key: str, version: int, topic: str) -> Posted | None:
    """One event as it is now: blanked, where its report was erased since."""
    row = await conn.fetchrow(_ONE, key, version, topic)
    return Posted(*row) if row is not None else None
