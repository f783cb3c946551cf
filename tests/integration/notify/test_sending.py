"""Facts become e-mails: sent once, in order, tried again, refused, skipped, repeated."""

import json
from typing import Any

import pytest

from mrk_delivery.tx import unit
from mrk_delivery.work import Work
from mrk_notify.service import QUEUE, SERVICE
from mrk_telemetry import metrics

KEY = "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
REPORTER = "5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a77"
RECEIVED = "id.go.medan.report.received.v1"
ASSIGNED = "id.go.medan.case.assigned.v1"
SENT = "select count(*) from delivery_event where type = 'id.go.medan.message.sent.v1'"


def notified() -> float:
    labels = {"stage": "notified"}
    return metrics.REGISTRY.get_sample_value("mrk_stage_seconds_count", labels) or 0


async def test_each_fact_is_told_once_in_order_with_a_receipt(desk: Any) -> None:
    measured_before = notified()
    facts = [desk.record(RECEIVED, 1), desk.record(ASSIGNED, 1),
             desk.record("id.go.medan.case.accepted.v1", 2)]  # fmt: skip
    await desk.consume(*facts)
    await desk.consume(*facts)
    async with desk.working():
        await desk.until(SENT, 3)
    found = await desk.mail.records()
    assert [m["subject"].split(" ", 2)[-1] for m in found] == [
        "sudah kami terima", "ditangani Dinas SDABMBK", "mulai ditangani",
    ]  # fmt: skip
    assert {m["to"] if isinstance(m["to"], str) else m["to"][0] for m in found} == {
        "siti@example.org"
    }
    assert set(desk.contacts["purposes"]) == {b"notify.message"}
    assert desk.contacts["traces"] == [[TRACE.split("-")[1].encode()]] * 3, "the report's own trace"
    bodies = await desk.pool.fetch("select body from delivery_event")
    assert not any(b"siti" in row["body"].lower() for row in bodies)
    assert notified() - measured_before == 1, "the first message alone tells how fast we were"


async def test_a_reporter_hears_what_routing_made_of_each_act(desk: Any) -> None:
    await desk.consume(
        desk.record("id.go.medan.report.solution-disputed.v1", 2),
        desk.record("id.go.medan.case.reopened.v1", 1),
        desk.record("id.go.medan.case.information-added.v1", 2),
        desk.record("id.go.medan.case.rated.v1", 3),
        desk.record("id.go.medan.report.answered.v1", 3),
        desk.record("id.go.medan.case.answered.v1", 6),
        desk.record("id.go.medan.case.withdrawn.v1", 4),
        desk.record("id.go.medan.case.confirmed.v1", 5),
    )
    async with desk.working():
        await desk.until(SENT, 3)
    found = await desk.mail.records()
    assert [m["subject"].split(" ", 2)[-1] for m in found] == [
        "dibuka kembali", "dicabut", "ditutup",
    ]  # fmt: skip
    assert await desk.pool.fetchval("select count(*) from dead_letter") == 0


async def test_a_question_is_sent_once_and_so_is_that_no_answer_came(desk: Any) -> None:
    facts = [
        desk.record("id.go.medan.case.asked.v1", 1),
        desk.record("id.go.medan.case.resumed.v1", 2),
    ]
    await desk.consume(*facts)
    await desk.consume(*facts)
    async with desk.working():
        await desk.until(SENT, 2)
    found = await desk.mail.records()
    assert [m["subject"].split(" ", 1)[0] for m in found] == ["Ada", "Laporan"]
    bodies = await desk.pool.fetch("select body from delivery_event order by seq")
    told = [json.loads(row["body"])["delivery"]["message"] for row in bodies]
    assert told == ["asked", "unanswered"]


async def test_a_corrected_contact_is_the_one_that_waiting_messages_go_to(desk: Any) -> None:
    await desk.consume(desk.record(RECEIVED, 1))
    desk.contacts["answer"] = (200, {"reporter": REPORTER, "email": "baru@example.org"})
    await desk.consume(desk.record("id.go.medan.report.contact-changed.v1", 2))
    async with desk.working():
        await desk.until(SENT, 2)
    found = await desk.mail.records()
    assert {m["to"] if isinstance(m["to"], str) else m["to"][0] for m in found} == {
        "baru@example.org"
    }
    assert "dikirim ke alamat ini" in found[-1]["subject"]


@pytest.mark.parametrize("status", [404, 410])
async def test_nobody_to_tell_ends_as_skipped(desk: Any, status: int) -> None:
    desk.contacts["answer"] = (status, {})
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until("select state from work", "skipped")
    assert await desk.mail.records() == []
    assert (
        await desk.pool.fetchval("select type from delivery_event")
        == "id.go.medan.message.skipped.v1"
    )


async def test_intake_away_is_tried_again(desk: Any) -> None:
    good = desk.contacts["answer"]
    desk.contacts["answer"] = (503, {})
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until("select attempts >= 2 from work", expected=True)
        desk.contacts["answer"] = good
        await desk.until(SENT, 1)
    assert len(await desk.mail.records()) == 1


