"""Limits, overload and a database that is away, as a browser is told of them."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
from web_visitors import OWN, Browser, visitor, web_settings

from mrk_city import CityPack
from mrk_intake.applications import page_meanwhile, pages_for_residents, public_api, storing
from mrk_intake.http.web.faults import as_page
from mrk_intake.http.web.pages import STATIC, Pages, policy
from mrk_pages.assets import Assets
from mrk_telemetry.serving import ASGIApp
from mrk_web.gate import Gate
from mrk_web.server import HttpLimits, harden

LANGUAGES = (("id", "Kirim laporan"), ("en", "Send a report"))


def is_page(answer: httpx.Response, status: int, language: str) -> bool:
    """Whether it is a whole page of ours, within its guards."""
    assert answer.status_code == status, answer.text
    assert f'<html lang="{language}">' in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    return answer.headers["content-type"].startswith("text/html")


@asynccontextmanager
async def pages(intake: Any, pack: CityPack, **changes: Any) -> AsyncIterator[Browser]:
    settings = web_settings(intake, **changes)
    coalescer = storing(settings, pack, intake.acceptance.write)
    async with coalescer.running():
        app = pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)
        async with visitor(app) as client:
            yield Browser(client)


async def test_over_a_limit_the_form_stays_as_it_was_typed(intake: Any, pack: CityPack) -> None:
    limits = {"address_rate_per_second": 0.01, "address_rate_burst": 1}
    async with pages(intake, pack, **limits) as browser:
        form = await browser.fill(email="butet@warga.example", text="Parit mampet & bau sekali.")
        assert (await browser.send(form)).status_code == 200
        again = {**form, "kunci": secrets.token_urlsafe(24)}
        refused = await browser.send(again)
        in_bahasa = await browser.send(again, **{"Accept-Language": "id"})
    assert is_page(refused, 429, "en")
    assert "Not sent yet" in refused.text
    wait = int(refused.headers["retry-after"])
    assert 90 < wait <= 100
    assert "Try again in about 2 minutes." in refused.text
    assert is_page(in_bahasa, 429, "id")
    assert "Coba lagi kira-kira 2 menit lagi." in in_bahasa.text
    for typed in (again["kunci"], "Parit mampet &amp; bau sekali.", "butet@warga.example"):
        assert typed in refused.text
    assert await intake.count("report") == 1


@pytest.mark.parametrize(("language", "button"), LANGUAGES)
async def test_a_body_that_is_too_large_is_a_page(
    browser: Browser, language: str, button: str
) -> None:
    form = await browser.fill(text="x" * 70_000)
    answer = await browser.send(form, **{"Accept-Language": language})
    assert is_page(answer, 413, language)
    assert button in answer.text
    assert ("tombol kembali" if language == "id" else "Go back in your browser") in answer.text


def guarded(pack: CityPack, app: ASGIApp, *, at_once: int = 10) -> ASGIApp:
    """`app` as role `web` guards it, with limits that a test meets soon."""
    limits = HttpLimits(max_body_bytes=65536, body_timeout_s=0.05, max_in_flight=at_once)
    return harden(app, limits, policy=policy(None), answering=as_page(Pages(pack, Assets(STATIC))))


async def test_a_body_that_comes_too_slowly_is_a_page(pack: CityPack, app: Any) -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"kind=complaint"
        await asyncio.Event().wait()

    headers = {**OWN, "Content-Type": "application/x-www-form-urlencoded"}
    async with visitor(guarded(pack, app)) as client:
        answer = await client.post("/lapor", content=drip(), headers=headers)
    assert is_page(answer, 408, "en")
    assert "The connection was too slow" in answer.text
    assert "Go back in your browser" in answer.text
    assert answer.headers["connection"] == "close"


async def test_too_many_at_once_are_told_by_a_page_and_scripts_by_json(pack: CityPack) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def held(_scope: Any, _receive: Any, send: Any) -> None:
        entered.set()
        await leave.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with visitor(guarded(pack, held, at_once=1)) as client:
        first = asyncio.create_task(client.get("/"))
        await entered.wait()
        sent = await client.post("/lapor", data={"text": "x"}, headers=OWN)
        script = await client.post("/bantu/kategori", json={"text": "x"}, headers=OWN)
        leave.set()
        assert (await first).status_code == 204
    assert is_page(sent, 503, "en")
    assert sent.headers["retry-after"] == "1"
    for told in ("Very many people", "Try again in a moment.", "What you typed is not lost"):
        assert told in sent.text
    assert (script.status_code, script.json()["type"]) == (503, "/problems/overloaded")


@asynccontextmanager
async def nowhere() -> AsyncIterator[asyncpg.Pool]:
    """A pool of a database that is away."""
    async with asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/none", min_size=0) as pool:
        yield pool


async def test_a_database_that_is_away_is_a_page_that_says_when_to_come_back(
    intake: Any, pack: CityPack
) -> None:
    settings = web_settings(intake)
    number = (await intake.accepted())["tracking_number"]
    coalescer = storing(settings, pack, intake.acceptance.write)
    async with nowhere() as pool:
        app = pages_for_residents(settings, pack, pool, intake.clock, coalescer.submit)
        async with visitor(app) as client:
            shown = await Browser(client).open(f"/laporan/{number}")
            found = await client.post("/lacak", data={"number": number}, headers=OWN)
    for answer in (shown, found):
        assert is_page(answer, 503, "en")
        assert answer.headers["retry-after"] == "2"
    assert "Go back in your browser" in found.text
    assert "Go back in your browser" not in shown.text
    assert "What you typed" not in found.text  # its page is kept by no browser


async def test_a_database_that_is_away_is_503_to_readers_of_the_api(
    intake: Any, pack: CityPack
) -> None:
    number = (await intake.accepted())["tracking_number"]
    async with nowhere() as pool:
        app = public_api(intake.settings, pack, pool, intake.clock, _never, lambda: None)
        async with visitor(app) as client:
            for path in (f"/api/v1/reports/{number}", f"/api/v1/reports/{number}/data"):
                answer = await client.get(path, headers={"X-Tracking-Secret": "x"})
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
                assert answer.json()["type"] == "/problems/overloaded"


async def _never(_asked: Any) -> Any:
    raise AssertionError("nothing is sent here")


async def test_until_the_role_is_ready_a_page_says_so(intake: Any, pack: CityPack) -> None:
    gate = Gate(page_meanwhile(web_settings(intake), pack))
    async with visitor(gate) as client:
        browser = Browser(client)
        waiting = await browser.open("/")
        assert is_page(waiting, 503, "en")
        assert "Try again in a moment." in waiting.text
        styles = re.search(r'href="(/static/\w+/page\.css)"', waiting.text)
        assert styles is not None
        assert (await browser.open(styles[1])).status_code == 200
        sent = await client.post("/lapor", data={"text": "x"}, headers=OWN)
        assert is_page(sent, 503, "en")


async def test_the_button_back_may_show_an_empty_form_as_it_was_left(browser: Browser) -> None:
    empty = await browser.open("/")
    assert empty.headers["cache-control"] == "private, max-age=0"
    wrong = await browser.send(await browser.fill(text="x"))
    assert wrong.headers["cache-control"] == "no-store"
