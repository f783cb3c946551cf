"""Streams that begin with an event, inside a service's own statement.

`unit` and `Tx.emit` cost four round trips to the database. Where a stream is new, so that nobody
can know its key and nothing needs to be locked, one statement can hold the service's rows, the
stream, its first event and the outbox row: it commits by itself, all of it or nothing.
"""

from typing import Final

from mrk_delivery.service import Service

_BEGIN: Final = """
begun as (
    insert into stream (key, version) select key, 1 from {relation}
), appended as (
    insert into {event_table} (topic, key, version, id, type, time, traceparent, body)
    select topic, key, 1, event_id, type, time, traceparent, body from {relation}
), queued as (
    insert into outbox (topic, key, version) select topic, key, 1 from {relation}
)
"""


def beginning(service: Service, relation: str) -> str:
    """Common table expressions that begin a stream for each row of `relation`.

    Args:
        service: whose event table it is.
        relation: a CTE before these, with the columns `key, topic, event_id, type, time,
            traceparent, body` (as `sized` makes it); its rows' order is that in which their
            events leave. A key that exists fails the statement.
    """
    return _BEGIN.format(relation=relation, event_table=service.event_table)
