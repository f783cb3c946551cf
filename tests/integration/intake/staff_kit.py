"""Role `staff` over a real database, with the development provider as its login."""

import re
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from web_visitors import OWN

from mrk_city import CityPack
from mrk_intake.applications import form_with_files, report_limits, storing
from mrk_intake.http.web.pages import STATIC, Pages
from mrk_intake.http.web.staff.app import staff_app
from mrk_intake.staff_settings import StaffSettings
from mrk_login.oidc import Provider
from mrk_pages.assets import Assets
from mrk_simulators.login import run
from mrk_simulators.login.app import build_app
from mrk_simulators.login.issuer import Issuer, Registered
from mrk_simulators.login.people import by_subject
from mrk_simulators.store import GroupCommitStore

SITE = "https://petugas.example"
ISSUER = "https://login.example"
SECRET = "s" * 32


class Wall:
    """A wall clock that a test moves; the provider's is the same."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Staff:
    """Role `staff` as people's browsers see it.

    Attributes:
        forge: changes the ID token on its way from the provider.
        answers: what the provider answers at an address instead of its own answer.
        asked: the paths that were asked of the provider.
    """

    app: Any
    issuer: Issuer
    wall: Wall
    provider: Provider
    settings: StaffSettings
    store: GroupCommitStore
    login: httpx.AsyncClient
    forge: Callable[[str], str] | None = None
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    seconds: float = 0

    @asynccontextmanager
    async def browser(self) -> AsyncIterator["StaffBrowser"]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=SITE
        ) as client:
            yield StaffBrowser(self, client)

    @asynccontextmanager
    async def logged_in(self, subject: str) -> AsyncIterator["StaffBrowser"]:
        async with self.browser() as browser:
            answer = await browser.log_in(subject)
            assert answer.status_code == 200, answer.text
            yield browser


class StaffBrowser:
    """A browser without JavaScript."""

    def __init__(self, staff: Staff, client: httpx.AsyncClient) -> None:
        self.staff = staff
        self.client = client

    async def open(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**OWN, **headers})

    async def post(self, path: str, **data: str) -> httpx.Response:
        return await self.client.post(path, data=data, headers=OWN)

    async def way_back(self, subject: str, to: str = "/") -> str:
        """Log in at the provider; where it sends the browser."""
        begun = await self.open(f"/masuk?ke={to}")
        assert begun.status_code == 303, begun.text
        page = await self.staff.login.get(begun.headers["location"])
        assert page.status_code == 200, page.text
        hidden = dict(re.findall(r"<input type=hidden name=(\w+) value='([^']*)'>", page.text))
        sent = await self.staff.login.post(
            f"{ISSUER}/authorize", data={**hidden, "person": subject}
        )
        assert sent.status_code == 303, sent.text
        back: str = sent.headers["location"]
        assert back.startswith(f"{SITE}/masuk/kembali?")
        return back.removeprefix(SITE)

    async def log_in(self, subject: str, to: str = "/") -> httpx.Response:
        return await self.open(await self.way_back(subject, to))

    async def form(self, **changes: str) -> dict[str, str]:
        return {
            "kunci": secrets.token_urlsafe(24),
            "channel": "counter",
            "kind": "complaint",
            "text": "Jalan berlubang besar di depan pasar, sudah dua motor jatuh.",
            "address": "Jl. Ahmad Yani, Kesawan, Medan Barat",
            "name": "Butet Simanjuntak",
            "email": "butet@warga.example",
            "bahasa": "id",
            **changes,
        }

    async def taken(self, **changes: str) -> tuple[str, str]:
        """Number and secret of a report that is taken."""
        answer = await self.post("/lapor", **await self.form(**changes))
        assert answer.status_code == 303, answer.text
        receipt = await self.open(answer.headers["location"])
        assert receipt.status_code == 200, receipt.text
        number = re.search(r'class="number">([^<]+)<', receipt.text)
        secret = re.search(r'id="secret">([^<]+)<', receipt.text)
        assert number is not None
        assert secret is not None
        return number[1], secret[1]


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def staff_settings(intake: Any, **changes: Any) -> StaffSettings:
    """Role `staff`'s settings where role `http` has these."""
    shared = set(type(intake.settings).model_fields) & set(StaffSettings.model_fields)
    values = intake.settings.model_dump(include=shared) | {
        "web_url": "https://lapor.example",
        "staff_url": SITE + "/",
        "oidc_issuer": ISSUER,
        "oidc_client_id": "rumah-kita",
        "oidc_client_secret": SECRET,
        "oidc_roles_claim": "roles",
        "session_key": intake.settings.tracking_key,
    }
    return StaffSettings(**values | changes)


@asynccontextmanager
async def staffed(intake: Any, pack: CityPack, **changes: Any) -> AsyncIterator[Staff]:
    """Role `staff` beside `intake`."""
    settings, wall = staff_settings(intake, **changes), Wall()
    client = settings.client(settings.staff_url)
    registered = Registered(client.client_id, SECRET, (client.redirect_uri,), (client.goodbye_uri,))
    issuer = Issuer(ISSUER, registered, now=lambda: wall().timestamp())
    made: list[Staff] = []

    async with AsyncExitStack() as kept:
        folder = kept.enter_context(tempfile.TemporaryDirectory())
        store = GroupCommitStore(Path(folder) / "login.sqlite", run.SCHEMA)
        kept.push_async_callback(store.close)
        real = httpx.ASGITransport(build_app(issuer, store))

        async def handled(request: httpx.Request) -> httpx.Response:
            staff = made[0]
            staff.asked.append(request.url.path)
            if request.url.path in staff.answers:
                return staff.answers[request.url.path]
            answer = await real.handle_async_request(request)
            if request.url.path == "/token" and staff.forge and answer.status_code == 200:
                body = (await _read(answer)) | {}
                return httpx.Response(200, json={**body, "id_token": staff.forge(body["id_token"])})
            return answer

        calls = await kept.enter_async_context(
            httpx.AsyncClient(transport=httpx.MockTransport(handled))
        )
        login = await kept.enter_async_context(httpx.AsyncClient(transport=real))
        provider = Provider(calls, client, clock=lambda: made[0].seconds)
        coalescer = storing(settings, pack, intake.acceptance.write)
        await kept.enter_async_context(coalescer.running())
        app = staff_app(
            settings, pack, intake.pool, intake.clock, coalescer.submit, report_limits(settings),
            provider, Pages(pack, Assets(STATIC), staff=True),
            *form_with_files(settings, intake.pool, intake.clock, settings.staff_url), wall,
        )  # fmt: skip
        made.append(Staff(app, issuer, wall, provider, settings, store, login))
        yield made[0]


async def _read(answer: httpx.Response) -> dict[str, Any]:
    await answer.aread()
    body: dict[str, Any] = answer.json()
    return body


def person_named(subject: str) -> Any:
    found = by_subject(subject)
    assert found is not None
    return found
