"""What a reporter does from the tracking page, by plain forms, over a real database."""

import re
import secrets
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from web_visitors import OWN, Browser, visitor, web_settings

from mrk_city import CityPack
from mrk_intake.applications import pages_for_residents
from mrk_intake.domain.actions import MOST, STEPS, TABLE, Action, allowed
from mrk_intake.http.web.action_forms import SLUGS
from mrk_schemas.cases import (
    Case,
    CaseAsked,
    CaseConfirmed,
    CaseReopened,
    CaseResolved,
    CaseState,
    Ending,
)
from mrk_schemas.registry import CASES
from mrk_schemas.reports import Kind

WORDS = "Masih berlubang <b>, hubungi Pak Sinaga 0812-3456-7890"
FIELDS: dict[Action, dict[str, str]] = {
    Action.ANSWER: {"text": WORDS},
    Action.CONFIRMATION: {},
    Action.DISPUTE: {"text": WORDS},
    Action.RATING: {"rating": "4", "text": WORDS},
    Action.INFORMATION: {"text": WORDS},
    Action.WITHDRAWAL: {"text": ""},
}
TAKEN = {
    Action.ANSWER: "your answer is on its way to the office",
    Action.CONFIRMATION: "the report is closed as solved",
    Action.DISPUTE: "Your dispute is on record",
    Action.RATING: "Thank you for your rating",
    Action.INFORMATION: "What you added is on record",
    Action.WITHDRAWAL: "You have taken the report back",
}


async def resolved(intake: Any, told: Any, number: str, sequence: int = 1, **changes: Any) -> None:
    """An agency says that it is solved; `event` and other changes make it another fact."""
    event = changes.pop("event", CaseResolved)
    at, complaint = intake.clock.now(), str(await intake.id_of(number))
    values = {
        "complaint_id": complaint, "tracking_number": number, "kind": "complaint",
        "state": CaseState.RESOLVED, "owner": "sdabmbk", "owner_name": "Dinas SDABMBK",
        "anonymous": False, "confidential": False, "received_at": at, "changed_at": at,
    }  # fmt: skip
    body = event(case=Case.model_validate({**values, **changes}), by="sdabmbk")
    await told.by(CASES, (sequence, at, body, complaint))


async def asked(intake: Any, told: Any, number: str, sequence: int = 1) -> None:
    """An agency asks the reporter."""
    at = intake.clock.now()
    waiting = {"since": at, "until": at + timedelta(days=7), "derivation": "5 hari kerja"}
    waits = {"state": "in_progress", "questions": 1, "waiting": waiting}
    event = partial(CaseAsked, note="Di sebelah mana <i>sekolah</i>?")
    await resolved(intake, told, number, sequence, event=event, **waits)


def key_of(page: str, number: str, action: Action) -> str:
    """The idempotency key of a form on the page."""
    form = rf'action="/laporan/{number}/{SLUGS[action]}" novalidate>\s*'
    found = re.search(form + r'<input type="hidden" name="kunci" value="([\w-]{32})"', page)
    assert found is not None, action
    return found[1]


def offered(page: str, number: str) -> set[Action]:
    """The actions whose forms a page has."""
    found = set(re.findall(rf'<form method="post" action="/laporan/{number}/(\w+)"', page))
    return {action for action in Action if SLUGS[action] in found}


async def send(
    browser: Browser, number: str, action: Action, form: dict[str, str], **headers: str
) -> httpx.Response:
    path = f"/laporan/{number}/{SLUGS[action]}"
    return await browser.client.post(path, data=form, headers={**OWN, **headers})


async def filled(browser: Browser, number: str, action: Action) -> dict[str, str]:
    page = await browser.open(f"/laporan/{number}")
    return {"kunci": key_of(page.text, number, action), **FIELDS[action]}


def test_every_action_has_a_form_of_its_own() -> None:
    assert set(SLUGS) == set(Action)
    assert len(set(SLUGS.values())) == len(Action)


@pytest.mark.parametrize("state", [*TABLE, "of-a-later-version"])
async def test_the_state_decides_which_forms_are_there(
    browser: Browser, intake: Any, state: str
) -> None:
    number, _ = await browser.sent()
    await intake.pool.execute(
        "insert into timeline values ($1, $2, 1, 'closed', $3, $4, '{}')",
        await intake.id_of(number), CASES, intake.clock.now(), state,
    )  # fmt: skip
    page = await browser.open(f"/laporan/{number}")
    assert page.status_code == 200
    expected = allowed(Kind.COMPLAINT, state, 0)
    assert offered(page.text, number) == expected
    assert ("Send a new report" in page.text) is not bool(expected)
    told = re.search(r'class="state">([^<]+)<', page.text)
    assert told is not None
    # in English the report "is closed": its state's own word
    assert state == "closed" or state not in told[1], "the state is told in words"


