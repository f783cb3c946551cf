"""An agency's command that came by a request: the same guard and the same effects as its topic's.

The id is recorded where the topic's commands record theirs, so that one that comes both ways takes
effect once; its answer is the one that its inbox has.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from mrk_delivery.events import Fact
from mrk_delivery.tx import Tx, unit
from mrk_routing.domain.answers import refusal_key
from mrk_routing.service import SERVICE
from mrk_routing.store import families
from mrk_schemas.agencies import Command, CommandDone, CommandRefused
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import inbox_of, outbox_of
from mrk_telemetry.traces import current_traceparent

Apply = Callable[[Tx, Sequence[Fact]], Awaitable[None]]
"""Applies commands as the topic's consumer does."""

LONGEST_S: Final = 10.0

_RECORD: Final = """
insert into handled_id (topic, id, digest) values ($1, $2, $3) on conflict do nothing
returning true
"""
_DIGEST: Final = "select digest from handled_id where topic = $1 and id = $2"
_ANSWER: Final = """
select version, type, body from case_event
where key = any($1::text[]) and topic = $2 and type = any($3::text[])
    and convert_from(body, 'UTF8')::jsonb ->> 'command_id' = $4
order by seq limit 1
"""
_ANSWERS: Final = {model.TYPE: model for model in (CommandDone, CommandRefused)}


@dataclass(frozen=True, slots=True)
class Answered:
    """What its inbox says of a command.

    Attributes:
        version: ``ce_sequence`` of that message: what the next command may quote.
        replayed: it had been answered before.
    """

    said: CommandDone | CommandRefused
    version: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class OtherCommand:
    """Its id was used before, for something else."""


async def command(  # noqa: PLR0913, PLR0917  # what one command needs
    pool: asyncpg.Pool,
    apply: Apply,
    agency: AgencyCode,
    id_: str,
    wanted: Command,
    now: datetime,
) -> Answered | OtherCommand:
    """Do what an agency commands, once; a concurrent twin waits and gets the same answer.

    Args:
        pool: of routing's database.
        apply: as the topic's consumer does.
        agency: who commands; proven.
        id_: of the command.
        wanted: what is wanted.
        now: when that is (UTC).

    Raises:
        LookupError: an answer that must be there is not.
    """
    topic, key = outbox_of(agency), wanted.complaint_id
    digest = hashlib.sha256(wanted.TYPE.encode() + b"\0" + wanted.to_json()).digest()
    async with unit(pool, SERVICE, longest_s=LONGEST_S) as tx:
        # the cases that share its fate too, in one sorted go, as the topic's consumer locks them
        await tx.lock(await families.kin(tx.conn, [key]), create=False)
        fresh = bool(await tx.conn.fetchval(_RECORD, topic, id_, digest))
        if fresh:
            await apply(tx, [_fact(tx, topic, id_, wanted, now)])
            await tx.flush()
        elif await tx.conn.fetchval(_DIGEST, topic, id_) != digest:
            return OtherCommand()
        keys = [key, refusal_key(id_)]
        row = await tx.conn.fetchrow(_ANSWER, keys, inbox_of(agency), list(_ANSWERS), id_)
        if row is None:
            raise LookupError("a command without an answer")
        said = _ANSWERS[row["type"]].model_validate_json(row["body"])
        return Answered(said, row["version"], replayed=not fresh)


def _fact(tx: Tx, topic: str, id_: str, wanted: Command, now: datetime) -> Fact:
    stream = tx.streams.get(wanted.complaint_id)
    erased = stream is not None and stream.erased
    return Fact(
        topic=topic,
        partition=-1,
        offset=-1,
        key=wanted.complaint_id,
        type=wanted.TYPE,
        id=id_,
        sequence=0,
        time=now,
        body=wanted.blanked() if erased else wanted,
        newest=True,
        traceparent=current_traceparent(),
        correlation_id=None,
        logged_at=now,
    )
