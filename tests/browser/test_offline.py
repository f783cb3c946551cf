"""A report that is written without a network is sent exactly once, whatever breaks meanwhile."""

import io
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from offline_site import OfflineSite
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from conftest import outside
from mrk_delivery.migrate import migrate
from mrk_local.testing import Databases

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("offline")]

TEXT = "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini."
STATES = {
    "id": ("Menunggu jaringan", "Terkirim", "perlu Anda periksa"),
    "en": ("Waiting for a network", "Sent", "needs your look"),
}
# the page is the worker's, and all that it needs is in the phone
KEPT = "() => !!navigator.serviceWorker.controller"


@pytest.fixture(scope="module")
def offline_site(
    databases_of_run: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OfflineSite]:
    async def migrated(dsn: str) -> None:
        await migrate("mrk_intake", dsn)

    dsn = outside(databases_of_run.fresh("offline", migrated))
    site = OfflineSite(dsn, tmp_path_factory.mktemp("offline"))
    try:
        yield site
    finally:
        site.close()


@pytest.fixture
def phone(browser: Browser, offline_site: OfflineSite, request: Any) -> Iterator[BrowserContext]:
    language = getattr(request, "param", "id")
    context = browser.new_context(
        base_url=offline_site.door.url,
        locale={"id": "id-ID", "en": "en-GB"}[language],
        viewport={"width": 360, "height": 740},
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()
    offline_site.door.open = True


def photo(name: str = "jalan.jpg", **exif: Any) -> dict[str, Any]:
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 90).convert("RGB").save(out, "JPEG", quality=80, **exif)
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


def rows(site: OfflineSite, query: str, *values: Any) -> Any:
    async def asked() -> Any:
        conn = await asyncpg.connect(site.dsn)
        try:
            return await conn.fetch(query, *values)
        finally:
            await conn.close()

    return outside(asked())


def reports(site: OfflineSite) -> int:
    return int(rows(site, "select count(*) as n from report")[0]["n"])


def opened(phone: BrowserContext) -> Page:
    """The form, once all that it needs without a network is in the phone."""
    page = phone.new_page()
    page.goto("/")
    page.wait_for_function(KEPT)
    return page


def write(page: Page, *files: Any) -> None:
    page.fill("#text", TEXT)
    if files:
        page.set_input_files("#photos", list(files))
        expect(page.locator("#photo-list li")).to_have_count(len(files))
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("#next")
    page.click("#next")


def send(page: Page) -> None:
    page.click("form#report button[type=submit]")


def shown_number(page: Page) -> str:
    expect(page.locator("#queue-list [data-state=sent]")).to_have_count(1, timeout=40_000)
    return page.locator("#queue-list .number").inner_text()


@pytest.mark.parametrize("phone", ["id", "en"], indirect=True)
def test_written_without_a_network_sent_once_though_the_server_is_killed(
    phone: BrowserContext, offline_site: OfflineSite
) -> None:
    before = reports(offline_site)
    page = opened(phone)
    words = STATES[page.locator("html").get_attribute("lang") or ""]
    phone.set_offline(True)
    page.reload()  # the form comes from the phone
    write(page, photo())
    send(page)
    page.wait_for_url("**/antrean")
    expect(page.locator("#queue-list .state")).to_have_text(words[0])
    page.close()

    def killed() -> None:
        offline_site.kill()

    # the line breaks, and the server dies, after the commit and before the answer
    offline_site.door.on_answer = killed
    phone.set_offline(False)
    page = phone.new_page()
    page.goto("/antrean")
    expect(page.locator("#queue-list .attempted")).to_be_visible(timeout=40_000)
    expect(page.locator("#queue-list .state")).to_have_text(words[0], timeout=40_000)
    expect(page.locator("[data-does=change]")).to_be_hidden()
    assert reports(offline_site) == before + 1
    page.close()
    offline_site.start()
    page = phone.new_page()
    page.goto("/antrean")
    number = shown_number(page)
    assert words[1] in page.locator("#queue-list .state").inner_text()
    assert reports(offline_site) == before + 1
    [row] = rows(
        offline_site,
        "select count(a.*) as photos from report r left join report_attachment a"
        " on a.complaint = r.id where r.tracking_number = $1 group by r.id",
        number,
    )
    assert row["photos"] == 1
    # nothing but number and secret is left in the phone
    left = page.evaluate(
        "() => new Promise((done) => { const asked = indexedDB.open('mrk');"
        " asked.onsuccess = () => { const all = asked.result.transaction('reports')"
        ".objectStore('reports').getAll();"
        " all.onsuccess = () => done(JSON.stringify(all.result)); }; })"
    )
    assert "berlubang" not in left
    assert "photos" not in left
    page.click("[data-does=open]")
    page.wait_for_url("**/tanda-terima")
    assert page.locator(".number").inner_text() == number
    # it was seen: the phone forgets it, unless it is told to keep it
    page.goto("/antrean")
    expect(page.locator("#queue-empty")).to_be_visible()


