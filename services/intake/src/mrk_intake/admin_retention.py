"""`admin retention`: what the city no longer keeps; shown, and erased when told to."""

import argparse
from typing import Final

import asyncpg

from mrk_city import load_pack
from mrk_delivery import clock
from mrk_delivery.admin import Command, Inside
from mrk_intake.domain.instants import instant
from mrk_intake.domain.retention import Class, classes
from mrk_intake.service import SERVICE
from mrk_intake.settings import PackSettings
from mrk_intake.store import erase, retention
from mrk_telemetry.settings import load_settings

BATCH: Final = 500


async def _retention(inside: Inside, given: argparse.Namespace) -> int:
    pack = load_pack(load_settings(PackSettings).city_pack)
    async with inside.database() as pool:
        now = clock.Clock(await clock.moved_by(pool)).now()
        found = classes(pack, now)
        rows = []
        for one in found:
            counted = await retention.count(pool, one)
            rows.append(
                {
                    "kind": one.kind.value,
                    "days": one.days,
                    "ended_before": instant(one.before),
                    "due": counted.due,
                    "open": counted.open,
                    "source": one.source,
                }
            )
        inside.table(rows, as_json=given.json)
        if given.erase:
            done = sum([await _erase(inside, pool, one) for one in found])
            if done:
                await erase.rid_of_old_rows(pool)
            inside.say(f"{done} reports erased")
    return 0


async def _erase(inside: Inside, pool: asyncpg.Pool, one: Class) -> int:
    done = 0
    while batch := await retention.due(pool, one, BATCH):
        for complaint in batch:
            at = clock.Clock(await clock.moved_by(pool)).now()
            done += await erase.erase(pool, SERVICE, complaint, at)
        inside.say(f"{one.kind.value}: {done}")
    return done


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--erase", action="store_true", help="erase what is due; else only show it")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


COMMANDS: Final = (
    Command(("retention",), "what the city no longer keeps, by class", _retention, _arguments),
)
