"""The pages as an app: what a phone is given to install it, and to show it without a network."""

import json
import re

from web_visitors import Browser


async def test_the_worker_keeps_what_the_form_needs_and_no_page_of_a_report(
    browser: Browser,
) -> None:
    answer = await browser.open("/pekerja.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"  # a new release is found at once
    found = re.search(r'from "([^"]+)";\s+serve\((.*)\);', answer.text)
    assert found is not None
    told = json.loads(found[2])
    assert told["cache"] in found[1]  # another release, another cache
    assert told["pages"] == ["/", "/antrean"]
    total = 0
    for path in (found[1], *told["pages"], told["otherwise"], *told["files"], *told["data"]):
        file = await browser.open(path, **{"Accept-Encoding": "gzip"})
        assert file.status_code == 200, path
        total += int(file.headers["content-length"])
    assert total < 100_000, total
    names = {path.rpartition("/")[2] for path in told["files"]}
    assert {"page.js", "page.css", "sender.js", "store.js", "queue.js", "mark.svg"} <= names
    assert "leaflet.js" not in names
    needed = {
        name
        for path in told["files"]
        if path.endswith(".js")
        for name in re.findall(r'(?:from|import\() ?"\./([\w.]+)"', (await browser.open(path)).text)
    }
    assert needed <= names


async def test_the_manifest_has_both_languages_and_icons_that_are_there(browser: Browser) -> None:
    page = await browser.open("/")
    assert '<link rel="manifest" href="/aplikasi/en.webmanifest">' in page.text
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
    texts = set()
    for language in ("id", "en"):
        answer = await browser.open(f"/aplikasi/{language}.webmanifest")
        assert answer.headers["content-type"] == "application/manifest+json"
        told = answer.json()
        assert (told["lang"], told["start_url"], told["display"]) == (language, "/", "standalone")
        texts.add(told["description"])
        assert {"any", "maskable"} == {each.get("purpose", "any") for each in told["icons"]}
        for each in told["icons"]:
            icon = await browser.open(each["src"])
            assert icon.headers["content-type"] == each["type"]
    assert len(texts) == 2
    assert (await browser.open("/aplikasi/fr.webmanifest")).status_code == 404


async def test_the_queue_and_the_offline_page_know_nothing_of_the_visitor(
    browser: Browser,
) -> None:
    number, secret = await browser.sent()
    for path in ("/", "/antrean", "/luring"):
        page = await browser.open(path)
        assert page.status_code == 200
        assert number not in page.text
        assert secret not in page.text
        assert "set-cookie" not in page.headers
