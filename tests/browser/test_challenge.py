"""Near a limit the browser works for a moment and sends the form by itself."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from browser_pages import TEXT
from playwright.sync_api import Browser, Page, expect
from tests.integration.intake.intake_process import environ

from mrk_local.testing import Databases

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def near(site: Any, databases_of_run: Databases) -> Iterator[str]:
    """The address of role `web` where nearly every report is near its address's limit."""
    del databases_of_run
    limits = {"ADDRESS_RATE_PER_SECOND": "0.001", "ADDRESS_RATE_BURST": "4"}
    env = environ(site.dsn, CHALLENGE_BELOW="0.9", **limits)
    with subprocess.Popen(
        [sys.executable, "-m", "mrk_intake", "web"], env=env, stdout=subprocess.PIPE, text=True
    ) as role:
        assert role.stdout is not None
        said = next(line for line in role.stdout if '"role.listening"' in line)
        url = "http://{host}:{port}".format(**json.loads(said))
        client = httpx.Client(trust_env=False, transport=httpx.HTTPTransport(retries=3))
        while client.get(f"{url}/readyz").status_code != 200:
            assert role.poll() is None
        yield url
        role.terminate()
        assert role.wait(timeout=25) == 0


def sent(page: Page, url: str) -> None:
    page.goto(url)
    page.fill("#text", TEXT)
    page.locator("#address").evaluate("field => { field.value = 'Jl. Ahmad Yani, Kesawan'; }")
    page.locator("form#report").evaluate("form => form.submit()")


def challenged(url: str) -> int:
    told = httpx.get(f"{url}/metrics", trust_env=False).text
    return int(float(re.findall(r'refused_total{reason="challenge"} ([\d.]+)', told)[0]))


def test_a_challenge_is_solved_without_asking_anybody(browser: Browser, near: str) -> None:
    page = browser.new_context(locale="en-GB").new_page()
    sent(page, near)
    page.wait_for_url("**/tanda-terima")
    first = page.locator(".number").inner_text()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    with page.expect_response(lambda answer: answer.status == 429):
        sent(page, near)
    page.wait_for_url("**/tanda-terima", timeout=60_000)
    assert page.locator(".number").inner_text() != first
    assert [each for each in errors if "429" not in each] == []
    # by the button, it is the phone's own queue that sends it
    page.goto(near)
    page.fill("#text", TEXT)
    page.fill("#address", "Jl. Ahmad Yani, Kesawan")
    page.click("#next")
    page.click("#next")
    before = challenged(near)
    page.click("form#report button[type=submit]")
    page.wait_for_url("**/tanda-terima", timeout=60_000)
    assert challenged(near) == before + 1
    page.context.close()
    # without scripts it says how long to wait, and keeps what was typed
    plain = browser.new_context(locale="en-GB", java_script_enabled=False).new_page()
    sent(plain, near)
    expect(plain.locator("#wait")).to_be_visible()
    expect(plain.locator("#proving")).to_be_hidden()
    expect(plain.locator("#text")).to_have_value(TEXT)
    plain.context.close()
