"""Every page of role `web`, and how a visitor comes to see it: for axe and for pictures."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from conftest import picture

Open = Callable[..., Page]
TWIN_ADDRESS = "Jl. Karya Jaya, Titi Kuning, Medan Johor"
"""Where a report with a point was sent before (`conftest`)."""
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


def asked(visit: Open, site: Any, **how: Any) -> Page:
    """A report of its own whose agency asks something, and an answer that is too short."""
    page = _fresh(visit, site.ask, **how)
    page.fill("#answer-text", "x")
    page.click("#jawaban button")
    expect(page.locator("#answer-text-wrong")).to_be_visible()
    return page


def contact(visit: Open, site: Any, **how: Any) -> Page:
    page = report(visit, site, **how)
    page.click('a[href$="/kontak"]')
    page.wait_for_url("**/kontak")
    return page


def contact_with_errors(visit: Open, site: Any, **how: Any) -> Page:
    page = contact(visit, site, **how)
    page.fill("#phone", "112")
    page.fill("#email", "siti")
    page.click("main button[type=submit]")
    expect(page.locator("#phone-wrong")).to_be_visible()
    return page


def restriction(visit: Open, site: Any, **how: Any) -> Page:
    page = report(visit, site, **how)
    page.click('a[href$="/pembatasan"]')
    page.wait_for_url("**/pembatasan")
    return page


def restricted(visit: Open, site: Any, **how: Any) -> Page:
    """The page of a report of its own, which its reporter has just restricted."""
    del site
    page = _fresh(visit, lambda _number: None, **how)
    page.click('a[href$="/pembatasan"]')
    page.click("main button[type=submit]")
    page.wait_for_url("**?sudah=pembatasan")
    return page


def resolved(visit: Open, site: Any, **how: Any) -> Page:
    """A report of its own, with every form of its page open."""
    page = _fresh(visit, site.resolve, **how)
    for each in page.locator(".deeds summary").all():
        each.click()
    return page


def _fresh(visit: Open, told: Callable[[str], None], **how: Any) -> Page:
    """The page of a new report of which something was told."""
    page = visit("/", scripts=False, **how)
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    told(page.locator(".number").inner_text())
    page.click("a.button.main")
    page.wait_for_url("**/laporan/*")
    return page


def report_of_another(visit: Open, site: Any, **how: Any) -> Page:
    """As others see it, with the form by which it is followed."""
    page = visit(f"/laporan/{site.number}", **how)
    page.click("#ikuti summary")
    return page


def twins(visit: Open, site: Any, **how: Any) -> Page:
    """What is asked before a report is sent, without scripts."""
    del site
    page = visit("/", scripts=False, **how)
    page.fill("#text", TEXT)
    page.fill("#address", TWIN_ADDRESS)
    page.click("form#report button[type=submit]")
    page.wait_for_selector("#twins-title")
    return page


def form_twins(visit: Open, site: Any, **how: Any) -> Page:
    """The same in the last step of the form."""
    del site
    page = visit("/", **how)
    page.fill("#text", TEXT)
    page.fill("#address", TWIN_ADDRESS)
    page.click("#next")
    page.fill("#email", "ucok@warga.example")
    page.click("#next")
    expect(page.locator("#twins li")).to_have_count(1)
    return page


def following(visit: Open, site: Any, **how: Any) -> Page:
    """A follower's own page; its secret is another each time."""
    page = report_of_another(visit, site, **how)
    page.fill("#email", f"{uuid4().hex}@warga.example")
    page.fill("#name", "Ucok Lubis")
    page.click("#ikuti button")
    page.wait_for_url("**/ikut")
    return page


def follow_secret(visit: Open, site: Any, **how: Any) -> Page:
    """What a follower without a cookie is asked, and a secret that does not fit."""
    page = visit(f"/laporan/{site.number}/ikut", **how)
    page.fill("#secret", "x" * 22)
    page.click("main button[type=submit]")
    expect(page.locator("#secret-wrong")).to_be_visible()
    return page


def public_list(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/laporan", **how)


def public_list_filtered(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/laporan?kecamatan=12.71.19&urut=tenggat", **how)


def public_list_with_errors(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/laporan?kata=%21&dari=kemarin&kategori=roda&fbclid=x", **how)


def public_list_empty(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/laporan?kata=kereta&fbclid=x", **how)


def public_map(visit: Open, site: Any, **how: Any) -> Page:
    del site
    page = visit("/laporan?tampilan=peta", **how)
    page.locator("#overview-box[data-ready]").wait_for()
    return page


def public_map_without_scripts(visit: Open, site: Any, **how: Any) -> Page:
    del site
    return visit("/laporan?tampilan=peta&kecamatan=12.71.19", scripts=False, **how)


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
    "report-of-another": report_of_another,
    "form-twins": form_twins,
    "twins": twins,
    "follow-secret": follow_secret,
    "contact": contact,
    "contact-with-errors": contact_with_errors,
    "restriction": restriction,
    "restricted": restricted,
    "list": public_list,
    "list-filtered": public_list_filtered,
    "list-with-errors": public_list_with_errors,
    "list-empty": public_list_empty,
    "list-map": public_map,
    "list-map-without-scripts": public_map_without_scripts,
    "queue": queue,
    "offline": offline,
    "about": about,
    "nothing": nothing,
}
"""By the name of its picture."""
