"""Every page of role `web`, and how a visitor comes to see it: for axe and for pictures."""

from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Page, expect

from conftest import picture

Open = Callable[..., Page]
TEXT = "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini."

QUEUED = """async ({ text, number, secret }) => {
  const page = document.querySelector("script[src]").src;
  const { put } = await import(page.replace("page.js", "store.js"));
  const at = Date.UTC(2026, 2, 2, 3, 4), notBefore = Date.UTC(2126, 0, 1);
  const fields = { kind: "complaint", text, address: "Kesawan" }, language = "id";
  const one = { at, notBefore, fields, language, photos: [], state: "waiting" };
  const photos = [{ name: "jalan.jpg", ready: true }, { name: "dua.jpg" }];
  await put({ ...one, key: "a".repeat(32), photos });
  await put({ ...one, key: "b".repeat(32), at: at + 60000, attempted: true });
  const errors = [{ field: "phone", message: "0812 3456 7890?" }];
  await put({ ...one, key: "c".repeat(32), at: at + 120000, state: "look", problem: { errors } });
  const sentAt = at + 180000, receipt = `/laporan/${number}/tanda-terima`;
  await put({ key: "d".repeat(32), at: sentAt, sentAt, state: "sent", number, secret, receipt });
}"""
"""Puts reports of every state into the phone; no time of theirs has come."""


def form(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/", **how)


def form_without_scripts(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/", scripts=False, **how)


def form_with_errors(visit: Open, site: Any, **how: Any) -> Page:
    del site
    page = visit("/", scripts=False, **how)
    page.fill("#text", "Rusak")
    page.fill("#phone", "12")
    drawing = {"name": "gambar.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    page.set_input_files("#photos", [a_photo(), drawing])
    page.click("form#report button[type=submit]")
    return page


def a_photo() -> Any:
    return {"name": "jalan-rusak.jpg", "mimeType": "image/jpeg", "buffer": picture()}


def photos(visit: Open, site: Any, **how: Any) -> Page:
    """A photo that is ready, one that is refused."""
    page = form(visit, site, **how)
    page.fill("#text", TEXT)
    broken = {"name": "surat.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    page.set_input_files("#photos", [a_photo(), broken])
    expect(page.locator("#photo-list [data-state=ready]")).to_have_count(1, timeout=30_000)
    expect(page.locator("#photo-list [data-state=refused]")).to_have_count(1, timeout=30_000)
    return page


def queue(visit: Open, site: Any, **how: Any) -> Page:
    """A report that waits, one that may have arrived, one that needs a look, one that was sent."""
    page = visit("/antrean", **how)
    page.evaluate(QUEUED, {"text": TEXT, "number": site.number, "secret": site.secret})
    expect(page.locator("#queue-list > li")).to_have_count(4)
    return page


def offline(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/luring", **how)


def emergency(visit: Open, site: Any, **how: Any) -> Page:
    del site
    page = visit("/", **how)
    page.fill("#text", "Kebakaran di rumah tetangga, jalan berlubang")
    expect(page.locator("#emergency")).to_be_visible()
    expect(page.locator("#suggestion button")).to_be_visible()
    return page


def reach(visit: Open, site: Any, **how: Any) -> Page:
    del site
    page = visit("/", **how)
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("#next")
    return page


def check(visit: Open, site: Any, **how: Any) -> Page:
    page = reach(visit, site, **how)
    page.click("#next")
    return page


def map_(visit: Open, site: Any, **how: Any) -> Page:
    del site
    page = visit("/", **how)
    page.click("#open-map")
    page.locator(".leaflet-interactive").first.wait_for()
    # while the map glides it takes no further step
    while not page.locator(".leaflet-tooltip").count():
        page.click(".leaflet-control-zoom-in")
    page.click("#pin")
    expect(page.locator("#place")).not_to_be_empty()
    return page


def receipt(visit: Open, site: Any, **how: Any) -> Page:
    page = report(visit, site, **how)
    page.goto(f"/laporan/{site.number}/tanda-terima")
    return page


def track(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/lacak", **how)


def track_unknown(visit: Open, site: Any, **how: Any) -> Page:
    del site
    page = visit("/lacak", **how)
    page.fill("#number", "ZZZ")
    page.click("main button[type=submit]")
    return page


def report(visit: Open, site: Any, **how: Any) -> Page:
    page = visit("/lacak", **how)
    page.fill("#number", site.number)
    page.fill("#secret", site.secret)
    page.click("main button[type=submit]")
    page.wait_for_url("**/laporan/*")
    return page


def report_with_errors(visit: Open, site: Any, **how: Any) -> Page:
    page = report(visit, site, **how)
    page.click("#keterangan summary")
    page.click("#keterangan button")
    expect(page.locator("#information-text-wrong")).to_be_visible()
    return page


def resolved(visit: Open, site: Any, **how: Any) -> Page:
    """A report of its own, with every form of its page open."""
    page = visit("/", scripts=False, **how)
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    site.resolve(page.locator(".number").inner_text())
    page.click("a.button.main")
    page.wait_for_url("**/laporan/*")
    for each in page.locator(".deeds summary").all():
        each.click()
    return page


def about(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/tentang", **how)


def nothing(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/tidak-ada", **how)


PAGES: Mapping[str, Callable[..., Page]] = {
    "form": form,
    "form-without-scripts": form_without_scripts,
    "form-with-errors": form_with_errors,
    "form-emergency": emergency,
    "form-map": map_,
    "form-photos": photos,
    "form-reach": reach,
    "form-check": check,
    "receipt": receipt,
    "track": track,
    "track-unknown": track_unknown,
    "report": report,
    "report-with-errors": report_with_errors,
    "queue": queue,
    "offline": offline,
    "about": about,
    "nothing": nothing,
}
"""By the name of its picture."""
