"""A resident's journeys in a real browser: without scripts, without a mouse, by link, by map."""

import re
from typing import Any

import pytest
from browser_pages import PAGES, TEXT, asked
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.timeout(60)


def number_of(page: Page) -> str:
    shown = page.locator(".number").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}", shown)
    return shown


@pytest.mark.parametrize("language", ["id", "en"])
def test_without_javascript(visit: Any, language: str) -> None:
    page = visit("/", language, scripts=False)
    assert page.locator("section.step:visible").count() == 3
    for needs_scripts in ("#step-nav", "#place-tools", "#map-box", "#emergency"):
        expect(page.locator(needs_scripts)).to_be_hidden()
    page.fill("#text", "Rusak")
    page.fill("#email", "butet")
    page.click("form#report button[type=submit]")
    # every wrong field at once, beside it; what was typed is there
    for field in ("text", "address", "email"):
        expect(page.locator(f"#{field}-wrong")).to_be_visible()
        assert page.locator(f"#{field}").get_attribute("aria-invalid") == "true"
    assert page.input_value("#email") == "butet"
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.fill("#email", "butet@warga.example")
    page.check("[name=confidential]")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    number, secret = number_of(page), page.locator("#secret").inner_text()
    # loading it again sends nothing again
    page.reload()
    assert number_of(page) == number
    # another visitor, with number and secret
    other = visit("/lacak", language, scripts=False)
    other.fill("#number", number.lower().replace("-", " "))
    other.click("main button[type=submit]")
    expect(other.locator("#number-wrong")).to_be_visible()
    other.fill("#secret", secret)
    other.click("main button[type=submit]")
    other.wait_for_url(f"**/laporan/{number}")
    expect(other.locator(".timeline li")).to_have_count(1)
    # the language is switched without scripts too
    other.click("nav .language")
    assert other.locator("html").get_attribute("lang") != language
    assert other.url.endswith(f"/laporan/{number}")


@pytest.mark.parametrize("scripts", [False, True])
def test_what_was_typed_is_there_again_after_a_refusal(visit: Any, *, scripts: bool) -> None:
    page = visit("/", "en", scripts=scripts)
    key = page.input_value("[name=kunci]")
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    # longer than the field lets anybody type, as from a phone that pastes it
    page.locator("#text").evaluate("(field, text) => { field.value = text; }", TEXT * 1000)
    page.locator("form#report").evaluate("form => form.submit()")
    expect(page.locator("h1")).to_have_text("That was too much")
    page.go_back()
    expect(page.locator("#text")).to_have_value(TEXT * 1000)
    expect(page.locator("#address")).to_have_value("Jl. Ahmad Yani, Kesawan")
    assert page.input_value("[name=kunci]") == key


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_solution_is_disputed_without_javascript(visit: Any, site: Any, language: str) -> None:
    page = visit("/", language, scripts=False)
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima")
    number = number_of(page)
    site.resolve(number)
    page.click("a.button.main")
    page.wait_for_url(f"**/laporan/{number}")
    expect(page.locator(".deeds details")).to_have_count(4)
    dispute = page.locator("#sanggahan")
    expect(dispute.locator("textarea")).to_be_hidden()
    dispute.locator("summary").click()
    dispute.locator("textarea").fill("x")
    dispute.locator("button").click()
    # open, with what was typed, and what is wrong beside it
    expect(page.locator("#dispute-text-wrong")).to_be_visible()
    assert page.input_value("#dispute-text") == "x"
    page.fill("#dispute-text", "Separuh jalan masih berlubang.")
    dispute.locator("button").click()
    page.wait_for_url(f"**/laporan/{number}?sudah=sanggahan")
    expect(page.locator("[role=status].note")).to_be_visible()
    expect(page.locator(".timeline blockquote")).to_have_text("Separuh jalan masih berlubang.")
    expect(dispute).to_have_count(0)
    expect(page.locator("#keterangan")).to_have_count(1)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_browser_without_javascript_answers_a_question(
    visit: Any, site: Any, language: str
) -> None:
    page = asked(visit, site, language=language)
    number = number_of_address(page)
    expect(page.locator(".question blockquote")).to_contain_text("Di sebelah mana sekolah")
    # wide and narrow: nothing of the page stands before it but the report's name and what is wrong
    assert page.evaluate(
        "document.querySelector('#jawaban').getBoundingClientRect().top"
        " < document.querySelector('#now').getBoundingClientRect().top"
    )
    page.fill("#answer-text", "Di depan gerbang timur")
    page.click("#jawaban button")
    page.wait_for_url(f"**/laporan/{number}?sudah=jawaban")
    expect(page.locator("[role=status].note")).to_be_visible()
    expect(page.locator("#jawaban")).to_have_count(0)
    expect(page.locator(".timeline blockquote").last).to_have_text("Di depan gerbang timur")


def number_of_address(page: Page) -> str:
    """The report's number in the address of its page."""
    return page.url.split("/laporan/")[1].split("/")[0].split("?")[0]


