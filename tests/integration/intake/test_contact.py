"""A reporter corrects how they are reached, over a real database."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from mrk_intake.domain.contact import MOST
from mrk_intake.service import SERVICE
from mrk_intake.store.erase import erase
from mrk_schemas.reports import Kind

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
CHANGED = "id.go.medan.report.contact-changed.v1"
NEW = {"name": "Ucok Sinaga", "email": "ucok@warga.example", "phone": "0813-7000-1234"}


async def change(
    intake: Any, sent: dict[str, Any], body: object, method: str = "PATCH", **headers: str
) -> httpx.Response:
    proof = {"X-Tracking-Secret": sent["tracking_secret"], "Accept-Language": "en"}
    answer: httpx.Response = await intake.public.request(
        method,
        f"/api/v1/reports/{sent['tracking_number']}/contact",
        content=json.dumps(body),
        headers={"Content-Type": "application/json", **proof, **headers},
    )
    return answer


async def kept(intake: Any, sent: dict[str, Any]) -> Any:
    proof = {"X-Tracking-Secret": sent["tracking_secret"]}
    path = f"/api/v1/reports/{sent['tracking_number']}/data"
    return (await intake.public.get(path, headers=proof)).json()["reporter"]


async def events(intake: Any, sent: dict[str, Any]) -> list[dict[str, Any]]:
    rows = await intake.pool.fetch(
        "select e.body from report_event e join outbox o using (topic, key, version)"
        " where e.key = $1 and e.type = $2 order by o.id",
        str(sent["id"]),
        CHANGED,
    )
    return [json.loads(row["body"]) for row in rows]


async def test_a_part_is_changed_and_the_rest_stays(intake: Any) -> None:
    sent = await intake.accepted()
    answer = await change(intake, sent, {"email": "baru@warga.example", "locale": "en"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == {
        "tracking_number": sent["tracking_number"],
        "channels": ["email"],
        "locale": "en",
        "changed": True,
    }
    assert await kept(intake, sent) == {
        "name": "Butet Simanjuntak", "phone": None, "email": "baru@warga.example", "locale": "en",
    }  # fmt: skip
    (told,) = await events(intake, sent)
    assert told["channels"] == ["email"]
    assert told["report"]["locale"] == "en"
    assert told["report"] | {"locale": "id"} == (await intake.event(sent["id"]))["report"]
    assert "warga.example" not in str(told)
    assert await intake.pool.fetchval("select locale from report") == "en"


async def test_a_report_without_a_contact_is_given_one_and_loses_it_again(intake: Any) -> None:
    sent = await intake.accepted(reporter=None)
    reporter = str(await intake.pool.fetchval("select reporter from report"))
    assert "reporter" not in (await intake.event(sent["id"]))["report"]
    assert (await change(intake, sent, NEW, "PUT")).json()["channels"] == ["email", "phone"]
    (given,) = await events(intake, sent)
    assert given["report"]["reporter"] == reporter
    contact = (await intake.contact("notify", reporter)).json()
    assert contact == {
        "reporter": reporter, "name": "Ucok Sinaga", "email": "ucok@warga.example",
        "phone": "+6281370001234", "locale": "id",
    }  # fmt: skip
    assert (await change(intake, sent, {}, "PUT")).json()["channels"] == []
    taken = (await events(intake, sent))[-1]
    assert "reporter" not in taken["report"]
    assert taken["channels"] == []
    # what still waits finds nobody to write to, and the bridge files it for the city's account
    for caller in ("notify", "spanlapor-bridge"):
        found = await intake.contact(caller, reporter)
        assert found.json() == {"reporter": reporter, "locale": "id"}
    # what the reporter does next is told with the newest state
    added = await intake.public.post(
        f"/api/v1/reports/{sent['tracking_number']}/information",
        json={"text": "Masih berlubang."},
        headers={"X-Tracking-Secret": sent["tracking_secret"], "Idempotency-Key": KEY},
    )
    assert added.status_code == 201
    assert "reporter" not in (await intake.event(sent["id"], "information-added"))["report"]


async def test_the_same_again_tells_nobody(intake: Any) -> None:
    sent = await intake.accepted()
    first = await change(intake, sent, NEW, "PUT")
    again = await change(intake, sent, NEW, "PUT")
    assert again.json() == first.json() | {"changed": False}
    assert len(await events(intake, sent)) == 1
    # null takes a way, and only that one
    assert (await change(intake, sent, {"phone": None})).json()["channels"] == ["email"]
    assert (await kept(intake, sent))["phone"] is None
    merged = {"Content-Type": "application/merge-patch+json"}
    assert (await change(intake, sent, {"name": None}, **merged)).json()["changed"] is True


async def test_changes_at_once_stand_in_one_order(intake: Any) -> None:
    sent = await intake.accepted()
    answers = await asyncio.gather(
        *(change(intake, sent, {"email": f"a{n}@warga.example"}) for n in range(6))
    )
    assert {each.status_code for each in answers} == {200}
    versions = await intake.pool.fetch(
        "select version from report_event where key = $1 order by version", str(sent["id"])
    )
    assert [row["version"] for row in versions] == list(range(1, 8))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"email": "nobody", "phone": "112"}, {"/email", "/phone"}),
        ({"name": "", "locale": "fr"}, {"/name", "/locale"}),
        ({"nik": "1271046502900003"}, {"/nik"}),
        ({"name": "a\u0000b"}, {"/name"}),
    ],
)
async def test_each_wrong_field_is_named(intake: Any, body: object, fields: set[str]) -> None:
    sent = await intake.accepted()
    answer = await change(intake, sent, body)
    assert answer.status_code == 422
    told = answer.json()["errors"]
    assert {each["field"] for each in told} == fields
    assert all(each["message"] and each["mend"] for each in told)
    assert await events(intake, sent) == []


async def test_only_the_reporter_may(intake: Any) -> None:
    open_ = await intake.accepted()
    hidden = await intake.accepted(confidential=True)
    for sent, status in ((open_, 403), (hidden, 404)):
        forged = sent | {"tracking_secret": "x" * 22}
        assert (await change(intake, forged, NEW)).status_code == status
        assert await events(intake, sent) == []
    plain = await change(intake, open_, NEW, **{"Content-Type": "text/plain"})
    assert plain.status_code == 415
    await erase(intake.pool, SERVICE, open_["id"], intake.clock.now())
    assert (await change(intake, open_, NEW)).status_code == 410


@pytest.mark.parametrize(
    "flags", [{"anonymous": True}, {"kind": Kind.WHISTLEBLOWING, "confidential": True}]
)
async def test_what_anonymous_promises_holds_for_a_contact_given_later(
    intake: Any, flags: dict[str, Any]
) -> None:
    sent = await intake.accepted(reporter=None, **flags)
    assert (await change(intake, sent, NEW, "PUT")).status_code == 200
    (told,) = await events(intake, sent)
    reporter = told["report"]["reporter"]
    assert (await intake.contact("notify", reporter)).json()["email"] == NEW["email"]
    assert (await intake.contact("spanlapor-bridge", reporter)).status_code == 404
    if "kind" in flags:
        assert {"text", "place", "category"} & set(told["report"]) == set()


async def test_a_contact_is_not_changed_for_ever(intake: Any) -> None:
    sent = await intake.accepted()
    for n in range(MOST):
        answer = await change(intake, sent, {"email": f"a{n}@warga.example"})
        assert answer.status_code == 200
    refused = await change(intake, sent, {"email": "again@warga.example"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-changes")
    same = await change(intake, sent, {"email": f"a{MOST - 1}@warga.example"})
    assert (same.status_code, same.json()["changed"]) == (200, False)


async def test_the_page_shows_what_is_kept_to_the_reporter_and_takes_a_correction(
    intake: Any, browser: Any, stranger: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    number, _ = await browser.sent()
    path = f"/laporan/{number}/kontak"
    assert f'href="{path}"' in (await browser.open(f"/laporan/{number}")).text
    page = await browser.open(path)
    assert 'value="Butet Simanjuntak"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "reporter.correct" in capsys.readouterr().out
    nosy = await stranger.open(path)
    assert nosy.status_code == 403
    assert "Butet" not in nosy.text
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
    wrong = {"name": "Butet", "phone": "112", "email": "x", "locale": "id"}
    refused = await browser.client.post(path, data=wrong, headers=headers)
    assert refused.status_code == 422
    assert 'id="phone-wrong"' in refused.text
    assert 'id="email-wrong"' in refused.text
    form = {"name": "", "phone": "", "email": "baru@warga.example", "locale": "en"}
    forged = await stranger.client.post(path, data=form, headers=headers)
    assert forged.status_code == 403
    evil = await browser.client.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert evil.status_code == 403
    done = await browser.client.post(path, data=form, headers=headers)
    assert (done.status_code, done.url.path) == (200, f"/laporan/{number}")
    assert "How we reach you is on record" in done.text
    again = await browser.open(path)
    assert 'value="baru@warga.example"' in again.text
    assert "Butet" not in again.text
    assert await intake.pool.fetchval("select locale from report") == "en"
