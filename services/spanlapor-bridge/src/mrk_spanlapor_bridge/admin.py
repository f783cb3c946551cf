"""`python -m mrk_spanlapor_bridge admin …`: the library's commands, and a person's verdict."""

import argparse
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import asyncpg

from mrk_delivery import work_store
from mrk_delivery.admin import Admin, Command, Inside
from mrk_delivery.clock import Clock, open_clock
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx, unit
from mrk_delivery.work import Done, Work
from mrk_schemas.ids import LaporTicket
from mrk_spanlapor_bridge.consumers.complaints import subscriptions
from mrk_spanlapor_bridge.domain.ledger import Entry, Status
from mrk_spanlapor_bridge.roles import names_of
from mrk_spanlapor_bridge.service import FILE, QUEUE, SERVICE
from mrk_spanlapor_bridge.settings import EventSettings, city
from mrk_spanlapor_bridge.store import ledger as rows
from mrk_spanlapor_bridge.workers.records import Records
from mrk_telemetry.settings import load_settings

_UNKNOWN: Final = """
select id, queue, lane, key, kind, payload::text as payload, attempts, created_at, traceparent,
    repeated, lookups
from work where queue = $1 and lane = $2 and state = 'unknown'
"""
_FILINGS: Final = """
select payload::text as payload, count(*) over () as n
from work where queue = $1 and lane = $2 and kind = $3 order by id desc limit 1
"""


class NothingToDecideError(Exception):
    """The complaint is not in a state that a person may decide; the message says why."""


@asynccontextmanager
async def _subscriptions(pool: asyncpg.Pool) -> AsyncIterator[Sequence[Subscription]]:
    """For redriving dead letters as the consumer would apply them."""
    settings = load_settings(EventSettings)
    async with open_clock(pool, settings.clock_movable) as clock:
        yield subscriptions(names_of(city(settings.city_pack)), clock)


async def resolve(pool: asyncpg.Pool, clock: Clock, complaint: str, national_id: str | None) -> str:
    """Settle a lost answer or a refused filing by what a person found at the national system.

    Args:
        pool: of the bridge's database.
        clock: the domain's.
        complaint: its id.
        national_id: the number that it has there; None when it surely is not there, and is to
            be sent again. For a lost follow-up, its complaint's number says that it arrived.

    Returns:
        What was done, for the operator.

    Raises:
        NothingToDecideError: no answer is lost and nothing was refused, or the number is not
            the complaint's.
    """
    async with unit(pool, SERVICE) as tx:
        await tx.lock([complaint], create=False)
        entry = await rows.entry(tx.conn, complaint)
        if entry is None:
            raise NothingToDecideError("the bridge does not know this complaint")
        lost = await tx.conn.fetchrow(_UNKNOWN, QUEUE, complaint)
        if lost is not None:
            return await _lost(tx, Records(clock), entry, lost, national_id)
        if entry.status is Status.REFUSED and not entry.erased:
            return await _refused(tx, Records(clock), entry, national_id)
        raise NothingToDecideError("no answer is lost, and the filing was not refused")


async def _lost(
    tx: Tx, records: Records, entry: Entry, row: asyncpg.Record, national_id: str | None
) -> str:
    job = work_store.job_of(row)
    if national_id is None:
        await work_store.absent(tx.conn, job, row["lookups"], 0, unproven_s=0)
        return "it will be sent again"
    if job.kind != FILE and national_id != entry.national_id:
        raise NothingToDecideError(f"the follow-up belongs to number {entry.national_id}")
    await work_store.fence(tx.conn, job, or_unknown=True)
    await work_store.finish(tx.conn, job, "done", result={"id": national_id})
    await records.settled(tx, job, Done({"id": national_id}))
    return "recorded"


async def _refused(tx: Tx, records: Records, entry: Entry, national_id: str | None) -> str:
    key = entry.complaint_id
    if national_id is not None:
        filed = await records.filed(tx, entry, LaporTicket(national_id))
        await rows.write(tx.conn, {key: filed})
        return "recorded; follow-ups that waited go now"
    last = await tx.conn.fetchrow(_FILINGS, QUEUE, key, FILE)
    if last is None:
        raise NothingToDecideError("there is no filing to repeat")
    payload = json.loads(last["payload"])
    tx.enqueue(Work(QUEUE, key, key, FILE, payload, f"{FILE}:{key}:{last['n']}"))
    await rows.write(tx.conn, {key: replace(entry, status=Status.PENDING)})
    return "it will be filed again"


async def _resolve(inside: Inside, args: argparse.Namespace) -> int:
    async with (
        inside.database() as pool,
        open_clock(pool, inside.settings.clock_movable) as clock,
    ):
        try:
            inside.say(await resolve(pool, clock, args.complaint, args.national_id))
        except NothingToDecideError as error:
            inside.complain(f"{args.complaint}: {error}")
            return 1
    return 0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("complaint", help="the complaint's id")
    verdict = parser.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--national-id", help="it is there, under this number")
    verdict.add_argument("--absent", action="store_true", help="it never arrived: send it again")


ADMIN: Final = Admin(
    SERVICE,
    _subscriptions,
    (
        Command(
            words=("bridge", "resolve"),
            help="say what became of a call whose answer was lost, or of a refused filing",
            run=_resolve,
            arguments=_arguments,
        ),
    ),
)
