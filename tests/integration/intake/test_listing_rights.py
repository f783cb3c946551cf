"""What leaves the public lists, and their search, though the report stays: and comes back."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from list_readers import listed, numbers
from web_visitors import Browser

from mrk_intake.domain.actions import Action
from mrk_intake.domain.held import Decision
from mrk_intake.store import held
from mrk_intake.store.held import Decided

CALM = "Jalan berlubang besar di depan pasar, sudah dua motor jatuh."
RUDE = "Jalan berlubang di depan pasar, dasar anjing kalian semua tak pernah kerja."
WORD = "kata=berlubang"


async def _decide(intake: Any, complaint: Any, decision: Decision) -> None:
    intake.clock.advance(timedelta(minutes=1))
    decided = Decided(intake.clock.now(), decision, "sri", "sudah dibaca")
    async with intake.pool.acquire() as conn, conn.transaction():
        assert await held.decide(conn, complaint, decided)


async def test_a_held_text_is_listed_without_its_words_and_found_by_them_once_released(
    browser: Browser, intake: Any
) -> None:
    sent = await intake.accepted(text=RUDE)
    await listed(intake)
    page = await browser.open("/laporan")
    assert sent["tracking_number"] in page.text
    assert "await a look before they are shown" in page.text
    for path in ("/laporan", "/laporan.atom", "/laporan.geojson"):
        assert "anjing" not in (await browser.open(path)).text, path
    assert await numbers(browser, WORD) == []
    await _decide(intake, sent["id"], Decision.RELEASE)
    assert await numbers(browser, WORD) == [sent["tracking_number"]]
    await _decide(intake, sent["id"], Decision.HIDE)
    assert await numbers(browser, WORD) == []
    assert await numbers(browser) == [sent["tracking_number"]]


async def test_what_is_added_later_can_hold_a_text_too(browser: Browser, intake: Any) -> None:
    sent = await intake.accepted(text=CALM)
    await listed(intake)
    assert await numbers(browser, WORD) == [sent["tracking_number"]]
    answer = await intake.public.post(
        f"/api/v1/reports/{sent['tracking_number']}/{Action.INFORMATION}",
        headers={
            "Idempotency-Key": secrets.token_hex(16),
            "X-Tracking-Secret": sent["tracking_secret"],
        },
        json={"text": RUDE},
    )
    assert answer.status_code == 201, answer.text
    assert await numbers(browser, WORD) == []


@pytest.mark.parametrize("held_too", [False, True])
async def test_a_restricted_report_is_in_no_list_until_it_is_lifted(
    browser: Browser,
    intake: Any,
    held_too: bool,  # noqa: FBT001  # the axis
) -> None:
    sent = await intake.accepted(text=RUDE if held_too else CALM)
    await listed(intake)
    path = f"/api/v1/reports/{sent['tracking_number']}/restriction"
    proof = {"X-Tracking-Secret": sent["tracking_secret"]}
    await intake.public.put(path, headers=proof)
    assert await numbers(browser) == []
    assert await intake.count("listing") == await intake.count("listing_words") == 0
    assert await listed(intake) == 0
    if held_too:
        await _decide(intake, sent["id"], Decision.RELEASE)
        assert await intake.count("listing_words") == 0
    await intake.public.delete(path, headers=proof)
    assert await numbers(browser, WORD) == [sent["tracking_number"]]
