"""axe-core finds nothing on any page, in either language and scheme; none scrolls sideways."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_pages import PAGES, asked, following, resolved
from playwright.sync_api import Page

pytestmark = pytest.mark.timeout(60)

SHOWN = {
    **PAGES,
    "report-resolved": resolved,
    "report-asked": asked,
    "following": following,
}
"""With those that differ each time, so of no use as a picture."""

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(("language", "scheme"), [("id", "light"), ("en", "light"), ("id", "dark")])
@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visit: Any, site: Any, name: str, language: str, scheme: str
) -> None:
    def without_own(*where: Any, scripts: bool = True, **how: Any) -> Page:
        # axe is a script itself: a browser without any would never end it
        page: Page = visit(*where, own_scripts=scripts, **how)
        return page

    page = SHOWN[name](without_own, site, language=language, color_scheme=scheme)
    assert page.locator("html").get_attribute("lang") == language
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SIDEWAYS) == 0


def test_axe_finds_a_mistake_that_is_made(visit: Any, site: Any) -> None:
    page = PAGES["about"](visit, site)
    page.evaluate("document.querySelector('main').innerHTML = '<img src=\"/x\"><input>'")
    assert Axe().run(page, options=RULES).violations_count > 1
