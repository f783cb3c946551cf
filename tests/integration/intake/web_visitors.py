"""Visitors of the resident's pages: browsers without JavaScript."""

import re
from typing import Any

import httpx

from mrk_intake.settings import WebSettings

SITE = "https://lapor.example"
OWN = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}


class Browser:
    """A visitor's browser: keeps cookies, follows redirects."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**OWN, **headers})

    async def key(self) -> str:
        page = await self.open("/")
        found = re.search(r'name="kunci" value="([\w-]{32})"', page.text)
        assert found is not None
        return found[1]

    async def fill(self, **changes: str) -> dict[str, str]:
        return {
            "kunci": await self.key(),
            "kind": "complaint",
            "text": "Jalan berlubang besar di depan pasar, sudah dua motor jatuh.",
            "category": "",
            "address": "Jl. Ahmad Yani, Kesawan, Medan Barat",
            "lat": "",
            "lon": "",
            "name": "Butet Simanjuntak",
            "phone": "",
            "email": "butet@warga.example",
            **changes,
        }

    async def send(self, form: dict[str, str], **headers: str) -> httpx.Response:
        return await self.client.post("/lapor", data=form, headers={**OWN, **headers})

    async def sent(self, **changes: str) -> tuple[str, str]:
        """The number and the secret of a report that is taken."""
        receipt = await self.send(await self.fill(**changes))
        assert receipt.status_code == 200, receipt.text
        number = re.search(r'class="number">([^<]+)<', receipt.text)
        secret = re.search(r'id="secret">([^<]+)<', receipt.text)
        assert number is not None
        assert secret is not None
        return number[1], secret[1]


def visitor(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=SITE, follow_redirects=True
    )


def web_settings(intake: Any, **changes: Any) -> WebSettings:
    """Role `web`'s settings where role `http` has these."""
    shared = set(type(intake.settings).model_fields) & set(WebSettings.model_fields)
    values = intake.settings.model_dump(include=shared) | {"web_url": SITE} | changes
    return WebSettings(**values)
