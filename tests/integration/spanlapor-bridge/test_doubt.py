"""What is lost, refused, erased or decided by a person: each ends as one truth on both sides."""

import asyncio
from typing import Any

import pytest

from mrk_delivery.clock import FixedClock
from mrk_spanlapor_bridge.admin import NothingToDecideError, resolve

OPEN = "select count(*) from work where state in ('ready', 'running', 'unknown')"
STATUS = "select status from ledger"


def clock(bridge: Any) -> FixedClock:
    return FixedClock(bridge.record("report.received", 1).logged_at)


async def lost(bridge: Any) -> None:
    """A filing that arrived, whose answer was lost, where nothing can be looked up."""
    await bridge.lapor.fault(group="complaint", kind="reset_after")
    await bridge.consume(bridge.record("report.received", 1), bridge.record("case.assigned", 1))
    async with bridge.working(lookup=False):
        await bridge.until(STATUS, "unknown")


async def refused(bridge: Any) -> None:
    """A refused filing with a follow-up that waits for it."""
    await bridge.consume(
        bridge.record("report.received", 1),
        bridge.record("case.assigned", 1),
        bridge.record("case.accepted", 2, state="accepted"),
    )
    async with bridge.without("others"), bridge.working():
        await bridge.until("select state from work where kind = 'follow-up'", "held")


async def test_a_person_finds_a_lost_filing(bridge: Any, complaint: str) -> None:
    await lost(bridge)
    await bridge.consume(bridge.record("case.accepted", 2, state="accepted"))
    (there,) = await bridge.lapor.records()
    await resolve(bridge.pool, clock(bridge), complaint, str(there["id"]))
    async with bridge.working(lookup=False):
        await bridge.until(OPEN, 0)
    (there,) = await bridge.lapor.records()
    assert len(there["followups"]) == 1
    assert [type_ for type_, _ in await bridge.told()] == ["became-unknown", "filed", "followed-up"]


async def test_a_person_says_that_a_filing_never_arrived(bridge: Any, complaint: str) -> None:
    await bridge.lapor.fault(group="complaint", kind="reset_before")
    await bridge.consume(bridge.record("report.received", 1), bridge.record("case.assigned", 1))
    async with bridge.working(lookup=False):
        await bridge.until(STATUS, "unknown")
    await resolve(bridge.pool, clock(bridge), complaint, None)
    async with bridge.working(lookup=False):
        await bridge.until(STATUS, "filed")
    assert [there["submissions"] for there in await bridge.lapor.records()] == [1]


async def test_follow_ups_of_a_refused_filing_wait_and_follow_when_it_is_filed_again(
    bridge: Any, complaint: str
) -> None:
    await refused(bridge)
    assert await bridge.lapor.records() == []
    [(type_, body)] = await bridge.told()
    assert type_ == "refused"
    assert body["reason"] == "the city pack's lapor.yaml has no category for 'others'"
    await resolve(bridge.pool, clock(bridge), complaint, None)
    async with bridge.working():
        await bridge.until("select (body ->> 'follow_ups')::int from ledger", 1)
    (there,) = await bridge.lapor.records()
    assert (there["submissions"], len(there["followups"])) == (1, 1)
    assert await bridge.pool.fetchval(STATUS) == "filed"


async def test_a_person_files_a_refused_complaint_by_hand(bridge: Any, complaint: str) -> None:
    await refused(bridge)
    await resolve(bridge.pool, clock(bridge), complaint, "7000009")
    assert await bridge.pool.fetchval("select state from work where kind = 'follow-up'") == "ready"
    type_, body = (await bridge.told())[-1]
    assert (type_, body["mirror"]["national_id"]) == ("filed", "7000009")


async def test_nothing_is_decided_of_a_filed_or_an_unheard_of_complaint(
    bridge: Any, complaint: str
) -> None:
    with pytest.raises(NothingToDecideError):
        await resolve(bridge.pool, clock(bridge), complaint, "7000009")
    await bridge.consume(bridge.record("report.received", 1), bridge.record("case.assigned", 1))
    async with bridge.working():
        await bridge.until(STATUS, "filed")
    with pytest.raises(NothingToDecideError):
        await resolve(bridge.pool, clock(bridge), complaint, None)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_after"},
        {"kind": "reset_before"},
        {"kind": "server_error", "stored": True},
        {"kind": "rate_limited", "retry_after": 1},
        {"kind": "late_store", "seconds": 2},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
async def test_one_follow_up_whatever_the_answer_even_without_a_search(
    bridge: Any, fault: dict[str, Any]
) -> None:
    await bridge.lapor.fault(group="followup", **fault)
    await bridge.consume(
        bridge.record("report.received", 1),
        bridge.record("case.assigned", 1),
        bridge.record("case.accepted", 2, state="accepted"),
        bridge.record("case.resolved", 3, state="resolved"),
    )
    async with bridge.working(lookup=False):
        await bridge.until(OPEN, 0)
    (there,) = await bridge.lapor.records()
    feet = [entry["content"].splitlines()[-1] for entry in there["followups"]]
    assert feet == ["Referensi: MRK-7F3K-Q2/2", "Referensi: MRK-7F3K-Q2/3"]
    told = [(type_, body.get("case_version")) for type_, body in await bridge.told()]
    assert told == [("filed", None), ("followed-up", 2), ("followed-up", 3)]


