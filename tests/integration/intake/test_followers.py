"""Following another's report: by the API, over a real database."""

import asyncio
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from mrk_intake.http.followers import AlreadyFollowing, FollowReceipt, OwnFollowOut
from mrk_intake.service import SERVICE
from mrk_intake.store import erase, rotate
from mrk_intake.store.vault import Vault
from mrk_schemas.cases import Case, CaseAssigned, CaseResolved, CaseState
from mrk_schemas.deliveries import (
    Delivery,
    DeliveryStatus,
    MessageFailed,
    MessageSent,
    MessageSkipped,
)
from mrk_schemas.registry import CASES, DELIVERIES

AT = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
CONTACT = {"name": "Ucok Lubis", "email": "Ucok@warga.example", "locale": "en"}
CANARIES = ("ucok", "lubis")


def path(sent: dict[str, Any], what: str = "followers") -> str:
    return f"/api/v1/reports/{sent['tracking_number']}/{what}"


async def follow(intake: Any, sent: dict[str, Any], key: str | None = None, **contact: Any) -> Any:
    """Follow a report, under a new key unless one is given; None takes a field away."""
    told = {name: value for name, value in (CONTACT | contact).items() if value is not None}
    return await intake.public.post(
        path(sent),
        json={"contact": told},
        headers={"Idempotency-Key": key or secrets.token_hex(16)},
    )


async def followed(intake: Any, sent: dict[str, Any], **contact: Any) -> dict[str, str]:
    """Follow a report that can be followed; the header that proves the follower."""
    answer = await follow(intake, sent, **contact)
    assert answer.status_code == 201, answer.text
    return {"X-Follow-Secret": answer.json()["follow_secret"]}


async def shown(intake: Any, sent: dict[str, Any]) -> int:
    answer = await intake.public.get(path(sent, "").rstrip("/"))
    found: int = answer.json()["followers"]
    return found


async def events(intake: Any, sent: dict[str, Any], type_: str) -> list[dict[str, Any]]:
    rows = await intake.pool.fetch(
        "select body from report_event where key = $1 and type = $2 order by version",
        str(sent["id"]),
        f"id.go.medan.report.{type_}.v1",
    )
    return [json.loads(row["body"]) for row in rows]


def case(sent: dict[str, Any], **changes: Any) -> Case:
    values = {
        "complaint_id": str(sent["id"]), "tracking_number": sent["tracking_number"],
        "kind": "complaint", "state": CaseState.RESOLVED, "owner": "sdabmbk",
        "owner_name": "Dinas SDABMBK", "anonymous": False, "confidential": False,
        "received_at": AT, "changed_at": AT,
    }  # fmt: skip
    return Case.model_validate(values | changes)


