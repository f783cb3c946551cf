"""Role `desk` over a real database, with the development provider as its login."""

import base64
import re
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from routing_records import MEDAN

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_login.oidc import Provider
from mrk_pages.assets import Assets
from mrk_routing.gateways.intake import Intake
from mrk_routing.http.desk.app import desk_app
from mrk_routing.http.desk.pages import STATIC, Pages
from mrk_routing.settings import DeskSettings
from mrk_schemas.internal import AttachmentInfo, AttachmentList, ConfidentialPlace, Proof
from mrk_simulators.login import run
from mrk_simulators.login.app import build_app
from mrk_simulators.login.issuer import Issuer, Registered
from mrk_simulators.store import GroupCommitStore

SITE = "https://meja.example"
ISSUER = "https://login.example"
TOKEN = "t" * 40
SECRET = "s" * 32
PHOTO = "0195583b-7a00-7000-8000-00000000aaaa"
HIDDEN_ADDRESS = "Gang Tersembunyi 7"
SHA = "ab" * 32
OWN = {"sec-fetch-site": "same-origin"}


@dataclass
class Internal:
    """What role `internal` of intake answers, by the contract's models; what was asked is kept."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)
    away: bool = False
    refused: str | None = None

    async def __call__(  # noqa: PLR0911  # an address each
        self, request: httpx.Request
    ) -> httpx.Response:
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        path = request.url.path
        self.asked.append((request.method, path, request.headers["x-purpose"]))
        if self.away:
            raise httpx.ConnectError("away")
        complaint = path.split("/")[4]
        if path.startswith("/internal/v1/places/"):
            place = ConfidentialPlace(
                complaint_id=complaint, lat=3.58, lon=98.67, address=HIDDEN_ADDRESS
            )
            return _json(place)
        if path.startswith("/internal/v1/details/"):
            return httpx.Response(404)
        if path.endswith("/proofs"):
            await request.aread()
            return _json(Proof(id="1", state="examining"), 202)
        if path.startswith("/internal/v1/proofs/"):
            if self.refused is not None:
                return _json(Proof(id="1", state="refused", refused=self.refused))
            return _json(Proof(id="1", state="ready", sha256=SHA))
        if path == f"/internal/v1/attachments/{PHOTO}":
            return httpx.Response(200, content=b"photo's bytes")
        info = AttachmentInfo(
            id=PHOTO, purpose="report", media_type="image/jpeg", size=13, sha256=SHA
        )
        return _json(AttachmentList(complaint_id=complaint, attachments=(info,)))


def _json(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=body.to_json())


@dataclass
class DeskSite:
    """The desk as people's browsers see it."""

    app: Any
    login: httpx.AsyncClient
    internal: Internal
    pool: asyncpg.Pool

    @asynccontextmanager
    async def browser(self) -> AsyncIterator["DeskBrowser"]:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
            yield DeskBrowser(self, client)

    @asynccontextmanager
    async def as_(self, subject: str) -> AsyncIterator["DeskBrowser"]:
        async with self.browser() as browser:
            answer = await browser.log_in(subject)
            assert answer.status_code == 200, answer.text
            yield browser

    async def audited(self) -> list[tuple[str, str, str | None]]:
        """Who did what, oldest first, with the detail."""
        rows = await self.pool.fetch(
            "select p.subject, a.what, a.detail from desk_audit a"
            " join staff_person p on p.id = a.person order by a.id"
        )
        return [(row["subject"], row["what"], row["detail"]) for row in rows]


@dataclass
class DeskBrowser:
    """A browser without JavaScript."""

    site: DeskSite
    client: httpx.AsyncClient

    async def open(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**OWN, **headers})

    async def post(self, path: str, **data: Any) -> httpx.Response:
        return await self.client.post(path, data=data, headers=OWN)

    async def log_in(self, subject: str) -> httpx.Response:
        begun = await self.open("/masuk")
        assert begun.status_code == 303, begun.text
        page = await self.site.login.get(begun.headers["location"])
        hidden = dict(re.findall(r"<input type=hidden name=(\w+) value='([^']*)'>", page.text))
        sent = await self.site.login.post(f"{ISSUER}/authorize", data={**hidden, "person": subject})
        assert sent.status_code == 303, sent.text
        return await self.open(sent.headers["location"].removeprefix(SITE))

    async def version(self, number: str) -> str:
        """What a form of the case's page holds."""
        page = await self.open(f"/perkara/{number}")
        found = re.search(r'name="versi" value="(\d+)"', page.text)
        assert found is not None, page.text
        return found[1]


def desk_settings() -> DeskSettings:
    return DeskSettings(
        environment="test",
        database_url="postgresql://routing@127.0.0.1/routing",
        listen="127.0.0.1:0",
        city_pack=MEDAN,
        desk_url=SITE,
        internal_url="http://intake.example",
        internal_token=TOKEN,
        oidc_issuer=ISSUER,
        oidc_client_id="meja",
        oidc_client_secret=SECRET,
        oidc_roles_claim="roles",
        session_key=base64.b64encode(secrets.token_bytes(32)).decode(),
    )


@asynccontextmanager
async def desk_site(pool: asyncpg.Pool, pack: CityPack, clock: Clock) -> AsyncIterator[DeskSite]:
    """The desk over this database."""
    settings, internal = desk_settings(), Internal()
    client = settings.client(SITE)
    registered = Registered(client.client_id, SECRET, (client.redirect_uri,), (client.goodbye_uri,))
    async with AsyncExitStack() as kept:
        folder = kept.enter_context(tempfile.TemporaryDirectory())
        store = GroupCommitStore(Path(folder) / "login.sqlite", run.SCHEMA)
        kept.push_async_callback(store.close)
        real = httpx.ASGITransport(build_app(Issuer(ISSUER, registered), store))
        login = await kept.enter_async_context(httpx.AsyncClient(transport=real))
        calls = await kept.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.MockTransport(internal), base_url="http://intake.example"
            )
        )
        app = desk_app(
            settings, pack, pool, clock, Provider(login, client), Intake(calls, TOKEN),
            Pages(pack, Assets(STATIC)), lambda: datetime.now(UTC),
        )  # fmt: skip
        yield DeskSite(app, login, internal, pool)
