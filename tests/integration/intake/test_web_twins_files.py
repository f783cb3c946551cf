"""Photos beside reports nearby and in lists, and those of a form that is asked about them."""

import html
import re
from typing import Any

from list_readers import listed
from test_web_files import KEPT, Sender, jpeg
from web_visitors import OWN, Browser

POINT = {"lat": "3.589700", "lon": "98.673800", "category": "roads"}
PICTURE = r'<img class="picture" src="(/berkas/[\w-]+/thumbnail)" width="\d+" height="\d+" alt=""'


async def with_photo(intake: Any, browser: Browser, **typed: str) -> str:
    """Send a report with a photo; its number."""
    form = await browser.fill(**POINT, **typed)
    receipt = await Sender(browser, intake).send(form, jpeg())
    assert receipt.url.path.endswith("/tanda-terima"), receipt.text
    return receipt.url.path.split("/")[2]


async def test_the_question_shows_photos_and_carries_those_of_the_form_along(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    await with_photo(intake, browser)
    asked = await Sender(stranger, intake).send(await stranger.fill(**POINT), jpeg("dua.jpg", 90))
    assert "Is it one of these?" in asked.text
    assert await intake.count("report") == 1
    [small] = re.findall(PICTURE, asked.text)
    assert (await stranger.open(small)).headers["content-type"] == "image/jpeg"
    assert [name for _, name in re.findall(KEPT, asked.text)] == ["dua.jpg"]
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text)
    receipt = await stranger.send({name: html.unescape(value) for name, value in hidden})
    assert "Your report has been received" in receipt.text
    number = receipt.url.path.split("/")[2]
    event = await intake.event(await intake.id_of(number))
    assert len(event["report"]["photos"]) == 1


async def test_a_report_that_waited_in_the_phone_is_not_stopped_by_the_question(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    await browser.sent(**POINT)
    form = await stranger.fill(**POINT)
    headers = {**OWN, "accept": "application/json"}
    answer = await stranger.client.post("/lapor", data=form, headers=headers)
    assert answer.status_code == 201, answer.text
    assert await intake.count("report") == 2


async def test_lists_show_the_first_photo_that_everybody_may_see(
    intake: Any, browser: Browser
) -> None:
    await with_photo(intake, browser)
    await with_photo(intake, browser, confidential="1", kind="aspiration")
    await listed(intake)
    page = await browser.open("/laporan")
    [small] = re.findall(PICTURE, page.text)
    assert (await browser.open(small)).headers["content-type"] == "image/jpeg"
