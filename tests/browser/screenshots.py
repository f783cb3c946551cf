"""Renews docs/screenshots: `make screenshots`. Each page 360 and 1280 wide, light and dark."""

import io
from pathlib import Path
from typing import Any, Final

import pytest
from browser_pages import PAGES
from desk_site import DESK_PAGES
from PIL import Image
from playwright.sync_api import Page
from staff_site import STAFF_PAGES

FOLDER: Final = Path(__file__).parents[2] / "docs" / "screenshots"
COLOURS: Final = 96
LONGEST: Final = 4000
BOTH: Final = {"form", "form-emergency", "form-with-errors", "list", "list-map", "queue"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    ("name", "language"),
    [(name, each) for name in PAGES for each in (("id", "en") if name in BOTH else ("id",))],
)
def test_take(  # a picture is no judgement: whoever runs this looks at it
    visit: Any, site: Any, name: str, language: str, width: int, scheme: str
) -> None:
    page = PAGES[name](
        visit,
        site,
        language=language,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )
    _taken(page, f"{name}-{language}-{width}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", STAFF_PAGES)
def test_take_of_staff(visit: Any, staff: Any, name: str, width: int, scheme: str) -> None:
    page = STAFF_PAGES[name](
        visit, staff, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    _taken(page, f"{name}-id-{width}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", DESK_PAGES)
def test_take_of_the_desk(visit: Any, desk: Any, name: str, width: int, scheme: str) -> None:
    page = DESK_PAGES[name](
        visit, desk, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    _taken(page, f"{name}-id-{width}-{scheme}")


def _taken(page: Page, name: str) -> None:
    page.evaluate("document.activeElement?.blur()")
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True, animations="disabled")))
    FOLDER.mkdir(parents=True, exist_ok=True)
    small = taken.convert("RGB").crop((0, 0, taken.width, min(taken.height, LONGEST)))
    small = small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)
