"""An erased report: nothing more is sent, and what had gone out is told."""

import json
from typing import Any

from mrk_delivery import work_store
from mrk_notify.service import QUEUE

RECEIVED = "id.go.medan.report.received.v1"
ASSIGNED = "id.go.medan.case.assigned.v1"
SENT = "select count(*) from delivery_event where type = 'id.go.medan.message.sent.v1'"
ACKNOWLEDGED = "select body from delivery_event where type = 'id.go.medan.delivery.erased.v1'"
ACKNOWLEDGEMENTS = (
    "select count(*) from delivery_event where type = 'id.go.medan.delivery.erased.v1'"
)


async def test_an_erased_report_sends_nothing_more_and_acknowledges(desk: Any) -> None:
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until(SENT, 1)
    await desk.consume(desk.record(ASSIGNED, 1))
    await desk.consume(desk.record("id.go.medan.report.erased.v1", 2))
    await desk.consume(desk.record("id.go.medan.case.accepted.v1", 2))
    async with desk.working():
        await desk.until("select count(*) from work where state in ('ready', 'running')", 0)
    assert len(await desk.mail.records()) == 1
    body = await desk.pool.fetchval(
        "select body from delivery_event where type = 'id.go.medan.delivery.erased.v1'"
    )
    assert json.loads(body)["received_by"] == ["email"]


async def test_a_reporters_words_that_wait_to_be_sent_are_blanked(desk: Any) -> None:
    await desk.consume(desk.record("id.go.medan.case.reopened.v1", 1))
    assert "berlubang" in await desk.pool.fetchval("select payload::text from work")
    await desk.consume(desk.record("id.go.medan.report.erased.v1", 2))
    assert "berlubang" not in await desk.pool.fetchval("select payload::text from work")


async def test_an_erasure_before_anything_went_out_says_that_nothing_did(desk: Any) -> None:
    await desk.consume(desk.record(RECEIVED, 1), desk.record("id.go.medan.report.erased.v1", 2))
    async with desk.working():
        await desk.until("select state from work", "skipped")
    assert await desk.mail.records() == []
    assert json.loads(await desk.pool.fetchval(ACKNOWLEDGED))["received_by"] == []


async def test_an_erasure_counts_a_message_whose_answer_was_lost_as_gone_out(
    desk: Any,
) -> None:
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.pool.acquire() as conn:
        (job,) = await work_store.take(conn, QUEUE, 1, 20)
        await work_store.doubt(conn, job, "the answer was lost")
    await desk.consume(desk.record("id.go.medan.report.erased.v1", 2))
    assert json.loads(await desk.pool.fetchval(ACKNOWLEDGED))["received_by"] == ["email"]


async def test_an_erasure_waits_for_the_message_in_flight(desk: Any) -> None:
    await desk.mail.fault(group="message", kind="latency", ms=2000)
    await desk.consume(desk.record(RECEIVED, 1))
    async with desk.working():
        await desk.until("select state from work", "running")
        await desk.consume(desk.record("id.go.medan.report.erased.v1", 2))
        assert await desk.pool.fetchval(ACKNOWLEDGEMENTS) == 0
        await desk.until(ACKNOWLEDGEMENTS, 1)
    assert json.loads(await desk.pool.fetchval(ACKNOWLEDGED))["received_by"] == ["email"]
    assert len(await desk.mail.records()) == 1
