"""The desk as its people use it: by clicks in a real browser, and by the same forms without one."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import httpx
from playwright.async_api import Page, async_playwright
from tests.week.channels import Refused
from tests.week.deeds import Deed

BY_CLICKS: Final = 20
"""Deeds of each person that are done by clicks in the browser; the rest are the same forms."""

_FORMS: Final = {
    "accept": ("terima", None),
    "progress": ("kemajuan", "Petugas sudah di lokasi."),
    "ask": ("tanya", "Di sebelah mana tepatnya?"),
    "resolve": ("selesai", "Sudah selesai dikerjakan."),
    "return": ("kembalikan", "Bukan kewenangan kami."),
    "assign": ("tugaskan", None),
    "hand-on": ("teruskan", None),
    "close": ("tutup", "Tidak dapat ditindaklanjuti: bukan laporan."),
}
_HIDDEN: Final = re.compile(r"<input type=hidden name=(\w+) value='([^']*)'>")
_OWN: Final = {"sec-fetch-site": "same-origin"}


class Person:
    """Somebody who is logged in at the desk.

    Args:
        client: with the desk's base address and a session.
        page: of a browser with a session of its own.
    """

    def __init__(self, client: httpx.AsyncClient, page: Page) -> None:
        self._client = client
        self._page = page
        self._browsing = asyncio.Lock()
        self.counts: Counter[str] = Counter()

    async def send(self, case: dict[str, Any], version: int, deed: Deed) -> None:
        """Do it: the first ones by clicks.

        Raises:
            Refused: the desk says no.
        """
        by_clicks = self.counts["by clicks"] < BY_CLICKS
        self.counts["by clicks" if by_clicks else "by forms"] += 1
        if by_clicks:
            async with self._browsing:
                await self._click(case["tracking_number"], deed)
        else:
            await self._post(case["tracking_number"], version, deed)

    async def _click(self, number: str, deed: Deed) -> None:
        name, words = _FORMS[deed.what]
        page = self._page
        await page.goto(f"/perkara/{number}")
        form = page.locator(f"form[action='/perkara/{number}/{name}']")
        if name != "terima":
            await page.locator("details").filter(has=form).locator("summary").click()
        if deed.to is not None:
            await form.locator("select[name=instansi]").select_option(deed.to)
        if words is not None:
            await form.locator("textarea").fill(words)
        async with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
            await form.locator("button[type=submit]").click()
        answer = await posted.value
        await page.wait_for_load_state()
        if answer.status != httpx.codes.SEE_OTHER:
            raise Refused(f"{deed} of {number} by a click: {answer.status}")

    async def _post(self, number: str, version: int, deed: Deed) -> None:
        name, words = _FORMS[deed.what]
        fields = {"versi": str(version), "kata": words or "", "instansi": deed.to or ""}
        answer = await self._client.post(f"/perkara/{number}/{name}", data=fields, headers=_OWN)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise Refused(
                f"{deed} of {number} by a form: {answer.status_code} {answer.text[:2000]}"
            )


async def _logged_in(client: httpx.AsyncClient, subject: str) -> None:
    begun = await client.get("/masuk", headers=_OWN)
    provider = begun.headers["location"]
    hidden = dict(_HIDDEN.findall((await client.get(provider)).text))
    authorize = provider.partition("?")[0]
    sent = await client.post(authorize, data={**hidden, "person": subject})
    back = await client.get(sent.headers["location"], headers=_OWN)
    if back.status_code >= httpx.codes.BAD_REQUEST:
        raise Refused(f"{subject} cannot log in: {back.status_code} {back.text[:500]}")


@asynccontextmanager
async def people_at(url: str, chromium: str, *subjects: str) -> AsyncIterator[list[Person]]:
    """People at the desk until the block ends, each with a browser's context of their own.

    Args:
        url: of the desk.
        chromium: where the browser is.
        subjects: who, as the development provider knows them.
    """
    async with AsyncExitStack() as kept, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        people = []
        for subject in subjects:
            client = await kept.enter_async_context(
                httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)
            )
            await _logged_in(client, subject)
            context = await browser.new_context(base_url=url)
            page = await context.new_page()
            await page.goto("/")
            await page.click(f"button[value={subject}]")
            await page.wait_for_url(f"{url}/**")
            people.append(Person(client, page))
        yield people
        await browser.close()
