"""The desk in a real browser: axe, 360 pixels, one key a decision, lists that renew themselves."""

from typing import Any

import asyncpg
import pytest
from axe_playwright_python.sync_playwright import Axe
from desk_site import DESK_PAGES, DeskSite, queued
from playwright.sync_api import Page, expect
from staff_site import entered
from test_axe import RULES, SIDEWAYS

from conftest import outside

pytestmark = pytest.mark.timeout(90)
WIDE = {"width": 1280, "height": 800}


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", DESK_PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Any, desk: DeskSite, name: str, width: int, language: str
) -> None:
    viewport = {"width": width, "height": 740}
    page: Page = DESK_PAGES[name](visit, desk, language=language, viewport=viewport)
    assert page.locator("html").get_attribute("lang") == language
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SIDEWAYS) == 0


def test_one_key_decides_and_the_next_case_loads(visit: Any, desk: DeskSite) -> None:
    page = DESK_PAGES["desk-triage"](visit, desk, language="en", viewport=WIDE)
    first = page.locator("#one a").inner_text()
    page.keyboard.press("j")
    page.wait_for_url("**/triase?lewati=1")
    second = page.locator("#one a").inner_text()
    assert second != first
    page.keyboard.press("a")
    expect(page.locator("#tugaskan-instansi")).to_be_focused()
    page.locator("#tugaskan-instansi").select_option("dlh")
    page.locator("form[action$=tugaskan]:has(#tugaskan-instansi) button").press("Enter")
    page.wait_for_url("**/triase?jadi=*")
    expect(page.locator("[role=status]").first).to_contain_text(second)
    assert page.locator("#one a").inner_text() != second


def test_one_key_merges_two_cases_and_one_separates_them(visit: Any, desk: DeskSite) -> None:
    page = entered(visit, desk, "dev-dispatcher", "/perkara/7K3-000011", viewport=WIDE)
    expect(page.locator("[aria-labelledby=alike-title]")).to_contain_text("7K3-000010")
    with page.expect_navigation(url="**/perkara/7K3-000011"):
        page.keyboard.press("g")
    expect(page.locator("#bagian a")).to_have_text("7K3-000010")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("x")
    expect(page.locator("#pisahkan-kata")).to_be_focused()
    page.keyboard.type("Parit yang lain, di seberang jalan.")
    page.keyboard.press("Tab")
    with page.expect_navigation(url="**/perkara/7K3-000011"):
        page.keyboard.press("Enter")
    expect(page.locator("#bagian")).to_have_count(0)
    expect(page.locator(".timeline")).to_contain_text("Parit yang lain, di seberang jalan.")


def test_an_officer_works_without_scripts(visit: Any, desk: DeskSite) -> None:
    page = DESK_PAGES["desk-queue"](visit, desk, scripts=False)
    page.check("[value='7K3-000005']")
    page.click("text=Terima yang dipilih")
    page.wait_for_url("**/antrean?jadi=1&gagal=0")
    page.click("a[href='/perkara/7K3-000005']")
    page.click("text=Kabarkan perkembangan")
    page.fill("#kemajuan", "Tim turun besok pagi.")
    page.click("text=Kabari pelapor")
    page.wait_for_url("**/perkara/7K3-000005")
    expect(page.locator(".timeline")).to_contain_text("Tim turun besok pagi.")


def test_a_changed_case_appears_without_a_reload(visit: Any, desk: DeskSite) -> None:
    page = DESK_PAGES["desk-queue"](visit, desk, viewport=WIDE)
    expect(page.locator("#live")).to_contain_text("7K3-000006")

    async def taken_away() -> None:
        conn = await asyncpg.connect(desk.dsn)
        await conn.execute(
            "update case_file set body = jsonb_set(body, '{ending}', '\"withdrawn\"')"
            " where body ->> 'tracking_number' = '7K3-000006'"
        )
        await conn.close()

    outside(taken_away())
    expect(page.locator("#live")).not_to_contain_text("7K3-000006", timeout=25_000)


def test_a_case_prints_without_its_forms(visit: Any, desk: DeskSite) -> None:
    page = DESK_PAGES["desk-case"](visit, desk, viewport=WIDE)
    page.emulate_media(media="print")
    expect(page.locator(".deeds")).to_be_hidden()
    expect(page.locator(".timeline")).to_be_visible()


def test_twenty_cases_take_one_key_and_one_page_each(visit: Any, desk: DeskSite) -> None:
    outside(queued(desk.dsn, 20))
    page = DESK_PAGES["desk-triage"](visit, desk, viewport=WIDE)
    loads: list[str] = []
    page.on("load", lambda _: loads.append(page.url))
    decided = set()
    for _ in range(20):
        number = page.locator("#one a").inner_text()
        with page.expect_navigation(url="**/triase?jadi=*"):
            page.keyboard.press("1")
        expect(page.locator("[role=status] a").first).to_have_text(number)
        decided.add(number)
    assert (len(decided), len(loads)) == (20, 20)
