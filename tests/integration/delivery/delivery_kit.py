"""A small service of no domain, and the records that tests feed it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import uuid4

import asyncpg
from pydantic import BaseModel, ConfigDict

from mrk_delivery import schema
from mrk_delivery.errors import Poison
from mrk_delivery.events import Event, Fact, Record
from mrk_delivery.service import Service
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Note(BaseModel):
    """A body with words that can be blanked."""

    model_config = ConfigDict(frozen=True)
    TYPE: ClassVar[str] = "test.note.v1"
    words: str = ""
    number: int = 0

    def to_json(self) -> bytes:
        return self.model_dump_json().encode()

    def blanked(self) -> Self:
        return self.model_copy(update={"words": ""})


class Gone(Note):
    TYPE: ClassVar[str] = "test.gone.v1"


class LetterCopy(Note):
    TYPE: ClassVar[str] = "test.dead-letter.v1"
    model_config = ConfigDict(frozen=True, extra="allow")


SERVICE = Service(
    "tester", "/test", "test", {m.TYPE: m for m in (Note, Gone, LetterCopy)}, LetterCopy
)
TABLES = """
create table state (key text primary key, number bigint not null, words text not null);
create table effect (id bigint generated always as identity primary key, key text, number bigint)
"""


async def prepare(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        for statement in [*schema.statements(SERVICE.event_table), *TABLES.split(";")]:
            await conn.execute(statement)
    finally:
        await conn.close()


@dataclass
class Effects:
    """Applies notes: state of the newest, one effect row a fact, one event out a fact."""

    out: str | None = None
    poison: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)
    batches: list[int] = field(default_factory=list)

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        self.batches.append(len(facts))
        newest: dict[str, Fact] = {}
        for fact in facts:
            if fact.body.number in self.poison:
                raise Poison("a poisoned number")
            if fact.body.number in self.broken:
                raise RuntimeError("secret text of a record")
            if isinstance(fact.body, Gone):
                await tx.erase(fact.key)
            if fact.newest:
                newest[fact.key] = fact
            if self.out:
                tx.emit(Event(self.out, fact.key, fact.body, NOW))
        await tx.conn.executemany(
            "insert into effect (key, number) values ($1, $2)",
            [(f.key, f.body.number) for f in facts],
        )
        await tx.conn.executemany(
            """insert into state values ($1, $2, $3) on conflict (key)
            do update set number = excluded.number, words = excluded.words""",
            [(f.key, f.body.number, f.body.words) for f in newest.values()],
        )


def subscription(apply: Any, *topics: str, **changes: Any) -> Subscription:
    values: dict[str, Any] = {
        "group": "test.group",
        "topics": topics or ("t.in",),
        "handles": frozenset({Note.TYPE, Gone.TYPE}),
        "ignores": frozenset({"test.other.v1"}),
        "passes": frozenset({Gone.TYPE}),
        "apply": apply,
    }
    return Subscription(**(values | changes))


def headers(sequence: int, **changes: bytes | None) -> list[tuple[str, bytes | None]]:
    found: dict[str, bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_id": str(uuid4()).encode(),
        "ce_type": Note.TYPE.encode(),
        "ce_source": b"/test",
        "ce_time": b"2026-03-02T04:00:00Z",
        "ce_sequence": str(sequence).encode(),
        "content-type": b"application/json",
    }
    found.update({name.replace("__", "-"): value for name, value in changes.items()})
    return list(found.items())


def record(  # a record has so many parts
    key: str,
    sequence: int,
    *,
    number: int | None = None,
    words: str = "kata",
    offset: int = 0,
    topic: str = "t.in",
    topic_id: str = "life-1",
    value: bytes | None = None,
    **changes: bytes | None,
) -> Record:
    body = {"number": sequence if number is None else number, "words": words}
    return Record(
        topic=topic,
        topic_id=topic_id,
        partition=0,
        offset=offset,
        key=key.encode(),
        value=json.dumps(body).encode() if value is None else value,
        headers=headers(sequence, **changes),
        logged_at=NOW,
    )
