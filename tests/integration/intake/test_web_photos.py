"""Photos and documents on a report's page: to its reporter all, to everybody what is public."""

import re
from typing import Any

import pytest
from test_attachments import HIDDEN, document, photo, token
from web_visitors import OWN, Browser


async def prove(browser: Browser, sent: dict[str, Any]) -> str:
    """Type number and secret; the report's page."""
    typed = {"number": sent["tracking_number"], "secret": sent["tracking_secret"]}
    page = await browser.client.post("/lacak", data=typed, headers=OWN)
    assert page.status_code == 200, page.text
    return page.text


def pictures(page: str) -> list[tuple[str, str]]:
    """Of each picture: the file and its thumbnail."""
    return re.findall(r'<a href="([^"]+)"><img src="([^"]+/thumbnail)" width="\d', page)


async def proof(intake: Any, sent: dict[str, Any]) -> None:
    headers = {
        "Authorization": f"Bearer {intake.tokens['routing']}",
        "X-Purpose": "test.proof",
        "Content-Type": "image/jpeg",
    }
    path = f"/internal/v1/reports/{sent['id']}/proofs"
    answer = await intake.internal.post(path, headers=headers, content=photo(200))
    assert answer.status_code in {200, 201, 202}, answer.text
    await intake.worked()


async def test_everybody_sees_public_photos_and_proofs_and_the_reporter_documents_too(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    sent = await intake.accepted(attachments=[await token(intake), await token(intake, document())])
    await proof(intake, sent)
    path = f"/laporan/{sent['tracking_number']}"
    public = (await stranger.open(path)).text
    assert len(pictures(public)) == 2
    assert 'alt="Photo 1 of the report: open it large"' in public
    assert 'alt="Photo 1 of the work, by the office: open it large"' in public
    assert 'width="320" height="240" loading="lazy"' in public
    assert "PDF" not in public
    for file, small in pictures(public):
        for url in (file, small, file.removeprefix(path)):
            answer = await stranger.open(url)
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.headers["cache-control"].startswith("public")
    own = await prove(browser, sent)
    assert pictures(own) == pictures(public)
    [paper] = re.findall(r'class="document"><a href="([^"]+)">Document 1 \(PDF, \d+ kB\)', own)
    answer = await browser.open(paper)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["cache-control"] == "private, no-store"
    assert (await stranger.open(paper)).status_code == 404


@pytest.mark.parametrize("flags", HIDDEN)
async def test_a_hidden_reports_photos_are_its_reporters_alone(
    intake: Any, browser: Browser, stranger: Browser, flags: dict[str, Any]
) -> None:
    sent = await intake.accepted(attachments=[await token(intake)], **flags)
    other = await intake.accepted(attachments=[await token(intake)])
    own = await prove(browser, sent)
    assert "Some of this is not public" in own
    [(file, small)] = pictures(own)
    name = file.rpartition("/")[2]
    await prove(stranger, other)
    theirs = f"/laporan/{other['tracking_number']}/berkas/{name}"
    for url in (file, small):
        answer = await browser.open(url)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        assert (await stranger.open(url)).status_code == 404
    # neither does another report's proof open it, nor the address that everybody may use
    for url in (theirs, f"/berkas/{name}"):
        assert (await stranger.open(url)).status_code == 404
    assert (await browser.open(f"/berkas/{name}")).status_code == 404