def test_no_page_with_personal_data_is_kept(
    phone: BrowserContext, offline_site: OfflineSite
) -> None:
    page = opened(phone)
    write(page, photo())
    send(page)
    page.wait_for_url("**/tanda-terima")
    page.click("a.button.main")
    page.wait_for_url("**/laporan/*")
    expect(page.locator("#photos")).to_be_visible()
    kept = page.evaluate(
        "async () => { const names = await caches.keys(); const all = await Promise.all(names.map("
        "async (name) => (await (await caches.open(name)).keys()).map((each) => each.url)));"
        " return all.flat(); }"
    )
    assert kept
    for word in ("laporan", "berkas", "lacak", "uploads", "bukti"):
        assert [url for url in kept if f"/{word}" in url] == []
    phone.set_offline(True)
    page.goto("/lacak")
    expect(page.locator("h1")).to_have_text("Sedang tidak ada jaringan")
    assert offline_site.door.open


def test_a_report_that_waits_is_changed_or_deleted(
    phone: BrowserContext, offline_site: OfflineSite
) -> None:
    before = reports(offline_site)
    page = opened(phone)
    phone.set_offline(True)
    for _ in range(2):  # one page, kept once: each report has a key of its own
        page.goto("/")
        write(page, photo())
        send(page)
        page.wait_for_url("**/antrean")
    cards = page.locator("#queue-list > li")
    expect(cards).to_have_count(2)
    page.on("dialog", lambda asked: asked.accept())
    cards.nth(0).locator("[data-does=drop]").click()
    expect(cards).to_have_count(1)
    cards.nth(0).locator("[data-does=change]").click()
    page.wait_for_url("**/")
    expect(page.locator("#text")).to_have_value(TEXT)
    expect(page.locator("#photo-list .file")).to_have_text("jalan.jpg")
    page.fill("#text", "Sampah menumpuk di depan sekolah sejak Senin.")
    page.click("#photo-list .remove")
    page.click("#next")
    page.click("#next")
    send(page)
    page.wait_for_url("**/antrean")
    expect(page.locator("#queue-list .words")).to_contain_text("Sampah menumpuk")
    phone.set_offline(False)  # the page is open: it sends by itself
    number = shown_number(page)
    assert reports(offline_site) == before + 1
    [row] = rows(
        offline_site,
        "select convert_from(e.body, 'utf8') as body from report r join report_event e"
        " on e.key = r.id::text where r.tracking_number = $1",
        number,
    )
    assert "Sampah menumpuk" in row["body"]


@pytest.mark.parametrize("phone", ["id", "en"], indirect=True)
def test_what_the_server_does_not_take_waits_for_a_look(
    phone: BrowserContext, offline_site: OfflineSite
) -> None:
    before = reports(offline_site)
    page = opened(phone)
    words = STATES[page.locator("html").get_attribute("lang") or ""]
    phone.set_offline(True)
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("#next")
    page.fill("#phone", "12")
    page.click("#next")
    send(page)
    page.wait_for_url("**/antrean")
    phone.set_offline(False)
    expect(page.locator("#queue-list .state")).to_contain_text(words[2], timeout=40_000)
    expect(page.locator("#queue-list .problems")).to_contain_text("0812")
    page.click("[data-does=change]")
    expect(page.locator("#phone-wrong")).to_be_visible()
    expect(page.locator("#phone")).to_be_focused()
    page.fill("#phone", "0812 3456 7890")
    page.click("#next")
    send(page)
    page.wait_for_url("**/tanda-terima")
    assert reports(offline_site) == before + 1


def test_the_worker_sends_while_no_page_of_ours_is_open(
    phone: BrowserContext, offline_site: OfflineSite
) -> None:
    before = reports(offline_site)
    page = opened(phone)
    phone.set_offline(True)
    write(page)
    send(page)
    page.wait_for_url("**/antrean")
    page.close()
    other = phone.new_page()
    session = phone.new_cdp_session(other)
    registered: list[dict[str, Any]] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registered.extend(told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    while not registered:
        other.wait_for_timeout(50)  # lets the session's events in
    phone.set_offline(False)
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": offline_site.door.url,
            "registrationId": registered[0]["registrationId"],
            "tag": "mrk-send",
            "lastChance": False,
        },
    )
    page = phone.new_page()
    deadline = 200
    while reports(offline_site) == before and deadline:
        other.wait_for_timeout(50)
        deadline -= 1
    assert reports(offline_site) == before + 1
    page.goto("/antrean")
    shown_number(page)


def test_many_tabs_send_once(phone: BrowserContext, offline_site: OfflineSite) -> None:
    before = reports(offline_site)
    page = opened(phone)
    phone.set_offline(True)
    write(page, photo())
    send(page)
    page.wait_for_url("**/antrean")
    tabs = [page]
    for _ in range(3):
        tab = phone.new_page()
        tab.goto("/antrean")
        tabs.append(tab)
    posts: list[str] = []
    phone.on("request", lambda each: posts.append(each.url) if each.method == "POST" else None)
    phone.set_offline(False)
    numbers = {shown_number(tab) for tab in tabs}
    assert len(numbers) == 1
    assert [url for url in posts if url.endswith("/lapor")] == [f"{offline_site.door.url}/lapor"]
    assert reports(offline_site) == before + 1


