"""Role `web` as a process over a real database, and a real headless Chromium before it."""

import asyncio
import base64
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from mrk_delivery.migrate import migrate
from mrk_intake.domain import tracking
from mrk_intake.domain.keys import Keys
from mrk_local.testing import Databases

sys.path.insert(0, str(Path(__file__).parents[2]))  # for `tests.proof`, shared with other folders
sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside this one

import neighbours  # found by the path above
from desk_site import DeskSite, desk_site, seed  # found by the path above
from staff_site import StaffSite, staff_site  # found by the path above
from tests.proof.chromium import installed  # found by the path above

PACK: Final = Path(__file__).parents[2] / "deploy" / "city" / "medan"

PHONE: Final = {"width": 360, "height": 740}
REPORT: Final = UUID("0195583b-7a00-7000-8000-00000000c0de")
RECEIVED: Final = datetime(2026, 3, 2, 3, 4, tzinfo=UTC)
LONG_WHY: Final = (
    "14 hari kerja sejak Sen 2 Mar 10:04; 19 Mar libur (Hari Suci Nyepi);"
    " 20 Mar libur (Hari Raya Idul Fitri)"
)
TWIN: Final = tracking.mint(bytes(32), REPORT)
TWIN_ADDRESS: Final = "Jl. Karya Jaya, Titi Kuning, Medan Johor"
TWIN_POINT: Final = (3.534, 98.681)
_RESOLVED: Final = """
insert into timeline
select id, 'complaint.cases.v1', 1, 'resolved', received_at, 'resolved',
    '{"agency": "sdabmbk", "agency_name": "Dinas SDABMBK"}'
from report where tracking_number = $1
"""
_ASKED: Final = """
insert into timeline
select id, 'complaint.cases.v1', 1, 'asked', received_at, 'waiting',
    '{"agency": "sdabmbk", "agency_name": "Dinas SDABMBK", "question": 1,
      "note": "Di sebelah mana sekolah lubangnya?", "answer_by": "2026-03-09T08:00:00.000Z",
      "answer_by_derivation": "5 hari kerja sejak Sen 2 Mar 10:04"}'
from report where tracking_number = $1
"""
_T = TypeVar("_T")


def outside(work: Coroutine[Any, Any, _T]) -> _T:
    """Run in a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; Debian's own package is installed where there is none."""
    return installed()


@dataclass(frozen=True)
class Site:
    """The running pages.

    Attributes:
        url: where they are.
        number: of a report that an agency has.
        secret: proves its reporter.
        dsn: of their database.
    """

    url: str
    number: str
    secret: str
    dsn: str

    def resolve(self, number: str) -> None:
        """Tell of a report that its agency says that it is solved."""
        self._tell(_RESOLVED, number)

    def ask(self, number: str) -> None:
        """Tell of a report that its agency asks its reporter something."""
        self._tell(_ASKED, number)

    def _tell(self, sql: str, number: str) -> None:
        async def told() -> None:
            conn = await asyncpg.connect(self.dsn)
            await conn.execute(sql, number)
            await conn.close()

        outside(told())

    def listed(self) -> None:
        """List the reports that were sent meanwhile, as role `worker` does."""

        async def done() -> None:
            conn = await asyncpg.connect(self.dsn)
            await neighbours.listed(conn)
            await conn.close()

        outside(done())


def picture() -> bytes:
    """A photo of a road with a hole, always the same one."""
    out = io.BytesIO()
    made = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    draw = ImageDraw.Draw(made)
    draw.polygon([(0, 480), (240, 150), (400, 150), (640, 480)], fill=(90, 92, 96))
    draw.ellipse((230, 300, 420, 380), fill=(38, 34, 30))
    made.save(out, "JPEG", quality=85)
    return out.getvalue()