@pytest.mark.parametrize("action", list(Action))
async def test_each_action_is_done_by_its_form_once(
    browser: Browser, intake: Any, told: Any, action: Action
) -> None:
    number, _ = await browser.sent()
    if action is Action.ANSWER:
        await asked(intake, told, number)
    elif action is not Action.WITHDRAWAL:
        await resolved(intake, told, number)
    form = await filled(browser, number, action)
    first, again = [await send(browser, number, action, form) for _ in range(2)]
    for page in (first, again):
        assert page.status_code == 200, page.text
        assert [each.status_code for each in page.history] == [303]
        assert page.url.path == f"/laporan/{number}"
        assert TAKEN[action] in page.text
        assert "3456" not in page.text
    assert await intake.count("reporter_action") == 1
    type_, state = STEPS[action]
    steps = await intake.pool.fetch("select type, state from timeline where topic <> $1", CASES)
    assert [tuple(each) for each in steps] == [(type_, state)]
    row = await intake.pool.fetchrow("select action, state from reporter_action")
    after = state or "resolved"
    assert tuple(row) == (action.value, after)
    assert offered(again.text, number) == allowed(Kind.COMPLAINT, after, 1)


async def test_a_question_stands_first_on_its_reporters_page_and_on_nobody_elses(
    browser: Browser, intake: Any, told: Any
) -> None:
    number, _ = await browser.sent()
    await asked(intake, told, number)
    page = await browser.open(f"/laporan/{number}")
    assert "The office asks you" in page.text
    assert "Di sebelah mana &lt;i&gt;sekolah&lt;/i&gt;?" in page.text
    assert page.text.index("The office asks you") < page.text.index('id="now"')
    assert "The office waits for the reporter" in page.text
    stranger = await visitor_without_proof(browser, number)
    assert "sekolah" not in stranger
    assert "The office asks you" not in stranger
    assert "asked the reporter a question" in stranger

    form = await filled(browser, number, Action.ANSWER)
    wrong = await send(browser, number, Action.ANSWER, {**form, "text": "x"})
    assert wrong.status_code == 422
    assert 'id="answer-text-wrong"' in wrong.text
    done = await send(browser, number, Action.ANSWER, form)
    assert "The office asks you" not in done.text
    assert "[nomor telepon]" in done.text
    # a form that stood open too long is taken all the same
    late = await send(
        browser,
        number,
        Action.ANSWER,
        {**form, "kunci": secrets.token_hex(16), "text": "Lagi satu"},
    )
    assert TAKEN[Action.ANSWER] in late.text
    assert "Lagi satu" in late.text


async def visitor_without_proof(browser: Browser, number: str) -> str:
    """A report's page as somebody else sees it."""
    kept = list(browser.client.cookies.jar)
    browser.client.cookies.clear()
    text = (await browser.open(f"/laporan/{number}")).text
    for each in kept:
        browser.client.cookies.jar.set_cookie(each)
    return text


async def test_a_dispute_is_told_in_words_until_the_end(
    browser: Browser, intake: Any, told: Any
) -> None:
    number, _ = await browser.sent()
    await resolved(intake, told, number)
    form = await filled(browser, number, Action.DISPUTE)
    disputed = await send(browser, number, Action.DISPUTE, form)
    for words in (
        "Disputed by the reporter",
        "The reporter disputes it: it is not solved.",
        "Masih berlubang &lt;b&gt;, hubungi Pak Sinaga",
    ):
        assert words in disputed.text, words
    more = {"event": CaseReopened, "state": CaseState.IN_PROGRESS, "report_version": 2}
    await resolved(intake, told, number, 2, **more)
    open_ = await browser.open(f"/laporan/{number}")
    assert "Dinas SDABMBK is at work on it; the deadline stays as it was." in open_.text
    assert 'class="state">In progress<' in open_.text
    await resolved(intake, told, number, 3, report_version=2)
    form = await filled(browser, number, Action.CONFIRMATION)
    await send(browser, number, Action.CONFIRMATION, form)
    end = {"event": CaseConfirmed, "ending": Ending.CONFIRMED, "report_version": 3}
    await resolved(intake, told, number, 4, **end)
    closed = await browser.open(f"/laporan/{number}")
    assert 'class="state">Solved: the reporter agrees<' in closed.text
    assert "The report is closed." in closed.text
    assert "Who has it" not in closed.text


