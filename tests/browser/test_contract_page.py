"""The page of topics and messages, as an agency's developer opens it: from a file, on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from mrk_schemas.asyncapi_page import FILE


def test_the_page_is_accessible_fits_a_phone_and_fetches_nothing(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(FILE.as_uri())
    for summary in page.locator("summary").all()[:3]:
        summary.click()
    page.get_by_role("link", name="agency.{code}.inbox.v1").click()
    page.get_by_role("link", name="case.handed-over.v1").click()
    assert page.locator("[id='message-case.handed-over.v1']").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    found = Axe().run(page).response["violations"]
    assert [(each["id"], len(each["nodes"])) for each in found] == []
    assert asked == [FILE.as_uri()]
    page.close()
