"""Every page of role `web`, and how a visitor comes to see it: for axe and for pictures."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

Open = Callable[..., Page]
TWIN_ADDRESS = "Jl. Karya Jaya, Titi Kuning, Medan Johor"
"""Where a report with a point was sent before (`conftest`)."""
TEXT = "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini."


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
    page.click("form#report button[type=submit]")
    return page


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
    "list": public_list,
    "list-filtered": public_list_filtered,
    "list-with-errors": public_list_with_errors,
    "list-empty": public_list_empty,
    "list-map": public_map,
    "list-map-without-scripts": public_map_without_scripts,
    "about": about,
    "nothing": nothing,
}
"""By the name of its picture."""