async def test_a_refusal_says_why_and_keeps_what_was_written(
    browser: Browser, intake: Any, told: Any
) -> None:
    number, _ = await browser.sent()
    await resolved(intake, told, number)
    form = await filled(browser, number, Action.DISPUTE)
    confirm = await filled(browser, number, Action.CONFIRMATION)
    await send(browser, number, Action.CONFIRMATION, confirm)
    for text in (WORDS, ""):  # words that are wrong besides are no use to mend
        late = await send(browser, number, Action.DISPUTE, {**form, "text": text})
        assert late.status_code == 409
        assert "The reporter has agreed that it is solved." in late.text
        assert ("Masih berlubang &lt;b&gt;" in late.text) is bool(text)
        assert offered(late.text, number) == {Action.RATING}
    own = await send(browser, number, Action.DISPUTE, form, **{"Accept-Language": "id"})
    assert "Pelapor sudah membenarkan bahwa masalahnya selesai." in own.text
    assert await intake.count("reporter_action") == 1


async def test_the_same_key_with_other_words_is_told_and_gets_a_fresh_key(
    browser: Browser, intake: Any
) -> None:
    number, _ = await browser.sent()
    form = await filled(browser, number, Action.INFORMATION)
    await send(browser, number, Action.INFORMATION, form)
    other = await send(browser, number, Action.INFORMATION, {**form, "text": "Ada dua lagi."})
    assert other.status_code == 422
    assert "already sent" in other.text
    assert "Ada dua lagi." in other.text
    assert key_of(other.text, number, Action.INFORMATION) != form["kunci"]
    assert await intake.count("reporter_action") == 1


@pytest.mark.parametrize(
    ("action", "changes", "field", "kept"),
    [
        (Action.DISPUTE, {"text": ""}, "dispute-text", None),
        (Action.DISPUTE, {"text": "<i"}, "dispute-text", "&lt;i"),
        (Action.INFORMATION, {"text": "x" * 4001}, "information-text", "x" * 4001),
        (Action.INFORMATION, {"text": "a\x00bcd"}, "information-text", None),
        (Action.RATING, {"rating": ""}, "rating-rating", "Masih berlubang &lt;b&gt;"),
        (Action.RATING, {"rating": "6"}, "rating-rating", "Masih berlubang &lt;b&gt;"),
        (Action.RATING, {"rating": "baik"}, "rating-rating", "Masih berlubang &lt;b&gt;"),
    ],
)
async def test_what_is_wrong_is_told_beside_its_field(  # a table's columns
    browser: Browser,
    intake: Any,
    told: Any,
    action: Action,
    changes: dict[str, str],
    field: str,
    kept: str | None,
) -> None:
    number, _ = await browser.sent()
    await resolved(intake, told, number)
    form = {**await filled(browser, number, action), **changes}
    page = await send(browser, number, action, form)
    assert page.status_code == 422
    assert f'id="{field}-wrong"' in page.text
    assert f'<a href="#{field}">' in page.text
    assert page.text.count('-wrong"><span') == 1
    assert f'<details id="{SLUGS[action]}" open>' in page.text
    assert page.text.count(" open>") == 1
    assert kept is None or kept in page.text
    assert key_of(page.text, number, action) == form["kunci"]
    assert await intake.count("reporter_action") == 0


async def test_a_chosen_rating_stays_when_its_words_are_wrong(
    browser: Browser, intake: Any, told: Any
) -> None:
    number, _ = await browser.sent()
    await resolved(intake, told, number)
    form = await filled(browser, number, Action.RATING)
    page = await send(browser, number, Action.RATING, {**form, "text": "x"})
    assert page.status_code == 422
    assert re.search(r'name="rating" value="4" checked', page.text)


@pytest.mark.parametrize("words", [WORDS, ""])
async def test_without_the_proof_there_are_no_forms_and_nothing_is_done(
    browser: Browser, stranger: Browser, intake: Any, words: str
) -> None:
    number, secret = await browser.sent()
    form = {**await filled(browser, number, Action.INFORMATION), "text": words}
    page = await stranger.open(f"/laporan/{number}?sudah=keterangan")
    assert page.status_code == 200
    assert offered(page.text, number) == set()
    assert "What you can do" not in page.text
    refused = await send(stranger, number, Action.INFORMATION, form)
    assert refused.status_code == 403
    assert "Only the reporter can do this" in refused.text
    # nor does the proof of another report help, wherever it is sent
    other, proof = await stranger.sent()
    assert proof != secret
    for cookie in ({}, {"Cookie": f"bukti={proof}"}):
        assert (await send(stranger, number, Action.INFORMATION, form, **cookie)).status_code == 403
    assert offered((await stranger.open(f"/laporan/{other}")).text, other)
    assert offered((await stranger.open(f"/laporan/{number}")).text, number) == set()
    assert await intake.count("reporter_action") == 0