async def test_a_contact_without_an_address_ends_as_skipped(desk: Any) -> None:
    desk.contacts["answer"] = (200, {"reporter": REPORTER, "name": "Siti"})
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until("select state from work", "skipped")
    assert await desk.pool.fetchval("select reason from work") == "no e-mail address"


@pytest.mark.parametrize("address", ["siti", "siti@", "@example.org", "a@b@c", "sití@example.org",
                                     "a@example.org\r\nBcc: b@example.org"])  # fmt: skip
async def test_what_is_no_address_fails_once_and_reaches_nobody(desk: Any, address: str) -> None:
    desk.contacts["answer"] = (200, {"reporter": REPORTER, "email": address})
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until("select state from work", "refused")
    assert await desk.pool.fetchval("select attempts from work") == 1
    assert await desk.mail.records() == []
    body = await desk.pool.fetchval("select body from delivery_event")
    assert json.loads(body)["delivery"]["reason"] == "not an e-mail address"


async def test_a_row_that_makes_no_letter_is_kept_and_never_in_doubt(desk: Any) -> None:
    async with unit(desk.pool, SERVICE) as tx:
        await tx.lock([KEY])
        tx.enqueue(Work(QUEUE, "lane", KEY, "received", {"message": "received"}, "one"))
    async with desk.working():
        await desk.until("select attempts >= 2 from work", expected=True)
    assert await desk.pool.fetchval("select repeated from work") is False
    assert await desk.pool.fetchval("select count(*) from delivery_event") == 0


@pytest.mark.parametrize("mail", ["pengirim:kata-sandi"], indirect=True)
async def test_a_server_that_does_not_take_us_costs_no_message(desk: Any) -> None:
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():  # without the account: 530 to our own address
        await desk.until("select attempts >= 2 from work", expected=True)
    assert await desk.pool.fetchval("select count(*) from delivery_event") == 0
    assert await desk.pool.fetchval("select state from work") == "ready"


@pytest.mark.parametrize("fault", [{"group": "message", "kind": "temporary"},
                                   {"group": "recipient", "kind": "temporary"},
                                   {"group": "connection", "kind": "drop"}])  # fmt: skip
async def test_a_refusal_for_now_is_tried_again(desk: Any, fault: dict[str, str]) -> None:
    await desk.mail.fault(**fault)
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until(SENT, 1)
    assert len(await desk.mail.records()) == 1
    assert await desk.pool.fetchval("select attempts from work") == 2


async def test_a_mailbox_that_does_not_exist_ends_as_failed_and_frees_the_lane(desk: Any) -> None:
    await desk.mail.fault(group="recipient", kind="reject")
    await desk.consume(desk.record(RECEIVED, 1), desk.record(ASSIGNED, 1))
    async with desk.working():
        await desk.until(SENT, 1)
    reason = await desk.pool.fetchval("select reason from work where kind = 'received'")
    assert reason == "SMTP 550"
    failed = "select count(*) from delivery_event where type = 'id.go.medan.message.failed.v1'"
    assert await desk.pool.fetchval(failed) == 1


@pytest.mark.parametrize(("days", "ends"), [(6, "refused"), (4, "ready")])
async def test_a_mailbox_that_puts_off_for_ever_frees_the_lane_after_five_days(
    desk: Any, days: int, ends: str
) -> None:
    await desk.mail.fault(group="recipient", kind="temporary", times=50)
    await desk.consume(desk.record(RECEIVED, 1))
    queued = "update work set created_at = $1::timestamptz - make_interval(days => $2)"
    await desk.pool.execute(queued, desk.now, days)
    async with desk.working():
        await desk.until("select attempts >= 1 and state <> 'running' from work", expected=True)
    assert await desk.pool.fetchval("select state from work") == ends
    if ends == "refused":
        receipt = json.loads(await desk.pool.fetchval("select body from delivery_event"))
        assert receipt["delivery"]["reason"] == "put off for 5 days: SMTP 451"


async def test_a_lost_250_is_sent_again_under_the_same_message_id_and_flagged(desk: Any) -> None:
    await desk.mail.fault(group="message", kind="drop_after")
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until(SENT, 1)
    found = await desk.mail.records()
    assert len({m["message_id"] for m in found}) == 1
    assert await desk.pool.fetchval("select repeated from work") is True
    receipt = json.loads(await desk.pool.fetchval("select body from delivery_event"))
    assert receipt["delivery"]["reason"] == "repeated"


async def test_a_connection_lost_before_the_250_is_sent_again_and_flagged(desk: Any) -> None:
    await desk.mail.fault(group="message", kind="drop_before")
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until(SENT, 1)
    assert len(await desk.mail.records()) == 1
    assert await desk.pool.fetchval("select repeated from work") is True


async def test_a_message_that_waits_holds_back_the_later_ones_of_its_lane(desk: Any) -> None:
    await desk.mail.fault(group="message", kind="temporary", times=2)
    await desk.consume(desk.record(RECEIVED, 1), desk.record(ASSIGNED, 1))
    async with desk.working():
        await desk.until(SENT, 2)
    subjects = [message["subject"] for message in await desk.mail.records()]
    assert ["sudah kami terima" in each for each in subjects] == [True, False]
