"""Replay: what was published before is published again, with the same ``ce_id``.

The event tables are the truth; a wiped broker, or a gap that retention left, is filled from them.
Consumers drop what they know already.
"""

from datetime import datetime
from typing import Any

from mrk_delivery.service import Service

_REPLAY = """
insert into outbox (topic, key, version, passes)
select topic, key, version, false from {event_table} e
where ($1::text is null or topic = $1) and ($2::timestamptz is null or time >= $2)
    and ($3::text is null or key = $3)
    and not exists (
        select 1 from outbox o
        where o.topic = e.topic and o.key = e.key and o.version = e.version
    )
    and not exists (
        select 1 from outbox_dead d
        where d.topic = e.topic and d.key = e.key and d.version = e.version
    )
order by seq
"""


async def replay(
    conn: Any,
    service: Service,
    *,
    topic: str | None = None,
    since: datetime | None = None,
    key: str | None = None,
) -> int:
    """Enqueue stored events again, in their original order.

    Args:
        topic: only this topic's events; None for all.
        since: only events that happened at or after this instant (UTC).
        key: only this key's events.

    Returns:
        How many events wait in the outbox now because of this call.
    """
    sql = _REPLAY.replace("{event_table}", service.event_table)
    status: str = await conn.execute(sql, topic, since, key)
    return int(status.rsplit(" ", 1)[1])