def test_with_the_keyboard_alone(visit: Any) -> None:
    page = visit("/", "en")
    keys = page.keyboard

    def until(selector: str, key: str = "Tab") -> None:
        """Press a key until something has the focus, and the focus can be seen."""
        for _ in range(60):
            if page.evaluate("s => document.activeElement?.matches(s)", selector):
                seen = page.evaluate(
                    "(() => { const at = document.activeElement.closest('.choice')"
                    " ?? document.activeElement;"
                    " return getComputedStyle(at).outlineStyle; })()"
                )
                assert seen != "none", selector
                return
            keys.press(key)
        raise AssertionError(f"{selector} is not reached by the keyboard")

    keys.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    until("[name=kind]")
    keys.press("ArrowDown")  # an idea
    keys.press("ArrowUp")  # a complaint again
    until("#text")
    keys.type("Jalan rusak")
    until("#next")
    keys.press("Enter")
    expect(page.locator("#address-wrong")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "address"
    keys.type("Jl. Ahmad Yani, Kesawan")
    keys.press("Enter")  # goes on, sends nothing
    expect(page.locator("#step-you")).to_be_focused()
    until("#email")
    keys.type("butet@warga.example")
    until("[name=anonymous]")
    keys.press("Space")
    until("#next")
    keys.press("Enter")
    expect(page.locator("#step-send")).to_be_focused()
    expect(page.locator("#check")).to_contain_text("Jl. Ahmad Yani, Kesawan")
    expect(page.locator("#check")).to_contain_text("Anonymous")
    until("button[type=submit]")
    keys.press("Enter")
    page.wait_for_url("**/tanda-terima")
    number_of(page)
    until("a.button.main")
    keys.press("Enter")
    page.wait_for_url("**/laporan/*")
    expect(page.locator(".timeline li")).to_have_count(1)


def test_steps_are_four_at_most_and_a_wrong_field_opens_its_own(visit: Any) -> None:
    page = visit("/", "en")
    assert page.locator("section.step").count() <= 4
    assert page.locator("section.step:visible").count() == 1
    expect(page.locator("#progress")).to_have_text("Step 1 of 3")
    page.fill("#text", TEXT)
    page.fill("#address", "Kesawan")
    page.click("#next")
    page.fill("#phone", "12")
    page.click("#next")
    page.click("form#report button[type=submit]")
    expect(page.locator("#problems")).to_be_focused()
    expect(page.locator("#phone-wrong")).to_be_visible()
    expect(page.locator("#progress")).to_have_text("Step 2 of 3")
    page.click("#back")
    assert page.input_value("#text") == TEXT
    page.click("#problems a")
    expect(page.locator("#phone")).to_be_focused()


def test_words_suggest_a_category_and_an_emergency_is_told_at_once(visit: Any) -> None:
    page = visit("/", "en")
    page.fill("#text", "Ada kebakaran, jalan berlubang juga")
    expect(page.locator("#emergency")).to_be_visible()
    assert page.locator("#emergency a").get_attribute("href") == "tel:112"
    page.fill("#text", "Jalan berlubang besar")
    expect(page.locator("#emergency")).to_be_hidden()
    expect(page.locator("#suggestion")).to_contain_text("Damaged roads")
    assert page.input_value("#category") == ""
    page.click("#suggestion button")
    assert page.input_value("#category") == "roads"


def test_a_place_by_name_by_location_and_outside(visit: Any) -> None:
    medan = {"latitude": 3.5897, "longitude": 98.6738}
    page = visit("/", "id", geolocation=medan, permissions=["geolocation"])
    page.fill("#address", "Kesaw")
    expect(page.locator("#places option")).to_have_count(1)
    page.fill("#address", "")
    page.click("#locate")
    expect(page.locator("#place")).to_contain_text("Medan ")
    assert page.input_value("#lat") == "3.589700"
    assert "Medan" in page.input_value("#address")
    page.context.set_geolocation({"latitude": -6.2, "longitude": 106.8})
    page.click("#locate")
    expect(page.locator("#place")).to_contain_text("di luar kota")
    page.context.clear_permissions()
    page.click("#locate")
    expect(page.locator("#place")).to_contain_text("tidak terbaca")


def test_the_map_is_loaded_when_it_is_asked_for_and_a_tap_sets_the_point(visit: Any) -> None:
    page = visit("/", "id")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    assert not page.evaluate("performance.getEntriesByType('resource')"
                             ".some(r => r.name.includes('leaflet'))")  # fmt: skip
    page.click("#open-map")
    page.locator(".leaflet-interactive").first.wait_for()
    assert any("leaflet.js" in url for url in loaded)
    assert page.locator("#map .leaflet-interactive").count() >= 100
    page.locator("#map").click(position={"x": 150, "y": 200})
    expect(page.locator("#place")).to_contain_text("Medan ")
    first = page.input_value("#lat")
    page.focus("#map")
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(400)  # the map glides there
    page.click("#pin")
    expect(page.locator("#lat")).not_to_have_value(first)


def test_a_link_with_the_secret_proves_and_the_address_forgets_it(visit: Any, site: Any) -> None:
    page = visit(f"/laporan/{site.number}#{site.secret}", "id")
    expect(page.locator(".note")).to_have_count(0)  # "you see what is public"
    expect(page.locator(".timeline li")).to_have_count(6)
    assert site.secret not in page.url
    proof = next(c for c in page.context.cookies(page.url) if c["name"] == "bukti")
    assert (proof["httpOnly"], proof["sameSite"]) == (True, "Lax")
    assert proof["path"] == f"/laporan/{site.number}"
    wrong = visit(f"/laporan/{site.number}#{site.secret[::-1]}", "id")
    expect(wrong.locator("#proof-failed")).to_be_visible()


def test_the_form_with_an_error_still_has_its_key(visit: Any, site: Any) -> None:
    page = PAGES["form-with-errors"](visit, site)
    assert re.fullmatch(r"[\w-]{32}", page.input_value("[name=kunci]"))