async def test_a_lost_follow_up_is_not_a_lost_mirror(bridge: Any, complaint: str) -> None:
    await bridge.lapor.plan(
        rates={"poll": {"server_error": 1}},
        next=[{"group": "followup", "kind": "reset_after"}],
    )
    await bridge.consume(
        bridge.record("report.received", 1),
        bridge.record("case.assigned", 1),
        bridge.record("case.accepted", 2, state="accepted"),
    )
    async with bridge.working():
        await bridge.until("select state from work where kind = 'follow-up'", "unknown")
    assert [type_ for type_, _ in await bridge.told()] == ["filed"]
    with pytest.raises(NothingToDecideError):
        await resolve(bridge.pool, clock(bridge), complaint, "1")
    (there,) = await bridge.lapor.records()
    await resolve(bridge.pool, clock(bridge), complaint, str(there["id"]))
    type_, body = (await bridge.told())[-1]
    assert (type_, body["case_version"], body["mirror"]["follow_ups"]) == ("followed-up", 2, 1)


async def test_a_refused_follow_up_is_not_a_refused_mirror(bridge: Any) -> None:
    await bridge.consume(
        bridge.record("report.received", 1),
        bridge.record("case.assigned", 1),
        bridge.record("case.accepted", 2, state="accepted", owner="unheard-of"),
    )
    async with bridge.working():
        await bridge.until(OPEN, 0)
    assert await bridge.pool.fetchval("select state from work where kind = 'follow-up'") == (
        "refused"
    )
    assert [type_ for type_, _ in await bridge.told()] == ["filed"]
    assert await bridge.pool.fetchval(STATUS) == "filed"


async def test_an_erasure_lists_what_was_filed(bridge: Any) -> None:
    await bridge.consume(bridge.record("report.received", 1), bridge.record("case.assigned", 1))
    async with bridge.working():
        await bridge.until(STATUS, "filed")
    await bridge.consume(bridge.record("report.erased", 2))
    (there,) = await bridge.lapor.records()
    type_, body = (await bridge.told())[-1]
    assert type_ == "erased"
    assert body["received_by"] == [f"SP4N-LAPOR! {there['id']}"]


@pytest.mark.parametrize(
    ("fault", "listed"),
    [
        ({"kind": "timeout", "seconds": 3, "stored": True}, "SP4N-LAPOR! (may have been received)"),
        ({"kind": "latency", "ms": 600}, "SP4N-LAPOR! 70000"),
    ],
    ids=["answer-lost", "answered"],
)
async def test_an_erasure_waits_for_the_call_in_flight(
    bridge: Any, fault: dict[str, Any], listed: str
) -> None:
    await bridge.lapor.fault(group="complaint", **fault)
    await bridge.consume(bridge.record("report.received", 1), bridge.record("case.assigned", 1))
    async with bridge.working():
        await bridge.until("select state from work", "running")
        await bridge.consume(bridge.record("report.erased", 2))
        assert await bridge.told() == []
        await bridge.until(OPEN, 0)
    type_, body = (await bridge.told())[-1]
    assert type_ == "erased"
    assert [name.startswith(listed) for name in body["received_by"]] == [True]


async def test_a_reporter_who_is_gone_ends_the_filing_as_skipped(bridge: Any, people: Any) -> None:
    gone = people()
    gone.contact = None
    await bridge.consume(
        bridge.record("report.received", 1),
        bridge.record("case.assigned", 1),
        bridge.record("case.accepted", 2, state="accepted"),
    )
    async with bridge.working(gone):
        await bridge.until(OPEN, 0)
    states = await bridge.pool.fetch("select kind, state from work order by id")
    assert [tuple(row) for row in states] == [("file", "skipped"), ("follow-up", "skipped")]
    assert await bridge.lapor.records() == []


async def test_a_late_case_fact_has_its_effect_and_leaves_the_newer_state(bridge: Any) -> None:
    await bridge.consume(bridge.record("report.received", 1))
    await bridge.consume(bridge.record("case.accepted", 2, state="accepted"))
    await bridge.consume(bridge.record("case.assigned", 1))
    assert await bridge.pool.fetchval("select body -> 'case' ->> 'state' from ledger") == "accepted"
    async with bridge.working():
        await bridge.until(OPEN, 0)
    (there,) = await bridge.lapor.records()
    assert [entry["content"].splitlines()[-1] for entry in there["followups"]] == [
        "Referensi: MRK-7F3K-Q2/1"
    ]


async def test_a_worker_told_to_stop_records_the_call_in_flight(bridge: Any) -> None:
    await bridge.lapor.fault(group="complaint", kind="latency", ms=400)
    await bridge.consume(bridge.record("report.received", 1), bridge.record("case.assigned", 1))
    async with asyncio.timeout(20), bridge.working():
        await bridge.until("select state from work", "running")
    # told to stop during the call: its answer is still recorded
    assert await bridge.pool.fetchval(STATUS) == "filed"
