"""The commands of agencies by HTTP: the same rules, answers and ids as on their topics."""

import asyncio
from collections.abc import AsyncIterator

import api_kit
import asyncpg
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_delivery.events import Record
from mrk_schemas.agencies import AcceptCase, ResolveCase
from mrk_schemas.registry import CASES

INBOX = "agency.sdabmbk.inbox.v1"
ONE = kit.complaint(1)
KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
PHOTO = "9f" * 32


@pytest.fixture
async def api(
    routing: kit.Routing, pool: asyncpg.Pool, pack: CityPack, clock: Clock
) -> AsyncIterator[api_kit.Api]:
    await routing.reports(kit.received())
    async with api_kit.serving(pool, pack, clock) as api:
        yield api


async def test_a_case_goes_from_accepted_to_resolved(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    accepted = await api.command(ONE, "accept", {"case_version": 2, "note": "0812-3456-7890"})
    assert accepted.status_code == 200
    told = accepted.json()
    assert (told["version"], told["command_type"]) == (4, AcceptCase.TYPE)
    assert told["case"]["state"] == "accepted"
    assert "reporter" not in told["case"]
    asked = await api.command(ONE, "ask", {"case_version": 4, "question": "Di sebelah mana?"})
    assert asked.json()["case"]["waiting"]
    await api.command(ONE, "progress", {"case_version": 4, "note": "Tim turun"})
    solved = await api.command(
        ONE, "resolve", {"case_version": 4, "note": "Beres", "proof": [PHOTO]}
    )
    assert solved.json()["case"]["state"] == "resolved"
    assert [event.type for event in await routing.sent(CASES)] == [
        "case.assigned", "case.accepted", "case.asked", "case.progressed", "case.resolved",
    ]  # fmt: skip
    # the inbox has the same answers, and no words that were to be masked are anywhere
    assert (await routing.types()).count("command.done") == 4
    assert "3456" not in await routing.everything()
    assert await routing.pool.fetchval("select count(*) from outbox") == len(await routing.sent())


async def test_a_rule_refuses_with_its_code_reason_and_mend(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    refused = await api.command(ONE, "progress", {"case_version": 2, "note": "Tim turun"})
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    told = refused.json()
    assert told["type"] == "/problems/rules/accept-first"
    assert told["rule"] == "accept-first"
    assert told["reason"] == told["title"] == "The case was not accepted yet."
    assert told["mend"].startswith("Send case.accept first")
    (on_inbox,) = [e for e in await routing.sent(INBOX) if e.type == "command.refused"]
    assert on_inbox.body["command_id"] == told["command_id"]
    wrong = await api.command(ONE, "resolve", {"case_version": 9, "note": "Beres"})
    assert (wrong.status_code, wrong.json()["rule"]) == (409, "no-such-version")


async def test_the_same_key_is_one_command_with_one_answer(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    body = {"case_version": 2}
    twins = await asyncio.gather(*[api.command(ONE, "accept", body, key=KEY) for _ in range(5)])
    assert {answer.status_code for answer in twins} == {200}
    assert len({answer.content for answer in twins}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in twins) == 4
    quoted = await api.command(ONE, "accept", body, key=f'"{KEY}"')
    assert quoted.content == twins[0].content
    assert (await routing.types()).count("case.accepted") == 1
    other = await api.command(ONE, "accept", {"case_version": 2, "note": "Lain"}, key=KEY)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    # a refusal is an answer too
    first = await api.command(ONE, "accept", body, key=KEY.replace("8", "7"))
    again = await api.command(ONE, "accept", body, key=KEY.replace("8", "7"))
    assert first.json() == again.json()
    assert first.json()["rule"] == "already-accepted"


async def test_a_key_is_the_agencys_own(api: api_kit.Api, routing: kit.Routing) -> None:
    await api.command(ONE, "accept", {"case_version": 2}, key=KEY)
    await routing.reports(kit.received(2, category="pollution"))
    mine = await api.command(
        kit.complaint(2), "accept", {"case_version": 2}, key=KEY,
        token=api.token("green-desk", "dlh"), agency="dlh",
    )  # fmt: skip
    assert "idempotent-replayed" not in mine.headers


def on_topic(kind: type[AcceptCase]) -> Record:
    return kit.command(kind, version=2, id_=KEY)


async def test_an_id_that_comes_both_ways_takes_effect_once(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    await routing.commands(on_topic(AcceptCase))
    told = await api.command(ONE, "accept", {"case_version": 2}, key=KEY)
    assert told.status_code == 200
    assert told.headers["idempotent-replayed"] == "true"
    assert (await routing.types()).count("case.accepted") == 1
    key = KEY.replace("8", "7")
    await api.command(ONE, "resolve", {"case_version": 4, "note": "Lubang ditambal"}, key=key)
    await routing.commands(kit.command(ResolveCase, version=4, id_=key))
    assert (await routing.types()).count("case.resolved") == 1
    assert "command.refused" not in await routing.types()


@pytest.mark.parametrize("number", [2, 77], ids=["another agency's", "nobody's"])
async def test_a_foreign_and_an_unknown_case_are_answered_alike(
    api: api_kit.Api, routing: kit.Routing, number: int
) -> None:
    await routing.reports(kit.received(2, category="pollution"))
    before = len(await routing.sent(CASES))
    refused = await api.command(kit.complaint(number), "accept", {"case_version": 1}, key=KEY)
    assert refused.status_code == 404
    assert refused.json() == {
        "type": "/problems/rules/not-the-owner",
        "title": "No case with this id is with this agency.",
        "status": 404,
        "detail": "Check the complaint id; act only on cases that were handed over on this"
        " agency's inbox.",
        "rule": "not-the-owner",
        "reason": "No case with this id is with this agency.",
        "mend": "Check the complaint id; act only on cases that were handed over on this"
        " agency's inbox.",
        "command_id": KEY,
    }
    assert len(await routing.sent(CASES)) == before
    again = await api.command(kit.complaint(number), "accept", {"case_version": 1}, key=KEY)
    assert again.json() == refused.json()


async def test_every_wrong_field_is_named_at_once(api: api_kit.Api, routing: kit.Routing) -> None:
    refused = await api.command(
        ONE, "resolve", {"note": "x", "proof": ["a"] * 6, "owner": "dlh", "complaint_id": ONE}
    )
    assert refused.status_code == 422
    errors = refused.json()["errors"]
    assert {e["field"] for e in errors} == {
        "/case_version", "/note", "/proof", "/owner", "/complaint_id"
    }  # fmt: skip
    assert all(e["message"] and e["mend"] for e in errors)
    oversize = await api.command(ONE, "accept", {"case_version": 2, "note": "a" * 70_000})
    assert oversize.status_code == 413
    long = await api.command(ONE, "accept", {"case_version": 2, "note": "a" * 4_001})
    assert long.json()["errors"][0]["field"] == "/note"
    nul = await api.command(ONE, "accept", {"case_version": 2, "note": "a\x00"})
    assert nul.json()["errors"][0]["field"] == "/note"
    photo = await api.command(ONE, "resolve", {"case_version": 2, "note": "Beres", "proof": ["a"]})
    assert photo.json()["rule"] in {"proof-not-a-hash", "accept-first"}
    assert (await routing.case())["state"] == "assigned"


async def test_what_is_no_command_is_refused(api: api_kit.Api) -> None:
    path = f"/api/v1/agencies/{api_kit.AGENCY}/cases/{ONE}/accept"
    head = {"authorization": f"Bearer {api.token()}"}
    missing = await api.client.post(path, json={}, headers=head)
    assert missing.json()["type"] == "/problems/idempotency-key-missing"
    typed = await api.client.post(path, content=b"{}", headers=head | {"idempotency-key": KEY})
    assert typed.status_code == 415
    weak = await api.command(ONE, "accept", {"case_version": 2}, key="1")
    assert weak.json()["type"] == "/problems/idempotency-key-malformed"
    assert (await api.command(ONE, "close", {"case_version": 2})).status_code == 404
    assert (await api.command("nonsense", "accept", {"case_version": 2})).status_code == 404
    assert (await api.client.get(path, headers=head)).status_code == 405


async def test_nothing_is_stored_where_the_answer_fails(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    """The guard, the case and its events are one transaction."""
    await routing.pool.execute(
        "alter table outbox add constraint none check (topic like 'complaint.%') not valid"
    )
    failed = await api.command(ONE, "accept", {"case_version": 2}, key=KEY)
    assert failed.status_code == 500
    assert "outbox" not in failed.text
    await routing.pool.execute("alter table outbox drop constraint none")
    done = await api.command(ONE, "accept", {"case_version": 2}, key=KEY)
    assert done.status_code == 200
    assert "idempotent-replayed" not in done.headers


async def test_after_an_erasure_no_words_are_kept(api: api_kit.Api, routing: kit.Routing) -> None:
    await api.command(ONE, "accept", {"case_version": 2, "note": "Bertemu Bu Tarigan"}, key=KEY)
    await routing.reports(kit.erased())
    await api.command(ONE, "progress", {"case_version": 4, "note": "Bertemu Pak Sinaga"})
    assert "Sinaga" not in await routing.everything()
    assert "Tarigan" not in await routing.everything()
    again = await api.command(
        ONE, "accept", {"case_version": 2, "note": "Bertemu Bu Tarigan"}, key=KEY
    )
    assert again.headers["idempotent-replayed"] == "true"
