"""Processing restricted at a reporter's wish: nothing is shown or handed on until it is lifted."""

import asyncio
import json
import os
import sys
from typing import Any

import httpx
import matrix_readers as kit
import pytest
from staff_kit import staffed

from mrk_city import CityPack
from mrk_schemas.reports import Kind

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# who still may read it: its reporter
OWN = {"receipt", "tracking", "own_data", "own_page"}


async def restrict(intake: Any, sent: kit.Sent, method: str = "PUT", **headers: str) -> Any:
    answer: httpx.Response = await intake.public.request(
        method, f"/api/v1/reports/{sent.number}/restriction", headers=headers or sent.proof
    )
    return answer


async def told(intake: Any) -> list[tuple[str, bool]]:
    rows = await intake.pool.fetch("select type, body from report_event order by version")
    return [
        (row["type"].split(".")[-2], json.loads(row["body"])["report"]["restricted"])
        for row in rows
    ]


@pytest.mark.parametrize("confidential", [False, True])
async def test_nobody_but_the_reporter_reads_what_is_restricted(
    intake: Any,
    browser: Any,
    stranger: Any,
    confidential: bool,  # noqa: FBT001  # the axis
) -> None:
    sent = await kit.send(intake, Kind.COMPLAINT, anonymous=False, confidential=confidential)

    async def read() -> dict[str, str]:
        found = await kit.from_api(intake, sent) | await kit.from_pages(browser, stranger, sent)
        return found | await kit.from_internal(intake, sent)

    before = await read()
    answer = await restrict(intake, sent)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["restricted_at"] == "2026-03-02T03:04:05.000Z"
    while_restricted = await read()
    leaked = [
        (field, reader)
        for reader, text in while_restricted.items()
        for field, words in sent.words.items()
        if reader not in OWN and any(word in text for word in words)
    ]
    assert leaked == []
    assert while_restricted["own_data"] != ""
    for reader in OWN - {"own_page"}:
        assert all(
            any(word in while_restricted[reader] for word in words)
            for words in sent.words.values()
            if any(word in before[reader] for word in words)
        ), reader
    lifted = await restrict(intake, sent, "DELETE")
    assert lifted.json()["restricted_at"] is None
    after = await read()
    for reader in ("public", "open311", "notify", "bridge", "routing"):
        for words in sent.words.values():
            assert any(w in before[reader] for w in words) == any(w in after[reader] for w in words)


async def test_the_others_are_told_once_and_only_by_the_reporter(intake: Any) -> None:
    sent = await kit.send(intake, Kind.COMPLAINT, anonymous=False, confidential=False)
    assert (await restrict(intake, sent, **{"X-Tracking-Secret": "x" * 22})).status_code == 403
    for method in ("PUT", "PUT", "DELETE", "DELETE", "PUT"):
        assert (await restrict(intake, sent, method)).status_code == 200
    assert (await told(intake))[-3:] == [
        ("restricted", True), ("restriction-lifted", False), ("restricted", True),
    ]  # fmt: skip
    # hidden now: whoever has no secret does not learn that there is one
    assert (await restrict(intake, sent, **{"X-Tracking-Secret": "x" * 22})).status_code == 404
    order = await intake.pool.fetch("select version from outbox order by id")
    assert [row["version"] for row in order] == list(range(1, len(order) + 1))


async def test_an_operator_restricts_for_whoever_asked_elsewhere(intake: Any) -> None:
    sent = await intake.accepted()

    async def admin(*words: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mrk_intake", "admin", "privacy", "restrict", *words,
            env={
                "PATH": os.environ["PATH"],
                "MRK_INTAKE_ENVIRONMENT": "test",
                "MRK_INTAKE_DATABASE_URL": intake.dsn,
            },
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, said = await process.communicate()
        return process.returncode or 0, (out + said).decode()

    number, why = sent["tracking_number"], ("--purpose", "asked by letter of 2 March")
    assert (await admin(number, *why))[0] == 0
    assert (await intake.public.get(f"/api/v1/reports/{number}")).status_code == 404
    code, out = await admin(number, *why, "--lift")
    assert (code, "not restricted" in out) == (0, True)
    assert (await intake.public.get(f"/api/v1/reports/{number}")).status_code == 200
    assert (await admin("ZZZ", *why))[0] == 1
    kept = await intake.pool.fetch("select command from operator_read order by id")
    assert [row["command"] for row in kept] == ["privacy restrict", "privacy restrict --lift"]


async def test_what_is_restricted_is_not_nearby_nor_followed_and_followers_are_not_reached(
    intake: Any, stranger: Any, pack: CityPack
) -> None:
    sent = await kit.send(intake, Kind.COMPLAINT, anonymous=False, confidential=False)
    follower = await intake.pool.fetchval("select id::text from follower")
    assert (await intake.contact("notify", follower)).status_code == 200
    async with staffed(intake, pack) as staff:
        assert "kanariteks" in (await kit.from_others(intake, staff, stranger, sent))["nearby"]
        await restrict(intake, sent)
        read = await kit.from_others(intake, staff, stranger, sent)
    del read["list"]  # is as it was read before for some seconds; test_listing_rights
    assert "kanariteks" not in "".join(read.values())
    assert (await intake.contact("notify", follower)).status_code == 404
    refused = await intake.public.post(
        f"/api/v1/reports/{sent.number}/followers",
        json={"contact": {"email": "lain@warga.example"}},
        headers={"Idempotency-Key": "0123456789abcdef0123456789abcdef"},
    )
    assert refused.status_code == 404


async def test_inspektorat_opens_nothing_while_it_is_restricted(
    intake: Any, stranger: Any, pack: CityPack
) -> None:
    sent = await kit.send(intake, Kind.WHISTLEBLOWING, anonymous=False, confidential=False)
    await restrict(intake, sent)
    async with staffed(intake, pack) as staff:
        read = await kit.from_others(intake, staff, stranger, sent)
        assert "kanariteks" not in read["inspektorat"]
        await restrict(intake, sent, "DELETE")
        read = await kit.from_others(intake, staff, stranger, sent)
        assert "kanariteks" in read["inspektorat"]


async def test_a_reporter_restricts_and_lifts_on_the_page_of_the_report(
    intake: Any, browser: Any, stranger: Any
) -> None:
    number, _ = await browser.sent()
    page, path = f"/laporan/{number}", f"/laporan/{number}/pembatasan"
    assert f'href="{path}"' in (await browser.open(page)).text
    assert "Restrict it now" in (await browser.open(path)).text
    assert (await stranger.open(path)).status_code == 403
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en", **FORM}
    assert (await stranger.client.post(path, headers=headers)).status_code == 403
    evil = await browser.client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert evil.status_code == 403
    assert (await stranger.open(page)).status_code == 200
    for _ in range(2):  # the second time changes nothing
        done = await browser.client.post(path, headers=headers)
        assert (done.status_code, done.url.path) == (200, page)
        assert "It has been restricted since" in done.text
    assert (await stranger.open(page)).status_code == 404
    assert "Lift the restriction" in (await browser.open(path)).text
    lifted = await browser.client.post(path, data={"cabut": "1"}, headers=headers)
    assert "It has been restricted since" not in lifted.text
    assert (await stranger.open(page)).status_code == 200
    assert await told(intake) == [
        ("received", False), ("restricted", True), ("restriction-lifted", False)
    ]  # fmt: skip
