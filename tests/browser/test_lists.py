"""Looking through what is public in a real browser: without scripts, by keyboard, on the map."""

import math
import re
from collections.abc import Mapping
from typing import Any

import pytest
from browser_pages import TEXT
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("language", ["id", "en"])
def test_without_javascript_one_finds_a_report_and_comes_to_it(
    visit: Any, site: Any, language: str
) -> None:
    page = visit("/", language, scripts=False)
    page.fill("#text", TEXT.replace("pasar", f"kebun {language}"))
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    number = page.locator(".number").inner_text()
    site.listed()
    page.click("nav a[href='/laporan']")
    expect(page.locator(".entry")).to_have_count(20)
    page.click(".pager [rel=next]")
    page.click(".pager [rel=prev]")
    page.fill("#kata", f"kebun {language}")
    page.click(".filters summary")
    page.select_option("#status", "terbuka")
    page.click(".filters button")
    page.wait_for_url("**/laporan?kata=*&status=terbuka**")
    expect(page.locator(".entry")).to_have_count(1)
    # what was asked for stands in the form, and goes along to the other language
    assert page.input_value("#status") == "terbuka"
    page.click("nav .language")
    assert page.input_value("#kata") == f"kebun {language}"
    page.click(".entry h3 a")
    page.wait_for_url(f"**/laporan/{number}")
    expect(page.locator("h1")).to_contain_text(number)


def test_a_wrong_filter_is_told_beside_its_field(visit: Any) -> None:
    page = visit("/laporan?dari=kemarin", "en")
    expect(page.locator("#problems")).to_be_focused()
    page.click("#problems li a")
    expect(page.locator("#dari")).to_be_focused()
    expect(page.locator("#dari-wrong")).to_be_visible()
    assert page.locator("#dari").get_attribute("aria-invalid") == "true"
    assert page.locator(".entry").count() == 0


def test_the_table_of_the_map_leads_in_without_javascript(visit: Any) -> None:
    page = visit("/laporan?tampilan=peta", "id", scripts=False)
    expect(page.locator("#overview-box")).to_be_hidden()
    page.click("table a >> text=Medan Petisah")
    page.click("table a >> text=Petisah Tengah")
    page.wait_for_url("**/laporan?kecamatan=12.71.19&kelurahan=12.71.19.1001")
    expect(page.locator(".entry").first).to_contain_text("Petisah Tengah, Medan Petisah")


def test_the_map_is_reached_by_keyboard_and_asks_nobody_else(visit: Any, site: Any) -> None:
    page = visit("/laporan?kecamatan=12.71.09", "en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.click(".views a >> text=Map")
    page.locator("#overview-box[data-ready]").wait_for()
    spots = page.locator("#overview .spot")
    expect(spots).to_have_text("7")  # all at the middle of one kelurahan
    spots.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup a[href^='/laporan/']")).to_have_count(7)
    link = page.locator(".leaflet-popup a[href^='/laporan/']").first
    expect(link).to_have_text(re.compile(r"Report [0-9A-Z-]{11}"))
    assert any("/laporan.geojson?kecamatan=12.71.09" in url for url in asked)
    assert any("leaflet.js" in url for url in asked)
    assert not [url for url in asked if not url.startswith((site.url, "data:"))]
    link.click()
    page.wait_for_url("**/laporan/*")
    expect(page.locator(".timeline li").first).to_be_visible()


def test_markers_share_one_where_they_would_overlap_and_part_when_closer(visit: Any) -> None:
    page = visit("/laporan?tampilan=peta", "id")
    page.locator("#overview-box[data-ready]").wait_for()
    spots = page.locator("#overview .spot")
    total = sum(int(each) for each in page.locator("tbody td:nth-child(2)").all_inner_texts())

    def shown() -> int:
        boxes = [box for each in spots.all() if (box := each.bounding_box()) is not None]
        for n, one in enumerate(boxes):
            for other in boxes[:n]:
                apart = math.dist(_middle(one), _middle(other))
                assert apart >= (one["width"] + other["width"]) / 2
        assert sum(int(each or 1) for each in spots.all_inner_texts()) <= total
        return len(boxes)

    def zoom(key: str) -> None:
        page.locator("#overview").press(key)
        expect(page.locator("#overview .leaflet-zoom-anim")).to_have_count(0)
        expect(page.locator("#overview")).not_to_have_class(re.compile("zoom-anim"))

    near = shown()
    for _ in range(9):
        if spots.count() == 1:
            break
        zoom("-")
    far = shown()
    assert far == 1 < near
    zoom("+")
    for _ in range(8):
        if spots.count() >= near:
            break
        zoom("+")
    assert shown() >= near


def _middle(box: Mapping[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_map_that_cannot_be_loaded_leaves_the_table(visit: Any) -> None:
    page = visit("/laporan", "en")
    page.route("**/laporan.geojson*", lambda route: route.abort())
    page.click(".views a >> text=Map")
    expect(page.locator("#overview-failed")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_visible()
