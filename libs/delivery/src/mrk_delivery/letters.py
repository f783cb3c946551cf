"""Dead letters and parked keys: rows in the consuming service's own database."""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

from mrk_delivery.events import Event, Record
from mrk_delivery.parse import Bad
from mrk_delivery.tx import Tx
from mrk_telemetry import metrics

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")

State = Literal["bad", "queued", "kept"]

_PARKED = """
select topic, key from parked
where (topic, key) in (select * from unnest($1::text[], $2::text[])) order by topic, key for share
"""
_INSERT = """
insert into dead_letter (group_id, topic, topic_id, partition_no, offset_no, key, type, state,
    reason, headers, record_key, body, logged_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13)
on conflict do nothing returning id
"""
_PARK = "insert into parked (topic, key) values ($1, $2) on conflict do nothing"


async def parked(conn: Any, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which (topic, key) pairs wait behind a dead letter; a redrive of them waits for us."""
    wanted = sorted(set(pairs))
    rows = await conn.fetch(_PARKED, [t for t, _ in wanted], [k for _, k in wanted])
    return {(row["topic"], row["key"]) for row in rows}


async def store(tx: Tx, group: str, bad: Bad, state: State) -> None:
    """Keep a record as a dead letter, once, and publish its copy for watching.

    A `bad` one with a key parks that key; a `queued` one waits behind it; a `kept` one was
    answered already and blocks nothing.
    """
    record = bad.record
    found = await tx.conn.fetchval(
        _INSERT,
        group,
        record.topic,
        record.topic_id,
        record.partition,
        record.offset,
        bad.key,
        bad.type,
        state,
        bad.reason,
        dump_headers(record.headers),
        record.key,
        record.value,
        record.logged_at,
    )
    if found is None:
        # seen before: the row that was settled since must not park its key again
        return
    if state == "bad" and bad.key is not None:
        await tx.conn.execute(_PARK, record.topic, bad.key)
    metrics.dead_letter(record.topic, bad.code)
    model = tx.service.dead_letter
    if model is not None and state != "queued":
        _copy(tx, group, bad, model)


def _copy(tx: Tx, group: str, bad: Bad, model: type[Any]) -> None:
    record = bad.record
    place = f"{group}/{record.topic}/{record.topic_id}/{record.partition}/{record.offset}"
    key = f"dead-letter:{uuid5(NAMESPACE_OID, place)}"
    now = datetime.now(UTC)  # the row's own time; the domain's clock isn't asked
    tx.create(key)
    tx.emit(
        Event(
            topic=tx.service.dead_letter_topic,
            key=key,
            body=model(
                group=group,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                # what a stranger wrote stays in the row: a copy names known words alone
                record_key=bad.key if bad.key and _UUID.match(bad.key) else None,
                record_type=bad.type if bad.type in tx.service.models else None,
                reason=bad.code,
                stored_at=now,
            ),
            time=now,
        )
    )


def dump_headers(headers: Sequence[tuple[str, bytes | None]]) -> str:
    """Headers as JSON: names with base64 values, null kept as null."""
    # a name that is no valid text would be refused by the database
    return json.dumps(
        [
            [name.replace("\x00", "�"), None if v is None else base64.b64encode(v).decode()]
            for name, v in headers
        ]
    )


def load_headers(text: str) -> list[tuple[str, bytes | None]]:
    """The inverse of :func:`dump_headers`."""
    return [(name, None if v is None else base64.b64decode(v)) for name, v in json.loads(text)]


def record_of(row: Any) -> Record:
    """The record that a dead letter's row keeps."""
    return Record(
        topic=row["topic"],
        topic_id=row["topic_id"],
        partition=row["partition_no"],
        offset=row["offset_no"],
        key=row["record_key"],
        value=row["body"],
        headers=load_headers(row["headers"]),
        logged_at=row["logged_at"],
    )
