"""Streams that begin with an event, inside a service's own statement.

`unit` and `Tx.emit` cost four round trips to the database. Where a stream is new, so that nobody
can know its key and nothing needs to be locked, one statement can hold the service's rows, the
stream, its first event and the outbox row: it commits by itself, all of it or nothing.
"""

from collections.abc import Sequence
from typing import Final

from mrk_delivery.events import Event
from mrk_delivery.service import Service
from mrk_delivery.tx import sized

COLUMNS: Final = "key, topic, event_id, type, time, traceparent, correlation_id, body"
TYPES: Final = ("text", "text", "uuid", "text", "timestamptz", "text", "text", "bytea")
"""Of `COLUMNS`, in order."""

_BEGIN: Final = """
begun as (
    insert into stream (key, version) select key, 1 from {relation}
), appended as (
    insert into {event_table}
        (topic, key, version, id, type, time, traceparent, correlation_id, body)
    select topic, key, 1, event_id, type, time, traceparent, correlation_id, body from {relation}
), queued as (
    insert into outbox (topic, key, version) select topic, key, 1 from {relation}
)
"""


def beginning(service: Service, relation: str) -> str:
    """Common table expressions that begin a stream for each row of `relation`.

    Args:
        service: whose event table it is.
        relation: a CTE before these, with the columns of `COLUMNS`; its rows' order is that in
            which their events leave. A key that exists fails the statement.
    """
    return _BEGIN.format(relation=relation, event_table=service.event_table)


def columns(events: Sequence[Event]) -> list[list[object]]:
    """The values of `COLUMNS`, a list each.

    Raises:
        TooLarge: a body is larger than the broker takes.
    """
    return [
        [event.key for event in events],
        [event.topic for event in events],
        [event.id for event in events],
        [event.body.TYPE for event in events],
        [event.time for event in events],
        [event.traceparent for event in events],
        [event.correlation_id for event in events],
        [sized(event.body) for event in events],
    ]
