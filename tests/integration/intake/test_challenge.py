"""Near a limit a machine works before its report is taken; nobody who was answered works again."""

import html
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from web_visitors import Browser, visitor, web_settings

from mrk_city import CityPack
from mrk_intake.applications import pages_for_residents, storing
from mrk_web.challenge import HEADER, solve

DEVICE = {"X-Device-Token": "one-phone-of-many-0001", "Accept-Language": "en"}
NEAR = {"rate_per_second": 0.01, "rate_burst": 4, "challenge_below": 0.6}


async def sent(intake: Any, key: str, **more: str) -> httpx.Response:
    answer: httpx.Response = await intake.send(key=key, headers={**DEVICE, **more})
    return answer


async def test_a_solved_challenge_admits_its_request_once(
    dsn: str, pack: CityPack, start: Any
) -> None:
    async with start(dsn, pack, **NEAR) as intake:
        keys = [secrets.token_hex(16) for _ in range(5)]
        assert [(await sent(intake, key)).status_code for key in keys[:2]] == [201, 201]
        asked = await sent(intake, keys[2])
        told = asked.json()
        assert (asked.status_code, told["type"]) == (429, "/problems/challenge")
        # until 60 % of four are there: 0.4 more at 0.01 a second
        assert 30 <= int(asked.headers["retry-after"]) <= 40
        solution = solve(told["challenge"])
        other = await sent(intake, keys[3], **{HEADER: solution})
        assert other.json()["type"] == "/problems/challenge"
        assert (await sent(intake, keys[2], **{HEADER: solution})).status_code == 201
        # less is left: it is harder
        harder = (await sent(intake, keys[3])).json()["challenge"]
        assert harder["maxnumber"] > told["challenge"]["maxnumber"]
        assert (await sent(intake, keys[3], **{HEADER: solve(harder)})).status_code == 201
        # where nothing is left there is nothing to solve
        assert (await sent(intake, keys[4])).json()["type"] == "/problems/rate-limited"
        # others are not asked
        assert (await intake.send()).status_code == 201


async def test_who_was_answered_before_is_not_asked(dsn: str, pack: CityPack, start: Any) -> None:
    async with start(dsn, pack, **NEAR) as intake:
        keys = [secrets.token_hex(16) for _ in range(3)]
        first, _ = [await sent(intake, key) for key in keys[:2]]
        assert (await sent(intake, keys[2])).status_code == 429
        again = await sent(intake, keys[0])
        assert (again.status_code, again.json()) == (201, first.json())


@asynccontextmanager
async def pages(intake: Any, pack: CityPack) -> AsyncIterator[Browser]:
    near = {"address_rate_per_second": 0.01, "address_rate_burst": 4, "challenge_below": 0.9}
    settings = web_settings(intake, **near)
    coalescer = storing(settings, pack, intake.acceptance.write)
    async with coalescer.running():
        app = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
        async with visitor(app) as client:
            yield Browser(client)


async def test_a_form_brings_its_challenge_or_says_how_long_to_wait(
    intake: Any, pack: CityPack
) -> None:
    async with pages(intake, pack) as browser:
        await browser.sent()
        form = await browser.fill()
        page = await browser.send(form)
        assert page.status_code == 429
        assert "Try again in about" in page.text
        assert "Jalan berlubang" in page.text
        found = re.search(r'data-challenge="([^"]+)"', page.text)
        assert found is not None
        solution = solve(json.loads(html.unescape(found[1])))
        again = await browser.send({**form, "solusi": solution})
        assert again.url.path.endswith("/tanda-terima")
        assert await intake.count("report") == 2
