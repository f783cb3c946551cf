"""Role `staff` and the development provider as processes, and every page that staff see."""

import asyncio
import base64
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from playwright.sync_api import Page

from mrk_local.ports import free_ports

PACK: Final = Path(__file__).parents[2] / "deploy" / "city" / "medan"
TEXT: Final = "Pegawai loket meminta uang pelicin untuk mengurus izin usaha."


@dataclass(frozen=True)
class StaffSite:
    """The running pages for staff.

    Attributes:
        number: of a whistle-blowing report.
        dsn: of the database behind it.
    """

    url: str
    login: str
    number: str
    dsn: str


@contextmanager
def staff_site(dsn: str, folder: Path) -> Iterator[StaffSite]:
    """Both processes; browsers see the provider as another site, as in a city."""
    own, provider = free_ports(2)
    url, issuer = f"http://127.0.0.1:{own}", f"http://localhost:{provider}"
    secret = folder / "secret"
    secret.write_text(secrets.token_urlsafe(24))
    settings = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": dsn,
        "LISTEN": f"127.0.0.1:{own}",
        "VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "TRACKING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "SESSION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": "https://lapor.example",
        "WEB_URL": "https://lapor.example",
        "STAFF_URL": url,
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": "rumah-kita",
        "OIDC_CLIENT_SECRET": secret.read_text(),
        "OIDC_ROLES_CLAIM": "roles",
        "CITY_PACK": str(PACK),
        "ATTACHMENTS_URL": (folder / "attachments").as_uri(),
    }
    env = {"PATH": os.environ["PATH"], **{f"MRK_INTAKE_{k}": v for k, v in settings.items()}}
    simulator = [
        sys.executable, "-m", "mrk_simulators", "login", f"--listen=127.0.0.1:{provider}",
        f"--store={folder / 'login.sqlite'}", f"--issuer={issuer}", "--client-id=rumah-kita",
        f"--client-secret-file={secret}", f"--redirect={url}/masuk/kembali",
        f"--goodbye={url}/keluar/selesai", "--environment=test",
    ]  # fmt: skip
    log = folder / "staff.log"
    with log.open("wb") as out:
        processes = [
            subprocess.Popen(command, env={**env, **more}, stdout=out, stderr=out)
            for command, more in (
                (simulator, {}),
                ([sys.executable, "-m", "mrk_intake", "staff"], {}),
                # examines what is uploaded
                (
                    [sys.executable, "-m", "mrk_intake", "worker"],
                    {"MRK_INTAKE_LISTEN": "127.0.0.1:0"},
                ),
            )
        ]
    try:
        _answers(f"http://127.0.0.1:{provider}/_sim/health", log)
        _answers(f"{url}/readyz", log)
        yield StaffSite(url, issuer, _whistle(url), dsn)
    finally:
        for each in reversed(processes):
            each.terminate()
        assert [each.wait(timeout=25) for each in processes] == [0, 0, 0], log.read_text()[-3000:]


def _answers(address: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)  # a process that starts is no event that can be awaited
    raise AssertionError(log.read_text()[-3000:])


def _whistle(url: str) -> str:
    """A whistle-blowing report that an operator took, by the pages themselves."""
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=False) as client:
        to = client.get("/masuk").headers["location"]
        page = client.get(to).text
        hidden = dict(re.findall(r"<input type=hidden name=(\w+) value='([^']*)'>", page))
        back = client.post(to.partition("?")[0], data={**hidden, "person": "dev-operator"})
        assert client.get(back.headers["location"]).status_code == 200
        form = {
            "kunci": secrets.token_urlsafe(24), "channel": "call_centre_112",
            "kind": "whistleblowing", "text": TEXT, "address": "Kantor Camat, Medan Barat",
            "name": "Butet Simanjuntak", "phone": "081234567890", "bahasa": "id",
        }  # fmt: skip
        sent = client.post("/lapor", data=form)
        assert sent.status_code == 303, sent.text
        return str(sent.headers["location"]).split("/")[2]


def attached(site: StaffSite, number: str) -> int:
    """How many files a report has."""

    async def asked() -> int:
        conn = await asyncpg.connect(site.dsn)
        found: int = await conn.fetchval(
            "select count(*) from report_attachment a join report r on r.id = a.complaint"
            " where r.tracking_number = $1", number,
        )  # fmt: skip
        await conn.close()
        return found

    with ThreadPoolExecutor(1) as thread:  # the browser has this one's loop
        return thread.submit(asyncio.run, asked()).result()


Open = Callable[..., Page]


def entered(visit: Open, site: StaffSite, person: str, to: str = "/", **how: Any) -> Page:
    """A page, after the whole way through the provider."""
    page = visit(site.url + to, **how)
    page.click(f"button[value={person}]")
    page.wait_for_url(site.url + to)
    return page


def login(visit: Open, site: StaffSite, **how: Any) -> Page:
    return visit(site.url + "/keluar/selesai", **how)


def refused(visit: Open, site: StaffSite, **how: Any) -> Page:
    return visit(site.url + "/masuk/kembali?state=x&code=x", **how)


def home(visit: Open, site: StaffSite, **how: Any) -> Page:
    return entered(visit, site, "dev-operator", **how)


def forbidden(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = home(visit, site, **how)
    page.goto(site.url + "/inspektorat")
    return page


def form(visit: Open, site: StaffSite, **how: Any) -> Page:
    return entered(visit, site, "dev-operator", "/lapor", **{**how, "scripts": False})


def form_with_errors(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = form(visit, site, **how)
    page.fill("#text", "x")
    page.click("form#report button[type=submit]")
    page.locator("#channel-wrong").wait_for()
    return page


def receipt(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = entered(visit, site, "dev-counter", "/lapor", **{**how, "scripts": False})
    page.fill("#text", "Jalan berlubang besar di depan pasar.")
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    return page


def inspection(visit: Open, site: StaffSite, **how: Any) -> Page:
    return entered(visit, site, "dev-inspektorat", "/inspektorat", **how)


def gate(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = inspection(visit, site, **how)
    page.click(f"text={site.number}")
    page.wait_for_url(f"**/inspektorat/{site.number}")
    return page


def gate_with_errors(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = gate(visit, site, **how)
    page.click("main button[type=submit]")
    page.locator("#purpose-wrong").wait_for()
    return page


def opened(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = gate(visit, site, **how)
    page.check("[value=examination]")
    page.fill("#detail", "700/12")
    page.click("main button[type=submit]")
    page.locator("blockquote.words").first.wait_for()
    return page


def contact(visit: Open, site: StaffSite, **how: Any) -> Page:
    page = opened(visit, site, **how)
    page.click("form[action$=kontak] button")
    page.locator("text=Butet Simanjuntak").wait_for()
    return page


STAFF_PAGES: Final[Mapping[str, Callable[..., Page]]] = {
    "staff-logged-out": login,
    "staff-refused": refused,
    "staff-home": home,
    "staff-forbidden": forbidden,
    "staff-form": form,
    "staff-form-with-errors": form_with_errors,
    "staff-receipt": receipt,
    "staff-inspection": inspection,
    "staff-gate": gate,
    "staff-gate-with-errors": gate_with_errors,
    "staff-whistle": opened,
    "staff-whistle-contact": contact,
}
"""By the name of its picture."""