async def test_a_follow_is_durable_counted_and_told_without_personal_data(
    intake: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = await intake.accepted()
    answer = await follow(intake, sent, phone="0812 3456 7890")
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    FollowReceipt.model_validate(answer.json())
    assert answer.json()["following_url"].endswith(path(sent, "following"))
    assert await shown(intake, sent) == 1
    (told,) = await events(intake, sent, "followed")
    assert told["reachable_by"] == ["email", "phone"]
    assert told["locale"] == "en"
    assert told["report"]["followers"] == 1
    assert told["report"]["tracking_number"] == sent["tracking_number"]
    outbox = await intake.pool.fetch("select key, version from outbox order by id")
    assert [(row["key"], row["version"]) for row in outbox] == [
        (str(sent["id"]), n) for n in (1, 2)
    ]
    logged = capsys.readouterr().out
    assert "follower.added" in logged
    everything = (str(told) + logged).lower()
    assert not any(word in everything for word in (*CANARIES, "6281234567890"))


async def test_the_same_key_is_one_follow_with_one_answer(intake: Any) -> None:
    sent, key = await intake.accepted(), secrets.token_hex(16)
    answers = await asyncio.gather(*(follow(intake, sent, key) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 5
    assert await shown(intake, sent) == 1
    other = await follow(intake, sent, key, email="lain@warga.example")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


async def test_the_same_contact_is_one_follow_and_its_secret_is_told_once(intake: Any) -> None:
    sent = await intake.accepted()
    await followed(intake, sent)
    again = [await follow(intake, sent, email="ucok@Warga.example", name="Lain") for _ in range(2)]
    for answer in again:
        assert answer.status_code == 200
        AlreadyFollowing.model_validate(answer.json())
        assert "secret" not in answer.text
    assert await shown(intake, sent) == 1
    assert len(await events(intake, sent, "followed")) == 1
    both = await asyncio.gather(*(follow(intake, sent, email="dua@warga.example") for _ in "ab"))
    assert sorted(answer.status_code for answer in both) == [200, 201]
    elsewhere = await intake.accepted(text="Lampu jalan mati sejak minggu lalu di depan sekolah.")
    assert (await follow(intake, elsewhere)).status_code == 201


@pytest.mark.parametrize(
    ("contact", "field"),
    [
        ({"email": None}, "/contact"),
        ({"email": "ucok"}, "/contact/email"),
        ({"phone": "112"}, "/contact/phone"),
        ({"nik": "1"}, "/contact/nik"),
        ({"name": "a\x00b"}, "/contact/name"),
    ],
)
async def test_a_wrong_contact_is_named(intake: Any, contact: dict[str, Any], field: str) -> None:
    sent = await intake.accepted()
    answer = await follow(intake, sent, **contact)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await intake.count("follower") == 0


async def test_only_public_complaints_that_are_open_are_followed(intake: Any, told: Any) -> None:
    hidden = [
        await intake.accepted(confidential=True),
        await intake.accepted(kind="whistleblowing"),
    ]
    unknown = await intake.public.post(
        "/api/v1/reports/000-000-000/followers",
        json={"contact": CONTACT},
        headers={"Idempotency-Key": secrets.token_hex(16)},
    )
    for sent in hidden:
        answer = await follow(intake, sent)
        assert (answer.status_code, answer.text) == (404, unknown.text)
    idea = await follow(intake, await intake.accepted(kind="aspiration"))
    assert (idea.status_code, idea.json()["type"]) == (409, "/problems/not-a-complaint")

    sent = await intake.accepted()
    body = CaseResolved(case=case(sent), by="sdabmbk")
    await told.by(CASES, (4, AT, body, str(sent["id"])))
    solved = await follow(intake, sent)
    assert (solved.status_code, solved.json()["type"]) == (409, "/problems/not-open")
    taken_back = await intake.accepted()
    await intake.public.post(
        path(taken_back, "withdrawal"),
        headers={
            "X-Tracking-Secret": taken_back["tracking_secret"],
            "Idempotency-Key": secrets.token_hex(16),
        },
    )
    assert (await follow(intake, taken_back)).status_code == 409
    await erase.erase(intake.pool, SERVICE, sent["id"], AT)
    assert (await follow(intake, sent)).status_code == 410
    assert await intake.count("follower") == 0


async def test_a_follower_sees_what_is_kept_and_nobody_else_does(intake: Any) -> None:
    sent, other = await intake.accepted(), await intake.accepted()
    mine = await followed(intake, sent)
    theirs = await followed(intake, sent, email="lain@warga.example", name=None)
    answer = await intake.public.get(path(sent, "following"), headers=mine)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    OwnFollowOut.model_validate(answer.json())
    assert answer.json()["contact"]["email"] == "Ucok@warga.example"
    assert answer.json()["known_to_others"]["reachable_by"] == ["email"]
    assert (
        "ucok"
        not in (await intake.public.get(path(sent, "following"), headers=theirs)).text.lower()
    )
    for headers in (
        {},
        {"X-Follow-Secret": "x" * 22},
        {"X-Tracking-Secret": mine["X-Follow-Secret"]},
    ):
        assert (
            await intake.public.get(path(sent, "following"), headers=headers)
        ).status_code == 404
    assert (await intake.public.get(path(other, "following"), headers=mine)).status_code == 404
    # the reporter's own data tells nothing of those who follow
    proof = {"X-Tracking-Secret": sent["tracking_secret"]}
    own = await intake.public.get(path(sent, "data"), headers=proof)
    (told, _) = await events(intake, sent, "followed")
    assert told["follower"] not in own.text


async def test_who_stops_is_told_of_nothing_and_leaves_no_contact(intake: Any) -> None:
    sent, key = await intake.accepted(), secrets.token_hex(16)
    answer = await follow(intake, sent, key)
    await followed(intake, sent, email="lain@warga.example")
    mine = {"X-Follow-Secret": answer.json()["follow_secret"]}
    (first, _) = await events(intake, sent, "followed")
    stopped = await intake.public.delete(path(sent, "following"), headers=mine)
    assert (stopped.status_code, stopped.content) == (204, b"")
    (event,) = await events(intake, sent, "unfollowed")
    assert (event["follower"], event["report"]["followers"]) == (first["follower"], 1)
    assert await shown(intake, sent) == 1
    assert (await intake.contact("notify", first["follower"])).status_code == 410
    row = await intake.pool.fetchrow("select * from vault where reporter = $1", first["follower"])
    assert (row["wrapped_key"], row["identity"]) == (None, None)
    assert (await intake.public.delete(path(sent, "following"), headers=mine)).status_code == 404
    assert len(await events(intake, sent, "unfollowed")) == 1
    replay = await follow(intake, sent, key)
    assert (replay.status_code, replay.json()["type"]) == (409, "/problems/follow-ended")
    assert (await follow(intake, sent)).status_code == 201, "following again is a new follow"


async def test_notify_alone_learns_the_contact_and_the_links_secret(intake: Any) -> None:
    sent = await intake.accepted()
    mine = await followed(intake, sent)
    (event,) = await events(intake, sent, "followed")
    told = await intake.contact("notify", event["follower"])
    assert told.json() == {
        "reporter": event["follower"], "name": "Ucok Lubis", "email": "Ucok@warga.example",
        "locale": "en", "follow_secret": mine["X-Follow-Secret"],
    }  # fmt: skip
    assert (await intake.contact("spanlapor-bridge", event["follower"])).status_code == 404
    assert (await intake.contact("routing", event["follower"])).status_code == 403


async def test_an_erased_report_leaves_no_followers_contact(intake: Any) -> None:
    sent = await intake.accepted()
    mine = await followed(intake, sent)
    (event,) = await events(intake, sent, "followed")
    await erase.erase(intake.pool, SERVICE, sent["id"], AT)
    left = await intake.pool.fetchval("select count(*) from vault where wrapped_key is not null")
    assert left == 0
    row = await intake.pool.fetchrow("select * from follower")
    assert (row["contact"], row["fingerprint"], row["ending"]) == (None, None, "erased")
    assert (await intake.contact("notify", event["follower"])).status_code == 410
    assert (await intake.public.get(path(sent, "following"), headers=mine)).status_code == 404


@pytest.mark.parametrize("model", [MessageSent, MessageFailed, MessageSkipped])
async def test_the_last_message_ends_the_contact_and_no_other_does(
    intake: Any, told: Any, model: type[MessageSent | MessageFailed | MessageSkipped]
) -> None:
    sent = await intake.accepted()
    mine = await followed(intake, sent)
    (event,) = await events(intake, sent, "followed")

    async def receipt(sequence: int, message: str, follower: str | None) -> None:
        delivery = Delivery(
            complaint_id=str(sent["id"]), message=message, about=str(uuid4()), channel="email",
            status=DeliveryStatus.SENT, changed_at=AT, follower=follower,
        )  # fmt: skip
        await told.by(DELIVERIES, (sequence, AT, model(delivery=delivery), str(sent["id"])))

    await receipt(1, "followed_assigned", event["follower"])
    await receipt(2, "withdrawn", None)
    answer = await intake.public.get(path(sent, "following"), headers=mine)
    assert answer.status_code == 200
    await receipt(3, "followed_withdrawn", event["follower"])
    answer = await intake.public.get(path(sent, "following"), headers=mine)
    assert answer.status_code == 404
    assert (await intake.contact("notify", event["follower"])).status_code == 410
    assert await shown(intake, sent) == 1, "it concerned one more"
    timeline = await intake.public.get(path(sent, "").rstrip("/"))
    steps = [each["type"] for each in timeline.json()["events"]]
    assert steps.count("notified") == (1 if model is MessageSent else 0), "of the reporter alone"


async def test_a_new_master_key_covers_followers(intake: Any) -> None:
    sent = await intake.accepted()
    mine = await followed(intake, sent)
    old = bytes([1, *range(31)])
    both = Vault(bytes([9, *range(31)]), [old])
    assert sum([rows async for rows in rotate.rewrap(intake.pool, both)]) == 2
    assert {each.reporters for each in (await rotate.counted(intake.pool)).values()} == {2}
    row = await intake.pool.fetchrow("select v.* from vault v join follower f on f.id = v.reporter")
    assert row["master_id"] == both.master_id
    assert row["original"] is None
    assert mine


async def test_a_follow_makes_nothing_of_the_reporters_acts(intake: Any, told: Any) -> None:
    """What comes after it carries the number, and the report's state stays what it was."""
    sent = await intake.accepted()
    assigned = CaseAssigned(case=case(sent, state=CaseState.ASSIGNED), by="routing")
    await told.by(CASES, (1, AT, assigned, str(sent["id"])))
    await followed(intake, sent)
    state = (await intake.public.get(path(sent, "").rstrip("/"))).json()["state"]
    assert state == "assigned"
    added = await intake.public.post(
        path(sent, "information"),
        json={"text": "Sekarang dua lubang"},
        headers={
            "X-Tracking-Secret": sent["tracking_secret"],
            "Idempotency-Key": secrets.token_hex(16),
        },
    )
    assert added.status_code == 201
    (event,) = await events(intake, sent, "information-added")
    assert event["report"]["followers"] == 1


async def test_a_follow_whose_answer_was_lost_at_the_commit_is_done_once(
    start: Any, dsn: str, pack: Any, cutter: Any
) -> None:
    async with cutter.between(dsn) as way, start(dsn, pack, pool_dsn=way) as intake:
        sent, key = await intake.accepted(), secrets.token_hex(16)
        cutter.mark, cutter.armed = b"COMMIT", True
        lost = await follow(intake, sent, key)
        assert cutter.cuts == 1
        assert (lost.status_code, lost.headers["retry-after"]) == (503, "2")
        again = await follow(intake, sent, key)
        assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
        proof = {"X-Follow-Secret": again.json()["follow_secret"]}
        cutter.armed = True
        stopped = await intake.public.delete(path(sent, "following"), headers=proof)
        assert (stopped.status_code, stopped.headers["retry-after"]) == (503, "2")
        again = await intake.public.delete(path(sent, "following"), headers=proof)
        assert again.status_code == 404, "it was done"
        assert len(await events(intake, sent, "followed")) == 1
        assert len(await events(intake, sent, "unfollowed")) == 1


async def test_a_follower_is_limited_as_reporters_are(start: Any, dsn: str, pack: Any) -> None:
    async with start(dsn, pack, address_rate_per_second=0.001, address_rate_burst=2) as intake:
        sent = await intake.accepted()
        assert (await follow(intake, sent)).status_code == 201
        answer = await follow(intake, sent)
        assert answer.status_code == 429
        assert "retry-after" in answer.headers
