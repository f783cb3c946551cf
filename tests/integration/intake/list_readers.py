"""What tests of the public lists do again and again."""

import re
from datetime import timedelta
from typing import Any

import httpx
from test_web import assigned
from web_visitors import Browser

from mrk_intake.workers.lister import Lister
from mrk_schemas.cases import CaseResolved, CaseState
from mrk_schemas.registry import CASES
from mrk_telemetry.health import Health

DAY = timedelta(days=1)


async def listed(intake: Any) -> int:
    """Do once what role `worker` does."""
    lister = Lister(intake.pool, intake.clock, Health().progress("listing", 60))
    return await lister.once()


async def owned(
    intake: Any, told: Any, sent: dict[str, Any], due: Any = None, *, resolved: bool = False
) -> None:
    """An agency has it; with `resolved` it says that it is solved."""
    at = intake.clock.now()
    body = assigned(sent["tracking_number"], sent["id"], due or at + 20 * DAY)
    await told.by(CASES, (1, at, body, str(sent["id"])))
    if resolved:
        case = body.case.model_copy(update={"state": CaseState.RESOLVED})
        await told.by(CASES, (2, at, CaseResolved(case=case, by="sdabmbk"), str(sent["id"])))


def shown(page: httpx.Response) -> list[str]:
    """The numbers of a list, in its order."""
    return re.findall(r'<h3><a href="/laporan/([0-9A-Z-]{11})"', page.text)


async def numbers(browser: Browser, query: str = "") -> list[str]:
    page = await browser.open(f"/laporan?{query}" if query else "/laporan")
    assert page.status_code == 200, page.text
    return shown(page)
