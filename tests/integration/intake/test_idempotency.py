"""One key, one report: repeated, concurrent, changed, malformed, and over a lost commit."""

import asyncio
import secrets
from typing import Any

import pytest

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
DEVICE = {"X-Device-Token": "device-token-of-one-phone"}
OTHER_DEVICE = {"X-Device-Token": "device-token-of-another"}


async def test_a_repeated_request_gets_the_stored_answer(intake: Any) -> None:
    first = await intake.send(KEY)
    again = await intake.send(KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await intake.count("report") == await intake.count("report_event") == 1


async def test_quotes_white_space_and_order_do_not_make_another_request(intake: Any) -> None:
    first = await intake.send(KEY)
    body = dict(reversed(list(intake.report().items())))
    again = await intake.public.post(
        "/api/v1/reports", json=body, headers={"Idempotency-Key": f'"{KEY}"'}
    )
    assert again.json() == first.json()


async def test_the_answer_stays_in_the_language_it_was_given_in(intake: Any) -> None:
    first = await intake.send(KEY, reporter=None, headers={"Accept-Language": "en"})
    again = await intake.send(KEY, reporter=None, headers={"Accept-Language": "id"})
    assert again.json() == first.json()


@pytest.mark.parametrize("language", ["id", "en"])
async def test_another_body_under_the_same_key_is_refused(intake: Any, language: str) -> None:
    await intake.send(KEY)
    other = await intake.send(
        KEY, text="Lampu jalan mati sejak kemarin malam.", headers={"Accept-Language": language}
    )
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert await intake.count("report") == 1


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ([], "idempotency-key-missing"),
        ([""], "idempotency-key-malformed"),
        (["short"], "idempotency-key-malformed"),
        (["0" * 64], "idempotency-key-malformed"),
        (['"' + KEY], "idempotency-key-malformed"),
        ([KEY, KEY], "idempotency-key-malformed"),
        (["x" * 256], "idempotency-key-malformed"),
    ],
)
async def test_a_missing_or_malformed_key_is_400(
    intake: Any, sent: list[str], problem: str
) -> None:
    answer = await intake.public.post(
        "/api/v1/reports",
        json=intake.report(),
        headers=[("Idempotency-Key", each) for each in sent],
    )
    assert (answer.status_code, answer.json()["type"]) == (400, f"/problems/{problem}")
    assert await intake.count("report") == 0


async def test_concurrent_twins_get_the_same_answer(intake: Any) -> None:
    answers = await asyncio.gather(*(intake.send(KEY) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await intake.count("report") == 1


async def test_of_concurrent_requests_with_one_key_and_two_bodies_one_wins(intake: Any) -> None:
    texts = ["Parit tersumbat di depan sekolah.", "Lampu jalan mati di depan sekolah."]
    answers = await asyncio.gather(*(intake.send(KEY, text=texts[n % 2]) for n in range(10)))
    accepted = {answer.text for answer in answers if answer.status_code == 201}
    assert len(accepted) == 1
    assert sorted({answer.status_code for answer in answers}) == [201, 422]
    assert await intake.count("report") == 1


async def test_a_twin_in_another_process_waits_for_the_first(intake: Any) -> None:
    request = intake.keys.request("", KEY)
    async with intake.pool.acquire() as conn:
        held = conn.transaction()
        await held.start()
        await conn.execute(
            "insert into idempotency (request, fingerprint, complaint, answer)"
            " values ($1, null, gen_random_uuid(), '{\"x\": 1}')",
            request,
        )
        twin = asyncio.create_task(intake.send(KEY))
        await _until_one_waits(intake)
        assert not twin.done()
        await held.commit()
    answer = await twin
    assert (answer.status_code, answer.json()["x"]) == (201, 1)
    assert await intake.count("report") == 0


async def _until_one_waits(intake: Any) -> None:
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    while not await intake.pool.fetchval(waiting):
        await asyncio.sleep(0.01)


async def test_keys_belong_to_the_device_and_never_to_the_address(intake: Any) -> None:
    mine = await intake.send(KEY, headers=DEVICE)
    moved = await intake.send(KEY, headers={**DEVICE, "X-Forwarded-For": "203.0.113.9"})
    theirs = await intake.send(KEY, headers=OTHER_DEVICE)
    nobodys = await intake.send(KEY)
    assert moved.json() == mine.json()
    assert len({mine.text, theirs.text, nobodys.text}) == 3
    assert await intake.count("report") == 3


@pytest.mark.parametrize(
    "token", ["short", "x" * 129, "with blanks inside it", "tökén-tökén-tökén"]
)
async def test_a_malformed_device_token_is_400(intake: Any, token: str) -> None:
    headers = [("Idempotency-Key", KEY), ("X-Device-Token", token.encode("latin-1"))]
    answer = await intake.public.post("/api/v1/reports", json=intake.report(), headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "X-Device-Token"


async def test_a_refused_body_does_not_use_up_its_key(intake: Any) -> None:
    assert (await intake.send(KEY, text="pendek")).status_code == 422
    assert (await intake.send(KEY)).status_code == 201


async def test_neither_key_nor_token_nor_secret_is_stored(intake: Any) -> None:
    token, key = secrets.token_hex(16), secrets.token_hex(16)
    secret = (await intake.send(key, headers={"X-Device-Token": token})).json()["tracking_secret"]
    row = await intake.pool.fetchrow("select * from idempotency")
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row.values()
    )
    assert [each for each in (token, key, secret) if each.encode() in stored] == []