@pytest.mark.parametrize("words", [WORDS, ""])
async def test_a_hidden_report_is_not_there_for_others(
    browser: Browser, stranger: Browser, words: str
) -> None:
    number, _ = await browser.sent(kind="whistleblowing")
    page = await browser.open(f"/laporan/{number}")
    assert "are not shown on this page" in page.text
    form = {**await filled(browser, number, Action.INFORMATION), "text": words}
    absent = "ZZZ-ZZZ-ZZP"
    there, nowhere = [
        await send(stranger, each, Action.INFORMATION, form) for each in (number, absent)
    ]
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.text.replace(number, "") == nowhere.text.replace(absent, "")
    if words:
        taken = await send(browser, number, Action.INFORMATION, form)
        assert taken.status_code == 200
        assert "Masih berlubang" not in taken.text


async def test_forms_of_other_sites_and_without_a_key_do_nothing(
    browser: Browser, intake: Any
) -> None:
    number, _ = await browser.sent()
    form = await filled(browser, number, Action.WITHDRAWAL)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await send(browser, number, Action.WITHDRAWAL, form, **foreign)).status_code == 403
    keyless = await send(browser, number, Action.WITHDRAWAL, {**form, "kunci": ""})
    assert keyless.status_code == 400
    nothing = await browser.client.post(f"/laporan/{number}/hapus", data=form, headers=OWN)
    assert nothing.status_code == 404
    assert await intake.count("reporter_action") == 0


async def test_the_address_of_a_form_leads_back_to_the_report(browser: Browser) -> None:
    number, _ = await browser.sent()
    page = await browser.open(f"/laporan/{number}/{SLUGS[Action.DISPUTE]}")
    assert (page.status_code, page.url.path) == (200, f"/laporan/{number}")
    assert (await browser.open(f"/laporan/{number}/hapus")).status_code == 404
    # nobody is told of what did not happen
    forged = await browser.open(f"/laporan/{number}?sudah={SLUGS[Action.WITHDRAWAL]}")
    assert TAKEN[Action.WITHDRAWAL] not in forged.text


async def test_an_erased_report_takes_nothing(browser: Browser, intake: Any) -> None:
    number, _ = await browser.sent()
    form = await filled(browser, number, Action.INFORMATION)
    await intake.pool.execute("update report set erased_at = now()")
    for text in (WORDS, ""):
        gone = await send(browser, number, Action.INFORMATION, {**form, "text": text})
        assert gone.status_code == 410


async def test_who_acted_very_often_is_told_to_report_anew(browser: Browser, intake: Any) -> None:
    number, _ = await browser.sent()
    form = await filled(browser, number, Action.INFORMATION)
    for version in range(MOST):
        await intake.pool.execute(
            "insert into reporter_action"
            " (complaint, version, request, fingerprint, action, state, at, words)"
            " values ($1, $2, $3, $3, 'information', 'received', now(), null)",
            await intake.id_of(number), version + 100, secrets.token_bytes(32),
        )  # fmt: skip
    page = await browser.open(f"/laporan/{number}")
    assert offered(page.text, number) == set()
    assert f"The reporter has acted {MOST} times" in page.text
    late = await send(browser, number, Action.INFORMATION, form)
    assert late.status_code == 409
    assert f"The reporter has acted {MOST} times" in late.text


async def test_an_address_may_act_so_often_and_no_more(
    browser: Browser, intake: Any, pack: CityPack
) -> None:
    number, secret = await browser.sent()
    form = await filled(browser, number, Action.INFORMATION)
    settings = web_settings(intake, address_rate_per_second=0.001, address_rate_burst=1)

    async def never(_asked: Any) -> Any:
        raise AssertionError("no report is sent here")

    app = pages_for_residents(settings, pack, intake.pool, intake.clock, never)
    async with visitor(app) as client:
        proof = {"Cookie": f"bukti={secret}"}
        answers = [
            await send(Browser(client), number, Action.INFORMATION, form, **proof) for _ in range(2)
        ]
    assert answers[1].status_code == 429
    assert int(answers[1].headers["retry-after"]) > 1
    assert await intake.count("reporter_action") == 1
