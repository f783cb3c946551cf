"""`python -m mrk_intake admin …`: the library's commands, and erasing a report."""

import argparse
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from mrk_city import load_pack
from mrk_delivery import clock
from mrk_delivery.admin import Admin, Command, Inside
from mrk_delivery.subscription import Subscription
from mrk_intake import admin_held, admin_keys, admin_privacy, admin_retention, admin_vault
from mrk_intake.consumers.subscriptions import subscriptions
from mrk_intake.domain import tracking
from mrk_intake.domain.erasure import status, told
from mrk_intake.service import SERVICE
from mrk_intake.settings import TrackingSettings
from mrk_intake.store import erase, reports
from mrk_intake.unlocking import unlocked
from mrk_telemetry.settings import load_settings


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tracking_number", help="as the resident has it: 7K3-Q9W-XTC")
    parser.add_argument(
        "--status", action="store_true", help="erase nothing: show how far an erasure has come"
    )


async def _erase(inside: Inside, given: argparse.Namespace) -> int:
    number = tracking.read(given.tracking_number)
    if number is None:
        inside.complain("this is no tracking number: a character is wrong or missing")
        return 1
    async with inside.database() as pool:
        report = await reports.by_number(pool, number)
        if report is None:
            inside.complain(f"{number}: no such report")
            return 1
        if not given.status:
            now = clock.Clock(await clock.moved_by(pool)).now()
            if await erase.erase(pool, SERVICE, report.id, now):
                await erase.rid_of_old_rows(pool)
        report = await reports.by_id(pool, report.id)
        if report is None or report.erased_at is None:
            inside.say(f"{number}: not erased")
            return 1
        acknowledged = await erase.acknowledgements(pool, report.id)
    shown = told(str(report.id), status(report.erased_at, acknowledged))
    inside.say(json.dumps({"tracking_number": number, **shown}, indent=2))
    return 0


@asynccontextmanager
async def _subscriptions(pool: asyncpg.Pool) -> AsyncIterator[Sequence[Subscription]]:
    """For redriving dead letters as the consumer would apply them."""
    del pool
    settings = await unlocked(load_settings(TrackingSettings))
    yield subscriptions(settings, load_pack(settings.city_pack))


ADMIN: Final = Admin(
    SERVICE,
    _subscriptions,
    (
        Command(("erase",), "erase a report's personal data for ever", _erase, _arguments),
        *admin_vault.COMMANDS,
        *admin_retention.COMMANDS,
        *admin_keys.COMMANDS,
        *admin_privacy.COMMANDS,
        *admin_held.COMMANDS,
    ),
)
