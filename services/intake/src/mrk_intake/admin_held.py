"""`admin held …`: texts that wait for a look before the public reads them."""

import argparse
import json
from functools import partial
from typing import Final

import asyncpg

from mrk_city import load_pack
from mrk_delivery import clock
from mrk_delivery.admin import Command, Inside
from mrk_intake.domain import tracking
from mrk_intake.domain.held import Decision
from mrk_intake.domain.instants import instant
from mrk_intake.settings import PackSettings
from mrk_intake.store import held, reports
from mrk_intake.store.held import Decided
from mrk_intake.store.reports import StoredReport
from mrk_schemas.reports import Report
from mrk_telemetry.logs import get_logger
from mrk_telemetry.settings import load_settings

_GROUP: Final = "held"
_MOST: Final = 1000


async def _list(inside: Inside, given: argparse.Namespace) -> None:
    async with inside.database() as pool:
        found = await held.waiting(pool, given.most)
    rows = [
        {
            "number": each.number,
            "category": each.category,
            "district": each.district,
            "received_at": instant(each.received_at),
        }
        for each in found
    ]
    inside.table(rows, as_json=given.json)


async def _show(inside: Inside, given: argparse.Namespace) -> int:
    pack = load_pack(load_settings(PackSettings).city_pack)
    async with inside.database() as pool:
        report = await _of(inside, pool, given.number)
        if report is None:
            return 1
        published = await reports.published(pool, report.id)
        decided = await held.decisions(pool, report.id)
    told = Report.model_validate(published[-1]["report"])
    words = [told.text or "", (told.place.address if told.place is not None else None) or ""]
    words += [each.value for each in told.attributes or ()]
    shown = {
        "tracking_number": report.number,
        "held": report.held,
        "because_of": [found for each in words for found in pack.hear(each).held],
        "words": [each for each in words if each],
        "decisions": [
            {"at": instant(d.at), "decision": d.decision.value, "who": d.who, "why": d.why}
            for d in decided
        ],
    }
    inside.say(json.dumps(shown, ensure_ascii=False, indent=2))
    return 0


async def _decide(decision: Decision, inside: Inside, given: argparse.Namespace) -> int:
    async with inside.database() as pool:
        report = await _of(inside, pool, given.number)
        if report is None:
            return 1
        now = clock.Clock(await clock.moved_by(pool)).now()
        async with pool.acquire() as conn, conn.transaction():
            done = await held.decide(conn, report.id, Decided(now, decision, given.who, given.why))
    if not done:
        inside.complain(f"{report.number}: its text is not held, or the report is erased")
        return 1
    get_logger().info(
        "held.decided", complaint=str(report.id), decision=decision.value, who=given.who
    )
    what = "the public reads it" if decision is Decision.RELEASE else "it stays hidden"
    inside.say(f"{report.number}: {what}")
    return 0


async def _of(inside: Inside, pool: asyncpg.Pool, written: str) -> StoredReport | None:
    number = tracking.read(written)
    if number is None:
        inside.complain("this is no tracking number: a character is wrong or missing")
        return None
    report = await reports.by_number(pool, number)
    if report is None:
        inside.complain(f"{number}: no such report")
    return report


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--most", type=int, default=_MOST, help="how many, the oldest first")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", help="as the resident has it: 7K3-Q9W-XTC")


def _decision(parser: argparse.ArgumentParser) -> None:
    _one(parser)
    parser.add_argument("--who", required=True, help="who decides")
    parser.add_argument("--why", required=True, help="the reason, for whoever asks later")


COMMANDS: Final = (
    Command((_GROUP, "list"), "reports whose text waits for a look", _list, _listing),
    Command((_GROUP, "show"), "one with its words (personal!) and what was decided", _show, _one),
    Command(
        (_GROUP, "release"), "let the public read it", partial(_decide, Decision.RELEASE), _decision
    ),
    Command(
        (_GROUP, "hide"), "keep it from the public", partial(_decide, Decision.HIDE), _decision
    ),
)