async def _seeded(dsn: str, url: str, master: bytes) -> tuple[str, str]:
    """A report with a life of its own, always the same one: pictures of it can be compared."""
    import httpx  # noqa: PLC0415  # here alone

    form = {
        "kunci": secrets.token_urlsafe(24),
        "kind": "complaint",
        "text": "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini.",
        "category": "roads",
        "address": "Jl. Ahmad Yani, Kesawan, Medan Barat",
        "email": "warga@warga.example",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        files = {"foto": ("jalan.jpg", picture(), "image/jpeg")}
        answer = await client.post(f"{url}/lapor", data=form, files=files)
        assert answer.status_code == 303, answer.text
    keys = Keys.derive(master)
    number = tracking.mint(keys.numbers, REPORT)
    conn = await asyncpg.connect(dsn)
    async with conn.transaction():  # role worker lists nothing of it before it is whole
        await _moved(conn, number)
        await neighbours.move_in(conn, keys)
    await conn.close()
    return number, tracking.secret(keys.secrets, REPORT)


async def _moved(conn: Any, number: str) -> None:
    """Give the only report its id, its number and its steps."""
    before = str(await conn.fetchval("select id from report"))
    await conn.execute(
        "update report set id = $1, tracking_number = $2, received_at = $3",
        REPORT, number, RECEIVED,
    )  # fmt: skip
    for table in ("report_event", "stream", "outbox"):
        moved = f"update {table} set key = $1 where key = $2"  # noqa: S608  # the names above
        await conn.execute(moved, str(REPORT), before)
    await conn.execute("delete from listing")
    await conn.execute("delete from listing_words")
    await conn.execute("update report_attachment set complaint = $1", REPORT)
    due = {
        "agency": "sdabmbk",
        "agency_name": "Dinas Sumber Daya Air, Bina Marga dan Bina Konstruksi",
        "deadlines": [
            {"clock": clock, "due_at": f"{day}T09:00:00.000Z", "derivation": why}
            for clock, day, why in (
                ("verification", "2026-03-05", "3 hari kerja sejak Sen 2 Mar 10:04"),
                ("first_response", "2026-03-09", "5 hari kerja sejak Sen 2 Mar 10:04"),
                ("resolution", "2026-03-26", LONG_WHY),
            )
        ],
    }  # fmt: skip
    agency = {"agency": "sdabmbk"}
    note = "Tim sudah mengukur lokasi. Penambalan dijadwalkan hari Kamis."
    steps: list[tuple[str, int, str, int, str | None, dict[str, Any]]] = [
        ("complaint.cases.v1", 1, "assigned", 1, "assigned", due),
        ("complaint.mirrors.v1", 1, "mirrored", 2, None, {"national_id": "9120417"}),
        ("complaint.deliveries.v1", 1, "notified", 3, None, {"channel": "email"}),
        ("complaint.cases.v1", 2, "accepted", 95, "accepted", agency),
        ("complaint.cases.v1", 3, "progress", 1500, "in_progress", {**agency, "note": note}),
    ]
    for topic, sequence, type_, minutes, state, detail in steps:
        await conn.execute(
            "insert into timeline values ($1, $2, $3, $4, $5, $6, $7)",
            REPORT, topic, sequence, type_, RECEIVED + timedelta(minutes=minutes), state,
            json.dumps(detail),
        )  # fmt: skip


async def _seeded_twin(dsn: str, url: str) -> None:
    """A report with a point, where no other test reports: what is found nearby."""
    import httpx  # noqa: PLC0415  # here alone

    form = {
        "kunci": secrets.token_urlsafe(24), "kind": "complaint", "category": "roads",
        "text": "Aspal terkelupas di tikungan depan sekolah, licin bila hujan.",
        "address": TWIN_ADDRESS, "lat": str(TWIN_POINT[0]), "lon": str(TWIN_POINT[1]),
    }  # fmt: skip
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/lapor", data=form)
        assert answer.status_code == 303, answer.text
    conn = await asyncpg.connect(dsn)
    async with conn.transaction():
        await conn.execute(
            "update report set received_at = $1, tracking_number = $2 where spot is not null",
            RECEIVED, TWIN,
        )  # fmt: skip
        await conn.execute("delete from listing where number <> $1 and complaint in"
                           " (select id from report where spot is not null)", TWIN)  # fmt: skip
        await neighbours.listed(conn)
    await conn.close()


@pytest.fixture(scope="session")
def site(databases_of_run: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Role `web`, with the same report in it every time."""

    async def migrated(dsn: str) -> None:
        await migrate("mrk_intake", dsn)

    dsn = outside(databases_of_run.fresh("browser", migrated))
    master = bytes(range(32))
    own = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": dsn,
        "LISTEN": "127.0.0.1:0",
        "VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "TRACKING_KEY": base64.b64encode(master).decode(),
        "PUBLIC_URL": "https://lapor.example",
        # forms are judged by Sec-Fetch-Site: browsers send it to this machine's own addresses
        "WEB_URL": "https://lapor.example",
        "CITY_PACK": str(PACK),
        "ATTACHMENTS_URL": tmp_path_factory.mktemp("attachments").as_uri(),
    }
    env = {"PATH": os.environ["PATH"], **{f"MRK_INTAKE_{k}": v for k, v in own.items()}}
    log = tmp_path_factory.mktemp("web") / "web.log"
    with log.open("wb") as out, log.with_name("worker.log").open("wb") as other:
        role = subprocess.Popen(
            [sys.executable, "-m", "mrk_intake", "web"], env=env, stdout=out, stderr=out
        )
        examines = subprocess.Popen(
            [sys.executable, "-m", "mrk_intake", "worker"], env=env, stdout=other, stderr=other
        )
    try:
        url = _listening(role, log)
        seeded = outside(_seeded(dsn, url, master))
        outside(_seeded_twin(dsn, url))
        yield Site(url, *seeded, dsn)
    finally:
        role.terminate()
        examines.terminate()
        assert examines.wait(timeout=25) == 0, log.with_name("worker.log").read_text()[-3000:]
        assert role.wait(timeout=25) == 0, log.read_text()[-3000:]


@pytest.fixture(scope="session")
def staff(
    databases_of_run: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StaffSite]:
    """Role `staff` with a whistle-blowing report, and the development provider."""

    async def migrated(dsn: str) -> None:
        await migrate("mrk_intake", dsn)

    dsn = outside(databases_of_run.fresh("staff", migrated))
    with staff_site(dsn, tmp_path_factory.mktemp("staff")) as started:
        yield started


@pytest.fixture(scope="session")
def desk(
    databases_of_run: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DeskSite]:
    """Role `desk` with cases, and the development provider."""

    async def migrated(dsn: str) -> None:
        await migrate("mrk_routing", dsn)

    dsn = outside(databases_of_run.fresh("desk", migrated))
    outside(seed(dsn))
    with desk_site(dsn, tmp_path_factory.mktemp("desk"), picture()) as started:
        yield started


def _listening(role: "subprocess.Popen[bytes]", log: Path) -> str:
    """The role's address, once it takes reports."""
    import time  # noqa: PLC0415  # here alone

    import httpx  # noqa: PLC0415  # here alone

    url = ""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert role.poll() is None, log.read_text()[-3000:]
        said = [json.loads(x) for x in log.read_text().splitlines() if '"role.listening"' in x]
        url = f"http://{said[0]['host']}:{said[0]['port']}" if said else ""
        if url and httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
            return url
        time.sleep(0.05)  # a line in a log is no event that can be awaited
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="session")
def browser(chromium: str, site: Site) -> Iterator[Browser]:
    """Chromium; the pages stand first, so that nothing waits for them in its loop."""
    assert site
    expect.set_options(timeout=15_000)  # what never comes fails as surely; two cores are few
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Opens a page as a visitor of its own; any error of a script or of the policy fails."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_(
        path: str,
        language: str = "id",
        *,
        scripts: bool = True,
        own_scripts: bool = True,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale={"id": "id-ID", "en": "en-GB"}[language],
            java_script_enabled=scripts,
            viewport=options.pop("viewport", PHONE),
            **options,
        )
        contexts.append(context)
        if not own_scripts:
            context.route("**/*.js", lambda route: route.abort())
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                errors.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
