"""Following another's report from the pages, without JavaScript: over a real database."""

import json
import re
from typing import Any

from list_readers import listed
from web_visitors import OWN, Browser

POINT = {"lat": "3.589700", "lon": "98.673800", "category": "roads"}
CONTACT = {"name": "Ucok Lubis", "email": "ucok@warga.example", "phone": ""}


def key_on(page: Any) -> str:
    hidden = r'/ikuti" novalidate>\s*<input type="hidden" name="kunci" value="([\w-]{32})"'
    found = re.search(hidden, page.text)
    assert found is not None
    return found[1]


async def follow(browser: Browser, number: str, **changes: str) -> Any:
    key = key_on(await browser.open(f"/laporan/{number}"))
    form = {"kunci": key, **CONTACT, **changes}
    return await browser.client.post(f"/laporan/{number}/ikuti", data=form, headers=OWN)


def secret_on(page: Any) -> str:
    found = re.search(r'id="secret">([^<]+)<', page.text)
    assert found is not None, page.text
    return found[1]


async def test_a_report_is_followed_from_its_page_and_left_again(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent()
    own = await browser.open(f"/laporan/{number}")
    assert "I have this too" not in own.text, "a reporter has nothing to follow"
    page = await follow(stranger, number)
    assert page.status_code == 200
    assert str(page.url).endswith(f"/laporan/{number}/ikut")
    secret = secret_on(page)
    assert f"/laporan/{number}/ikut#{secret}" in page.text
    assert "ucok@warga.example" in page.text
    shown = await stranger.open(f"/laporan/{number}")
    assert "People who follow it: 1" in shown.text
    assert "You follow this report" in shown.text
    assert "I have this too" not in shown.text
    await listed(intake)
    assert "People who follow it: 1" in (await stranger.open("/laporan")).text
    data = await stranger.open(f"/laporan/{number}/ikut/data")
    assert data.json()["contact"]["email"] == "ucok@warga.example"
    assert "attachment" in data.headers["content-disposition"]
    stopped = await stranger.client.post(f"/laporan/{number}/ikut/berhenti", headers=OWN)
    assert "You no longer follow this report" in stopped.text
    assert "People who follow it" not in stopped.text
    assert "ikut" not in stranger.client.cookies
    left = await intake.pool.fetchval(
        "select count(*) from vault v join follower f on f.id = v.reporter"
        " where v.identity is not null"
    )
    assert left == 0


async def test_the_secret_brings_a_follower_back_and_nobody_else(
    browser: Browser, stranger: Browser
) -> None:
    number, reporters = await browser.sent()
    page = await follow(stranger, number)
    secret = secret_on(page)
    asked = await browser.open(f"/laporan/{number}/ikut")
    assert "Do you follow this report?" in asked.text
    for wrong in ("", reporters, "x" * 22):
        answer = await browser.client.post(
            f"/laporan/{number}/ikut", data={"secret": wrong}, headers=OWN
        )
        assert answer.status_code == 422
        assert "ucok" not in answer.text
    assert (await browser.open(f"/laporan/{number}/ikut/data")).status_code == 404
    back = await browser.client.post(
        f"/laporan/{number}/ikut", data={"secret": secret}, headers=OWN
    )
    assert "You follow this report" in back.text


async def test_a_wrong_contact_is_named_beside_its_field(
    browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent()
    answer = await follow(stranger, number, email="", phone="")
    assert answer.status_code == 422
    assert 'id="email-wrong"' in answer.text
    assert "Leave an e-mail address or a phone number" in answer.text
    wrong = await follow(stranger, number, email="ucok", phone="112")
    assert 'id="email-wrong"' in wrong.text
    assert 'id="phone-wrong"' in wrong.text
    assert 'value="Ucok Lubis"' in wrong.text, "what was typed is there"


async def test_the_same_contact_is_told_that_it_follows(
    browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent()
    await follow(stranger, number)
    stranger.client.cookies.clear()
    again = await follow(stranger, number)
    assert "This contact follows the report already" in again.text
    assert "People who follow it: 1" in again.text


async def test_other_sites_and_hidden_reports_are_refused(
    browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent()
    form = {"kunci": "k" * 16 + "abcdefgh12345678", **CONTACT}
    for path in ("ikuti", "ikut", "ikut/berhenti"):
        answer = await stranger.client.post(
            f"/laporan/{number}/{path}", data=form, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403, path
    hidden, _ = await browser.sent(confidential="1")
    answer = await stranger.client.post(f"/laporan/{hidden}/ikuti", data=form, headers=OWN)
    unknown = await stranger.client.post("/laporan/000-000-000/ikuti", data=form, headers=OWN)
    assert answer.status_code == unknown.status_code == 404
    assert answer.text.replace(hidden, "N") == unknown.text.replace("000-000-000", "N")
    assert (await stranger.open(f"/laporan/{number}/ikuti")).url.path == f"/laporan/{number}"


async def test_a_form_with_twins_nearby_asks_first_and_is_sent_all_the_same(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent(**POINT)
    form = await stranger.fill(**POINT | {"lat": "3.590000"}, name="Ucok Lubis")
    asked = await stranger.send(form)
    assert asked.status_code == 200
    assert "Is it one of these?" in asked.text
    assert "about 30 m away" in asked.text
    assert number in asked.text
    assert await intake.count("report") == 1
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert {name: value for name, value in form.items() if value} == {
        name: value for name, value in hidden.items() if name != "dilihat"
    }
    receipt = await stranger.send(hidden)
    assert "Your report has been received" in receipt.text
    # loading the first answer again, and sending it again, makes no second one
    assert "Your report has been received" in (await stranger.send(form)).text
    assert "Your report has been received" in (await stranger.send(hidden)).text
    assert await intake.count("report") == 2


async def test_it_is_the_same_so_it_is_followed_and_not_sent(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent(**POINT)
    form = await stranger.fill(**POINT, name="Ucok Lubis", email="")
    nobody = await stranger.send({**form, "ikuti": number})
    assert nobody.status_code == 422
    assert 'id="email-wrong"' in nobody.text
    followed = await stranger.send({**form, "email": "ucok@warga.example", "ikuti": number})
    assert str(followed.url).endswith(f"/laporan/{number}/ikut")
    assert "ucok@warga.example" in followed.text
    assert await intake.count("report") == 1
    assert await intake.count("follower") == 1


async def test_what_was_written_is_not_lost_where_the_other_report_has_ended(
    intake: Any, browser: Browser, stranger: Browser
) -> None:
    number, secret = await browser.sent(**POINT)
    form = await stranger.fill(**POINT, name="Ucok Lubis")
    await intake.public.post(
        f"/api/v1/reports/{number}/withdrawal",
        headers={"X-Tracking-Secret": secret, "Idempotency-Key": "k" * 8 + "abcdefgh12345678"},
    )
    for ended in (number, "000-000-000"):
        answer = await stranger.send({**form, "ikuti": ended})
        assert answer.status_code == 409
        assert "cannot be followed any more" in answer.text
        assert form["text"] in answer.text
        assert form["kunci"] in answer.text
    assert await intake.count("follower") == 0


async def test_nothing_is_asked_where_there_is_no_twin(browser: Browser, stranger: Browser) -> None:
    await browser.sent(**POINT)
    for changes in (
        {"category": "trees"}, {"lat": "3.610000"}, {"kind": "aspiration"}, {"confidential": "1"},
    ):  # fmt: skip
        answer = await stranger.send(await stranger.fill(**POINT | changes))
        assert "Your report has been received" in answer.text, changes


async def test_a_script_is_told_of_twins_in_words_that_are_public(
    browser: Browser, stranger: Browser
) -> None:
    number, _ = await browser.sent(**POINT, text="Jalan berlubang, hubungi 0812 3456 7890 <b>")
    written = {
        "text": "Jalan berlubang besar", "category": "", "address": "",
        "point": {"lat": 3.5897, "lon": 98.6738},
    }  # fmt: skip
    answer = await stranger.client.post("/bantu/serupa", json=written, headers=OWN)
    assert answer.status_code == 200
    assert answer.text.count("<li") == 1
    assert number in answer.text
    assert "0812" not in answer.text
    assert "&lt;b&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    none = await stranger.client.post(
        "/bantu/serupa", json=written | {"category": "trees"}, headers=OWN
    )
    assert none.text.strip() == ""
    wrong = await stranger.client.post("/bantu/serupa", json={"text": 1}, headers=OWN)
    assert wrong.status_code == 422
    assert "errors" in json.loads(wrong.text)