def test_a_photo_goes_on_from_where_the_line_broke(phone: BrowserContext) -> None:
    page = opened(phone)
    page.fill("#text", TEXT)
    pieces: list[tuple[str, str]] = []

    def cut(route: Any) -> None:
        at = route.request.headers["upload-offset"]
        pieces.append(("cut" if len(pieces) == 2 else "sent", at))
        if pieces[-1][0] == "cut":
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*", lambda route: (
        cut(route) if route.request.method == "PATCH" else route.continue_()
    ))  # fmt: skip
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 90).convert("RGB").save(out, "JPEG", quality=97)
    page.set_input_files(
        "#photos", [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}]
    )
    expect(page.locator("#photo-list li")).to_have_attribute("data-state", "ready", timeout=30_000)
    assert len(out.getvalue()) > 4 * 256 * 1024
    offsets = [int(at) for what, at in pieces if what == "sent"]
    assert offsets == [n * 256 * 1024 for n in range(len(offsets))]  # none was sent twice
    assert [what for what, _ in pieces].count("cut") == 1
    expect(page.locator("#photo-list img")).to_be_visible()
    page.click("#photo-list .remove")
    expect(page.locator("#photos")).to_be_focused()
    expect(page.locator("#photo-list li")).to_have_count(0)


def test_a_refused_photo_is_named_and_its_place_is_offered(phone: BrowserContext) -> None:
    page = opened(phone)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (3.0, 35.0, 22.92), 3: "E", 4: (98.0, 40.0, 25.68)})
    bad = {"name": "surat.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 bukan pdf"}
    page.set_input_files("#photos", [photo(exif=exif), bad])
    states = page.locator("#photo-list li")
    expect(states.nth(1)).to_have_attribute("data-state", "refused", timeout=30_000)
    expect(page.locator("#photos-told")).to_contain_text("surat.pdf: ")
    expect(states.nth(0)).to_have_attribute("data-state", "ready", timeout=30_000)
    assert page.input_value("#lat") == ""  # offered, not taken
    page.click("#photo-list .use-place")
    expect(page.locator("#lat")).to_have_value("3.589700")
    expect(page.locator("#address")).not_to_have_value("")
    page.fill("#text", TEXT)
    page.click("#next")
    page.click("#next")
    send(page)  # a refused file must go first
    expect(states.nth(1).locator(".remove")).to_be_focused()
    page.keyboard.press("Enter")
    page.click("#next")
    page.click("#next")
    send(page)
    page.wait_for_url("**/tanda-terima")
    page.click("#keep")
    page.goto("/antrean")
    expect(page.locator("#queue-list [data-state=sent]")).to_have_count(1)


def test_the_first_load_is_small_and_the_app_can_be_installed(phone: BrowserContext) -> None:
    page = phone.new_page()
    session = phone.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setBypassServiceWorker", {"bypass": True})
    loaded: list[int] = []
    session.on("Network.loadingFinished", lambda told: loaded.append(told["encodedDataLength"]))
    page.goto("/", wait_until="networkidle")
    first = sum(loaded)
    assert 5_000 < first < 100_000, first
    page.click("#open-map")
    page.locator(".leaflet-interactive").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert sum(loaded) < 300_000, sum(loaded)
    assert sum(loaded) > first + 30_000  # the map is among it
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert '"display": "standalone"' in manifest["data"]
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # a context of a test is a private window, and that alone stands against it
    assert [each["errorId"] for each in found] == ["in-incognito"]


def test_a_waiting_report_by_the_keyboard_alone(
    phone: BrowserContext, offline_site: OfflineSite
) -> None:
    before = reports(offline_site)
    page = opened(phone)
    keys = page.keyboard

    def until(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("s => document.activeElement?.matches(s)", selector):
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(outline) != "none", selector
                return
            keys.press("Tab")
        raise AssertionError(f"{selector} is not reached by the keyboard")

    page.set_input_files("#photos", [photo(), photo("dua.jpg")])
    phone.set_offline(True)
    until("#text")
    keys.type(TEXT)
    until("#photos")
    until("#photo-list li:nth-child(2) .remove")
    assert "dua.jpg" in (page.evaluate("document.activeElement.getAttribute('aria-label')"))
    keys.press("Enter")
    expect(page.locator("#photos")).to_be_focused()
    until("#address")
    keys.type("Kesawan")
    keys.press("Enter")
    until("#next")
    keys.press("Enter")
    until("form#report button[type=submit]")
    keys.press("Enter")
    page.wait_for_url("**/antrean")
    until("[data-does=change]")
    keys.press("Enter")
    page.wait_for_url("**/")
    expect(page.locator("#text")).to_have_value(TEXT)
    page.goto("/antrean")
    phone.set_offline(False)
    expect(page.locator("#queue-list .state")).to_contain_text("sedang Anda ubah")
    until("[data-does=now]")
    keys.press("Enter")
    shown_number(page)
    until("[data-does=open]")
    keys.press("Enter")
    page.wait_for_url("**/tanda-terima")
    assert reports(offline_site) == before + 1
