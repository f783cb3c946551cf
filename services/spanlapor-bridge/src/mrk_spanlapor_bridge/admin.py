"""`python -m mrk_spanlapor_bridge admin …`: the library's commands, and a person's verdict."""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from mrk_delivery.admin import Admin, Command
from mrk_delivery.clock import open_clock
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import unit
from mrk_schemas.ids import LaporTicket
from mrk_spanlapor_bridge.consumers.complaints import subscriptions
from mrk_spanlapor_bridge.domain import ledger
from mrk_spanlapor_bridge.roles import places_of
from mrk_spanlapor_bridge.service import FILE, QUEUE, SERVICE
from mrk_spanlapor_bridge.settings import EventSettings, city
from mrk_spanlapor_bridge.store import events
from mrk_spanlapor_bridge.store import ledger as rows
from mrk_telemetry.settings import load_settings

_UNKNOWN: Final = """
select id from work
where queue = $1 and key = $2 and kind = $3 and state = 'unknown' order by id limit 1 for update
"""
_FOUND: Final = """
update work set state = 'done', finished_at = clock_timestamp(), reason = 'resolved by a person'
where id = $1
"""
_ABSENT: Final = """
update work set state = 'ready', repeated = true, due_at = clock_timestamp(), unknown_since = null,
    reason = 'a person says that it never arrived'
where id = $1
"""


@asynccontextmanager
async def _subscriptions(pool: asyncpg.Pool) -> AsyncIterator[Sequence[Subscription]]:
    """For redriving dead letters as the consumer would apply them."""
    settings = load_settings(EventSettings)
    async with open_clock(pool, settings.clock_movable) as clock:
        yield subscriptions(places_of(city(settings.city_pack)), clock)


async def _resolve(inside: Any, args: argparse.Namespace) -> int:
    """Say what became of a filing whose answer was lost."""
    async with (
        inside.database() as pool,
        unit(pool, SERVICE) as tx,
        open_clock(pool, movable=False) as clock,
    ):
        await tx.lock([args.complaint], create=False)
        work = await tx.conn.fetchval(_UNKNOWN, QUEUE, args.complaint, FILE)
        entry = await rows.entry(tx.conn, args.complaint)
        if work is None or entry is None:
            sys.stderr.write(f"{args.complaint}: no filing of it waits for an answer\n")
            return 1
        if args.absent:
            await tx.conn.execute(_ABSENT, work)
            return 0
        await tx.conn.execute(_FOUND, work)
        entry = ledger.filed(entry, LaporTicket(args.national_id), clock.now())
        await rows.write(tx.conn, {args.complaint: entry})
        tx.emit(events.filed(entry))
        await tx.release(QUEUE, args.complaint)
    return 0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("complaint", help="the complaint's id")
    verdict = parser.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--national-id", help="it is there, under this number")
    verdict.add_argument("--absent", action="store_true", help="it never arrived: file it again")


ADMIN: Final = Admin(
    SERVICE,
    _subscriptions,
    (
        Command(
            words=("bridge", "resolve"),
            help="say what became of a filing whose answer was lost",
            run=_resolve,
            arguments=_arguments,
        ),
    ),
)
