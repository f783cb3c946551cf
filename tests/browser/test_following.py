"""Another's report is followed: in a real browser, without scripts, by keyboard, by link."""

from typing import Any

import pytest
from browser_pages import TEXT, TWIN_ADDRESS, following, form_twins, report_of_another, twins
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_report_is_followed_and_left_without_javascript(
    visit: Any, site: Any, language: str
) -> None:
    page = report_of_another(visit, site, language=language, scripts=False)
    page.click("#ikuti button")
    # what is wrong stands beside its field, and the form is open
    expect(page.locator("#email-wrong")).to_be_visible()
    page.fill("#email", f"tanpa-skrip-{language}@warga.example")
    page.click("#ikuti button")
    page.wait_for_url("**/ikut")
    expect(page.locator("#secret")).not_to_be_empty()
    expect(page.locator("#copy")).to_be_hidden()
    page.click("form[action$=berhenti] button")
    page.wait_for_url("**/laporan/*")
    expect(page.locator("#ikuti")).to_be_visible()
    page.goto(f"/laporan/{site.number}/ikut")
    expect(page.locator("input#secret")).to_be_visible()


def test_a_messages_link_brings_the_follower_back_and_leaves_the_address(
    visit: Any, site: Any
) -> None:
    secret = following(visit, site).locator("#secret").inner_text()
    page = visit(f"/laporan/{site.number}/ikut#{secret}")
    expect(page.locator("code#secret")).to_have_text(secret)
    assert secret not in page.url
    wrong = visit(f"/laporan/{site.number}/ikut#" + "x" * 22)
    expect(wrong.locator("#proof-failed")).to_be_visible()
    assert "x" * 22 not in wrong.url


def test_by_keyboard_it_is_the_same_so_it_is_followed(visit: Any, site: Any) -> None:
    page = form_twins(visit, site)
    # from the heading of the step to the first report that was found
    page.locator("#step-send").focus()
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.get_attribute("name") == "ikuti"
    assert focused.get_attribute("value") in (focused.get_attribute("aria-label") or "")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ikut")
    expect(page.locator("dl")).to_contain_text("ucok@warga.example")


def test_what_was_shown_in_the_form_is_not_asked_again(visit: Any, site: Any) -> None:
    page = form_twins(visit, site)
    page.click("#step-send ~ .actions button")
    page.wait_for_url("**/tanda-terima")


def test_without_javascript_it_is_asked_once_and_holds_what_was_typed(
    visit: Any, site: Any
) -> None:
    page = twins(visit, site)
    assert page.locator("input[name=text]").get_attribute("value") == TEXT
    assert page.locator("input[name=address]").get_attribute("value") == TWIN_ADDRESS
    page.click("main button.main")
    page.wait_for_url("**/tanda-terima")


def test_a_server_that_gives_no_answer_hinders_nothing(visit: Any) -> None:
    page = visit("/")
    page.route("**/bantu/serupa", lambda route: route.abort())
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("#next")
    page.click("#next")
    page.click("#step-send ~ .actions button")
    page.wait_for_url("**/tanda-terima")
