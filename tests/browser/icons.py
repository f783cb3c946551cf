"""Renews the app's icons from mark.svg: `make icons`."""

import io
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser

STATIC: Final = Path(__file__).parents[2] / "services/intake/src/mrk_intake/http/web/static"
COLOURS: Final = 64
SAFE: Final = 0.8
"""Share of a maskable icon's width that every phone shows (W3C, Web App Manifest, 'safe zone')."""


def test_render(browser: Browser) -> None:
    mark = (STATIC / "mark.svg").read_text(encoding="utf-8")
    folder = STATIC / "icons"
    folder.mkdir(exist_ok=True)
    for name, side, share in (("app-192", 192, 1.0), ("app-512", 512, 1.0),
                              ("maskable-512", 512, SAFE)):  # fmt: skip
        page = browser.new_page(viewport={"width": side, "height": side})
        back = "#0a5445" if share < 1 else "transparent"
        inner = round(side * share)
        page.set_content(
            f"<body style='margin:0;height:{side}px;background:{back};display:grid;"
            f"place-items:center'><div style='width:{inner}px;height:{inner}px'>{mark}</div>"
        )
        taken = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
        taken.quantize(COLOURS).save(folder / f"{name}.png", optimize=True)
        page.close()
