"""The pages for staff in a real browser: the way through the login, by keyboard, at 360 pixels."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from staff_site import STAFF_PAGES, StaffSite, attached, entered, gate, home, opened
from test_axe import RULES, SIDEWAYS
from test_offline import photo

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("name", STAFF_PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Any, staff: StaffSite, name: str, language: str
) -> None:
    def without_own(*where: Any, scripts: bool = True, **how: Any) -> Page:
        # axe is a script itself: a browser without any would never end it
        page: Page = visit(*where, own_scripts=scripts, **how)
        return page

    page = STAFF_PAGES[name](without_own, staff, language=language)
    assert page.locator("html").get_attribute("lang") == language
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SIDEWAYS) == 0


def test_a_login_and_a_logout_over_two_sites(visit: Any, staff: StaffSite) -> None:
    page = home(visit, staff, language="en")
    cookies = {each["name"]: each for each in page.context.cookies(staff.url)}
    assert (cookies["petugas"]["sameSite"], cookies["petugas"]["httpOnly"]) == ("Strict", True)
    assert "masuk" not in cookies
    page.reload()
    expect(page.locator("h1")).to_contain_text("Operator")
    # the logout goes by the provider and comes back; the policy of the page lets it
    page.click("text=Log out")
    page.wait_for_url(f"{staff.url}/keluar/selesai")
    expect(page.locator("h1")).to_have_text("You are logged out")
    page.goto(staff.url + "/")
    page.wait_for_url(f"{staff.login}/**")


def test_a_report_is_taken_with_the_keyboard_alone(visit: Any, staff: StaffSite) -> None:
    page = entered(visit, staff, "dev-counter", "/lapor", language="en")
    page.locator("[name=channel]").focus()
    expect(page.locator("[name=channel]")).to_be_checked()
    page.locator("#next").press("Enter")
    page.locator("#text").press_sequentially("Lampu jalan mati di depan sekolah.")
    page.locator("#address").press_sequentially("Jl. Ahmad Yani, Kesawan")
    page.locator("#next").press("Enter")
    expect(page.locator("#phone")).to_be_visible()
    page.locator("#phone").press_sequentially("0812 3456 7890")
    page.locator("#next").press("Enter")
    page.locator("form#report button[type=submit]").press("Enter")
    page.wait_for_url("**/tanda-terima")
    expect(page.locator(".number")).to_be_visible()
    expect(page.locator("#secret")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_photos_go_with_a_report_on_behalf(visit: Any, staff: StaffSite, *, scripts: bool) -> None:
    page = entered(visit, staff, "dev-counter", "/lapor", scripts=scripts, language="en")
    if scripts:
        page.click("#next")
    page.fill("#text", "Jalan berlubang besar di depan pasar.")
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.set_input_files("#photos", [photo(), photo("dua.jpg", make="Telepon")])
    if scripts:
        drawing = b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"
        page.set_input_files("#photos", [{**photo("gambar.jpg"), "buffer": drawing}])
        refused = page.locator("#photo-list [data-state=refused]")
        expect(refused).to_contain_text("SVG")
        refused.locator(".remove").click()
        page.click("#next")
        page.click("#next")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    assert attached(staff, page.url.split("/")[-2]) == 2
    if scripts:  # many share this browser: it keeps nothing of the person's
        assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_a_report_is_examined_and_answered(visit: Any, staff: StaffSite) -> None:
    page = gate(visit, staff, language="en")
    assert "pelicin" not in page.content()
    page = opened(visit, staff, language="en")
    page.fill("#note", "Cek absensi loket 3.")
    page.click("form[action$=catatan] button")
    expect(page.locator("text=Cek absensi loket 3.")).to_be_visible()
    expect(page.locator("#readers + ul li").first).to_contain_text("examination: 700/12")
