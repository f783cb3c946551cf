"""Facts become filings: the real database, the real simulator's process with its faults."""

from typing import Any

import pytest

RECEIVED = "report.received"
ERASED = "report.erased"
ASSIGNED = "case.assigned"
ACCEPTED = "case.accepted"
FILED = "select count(*) from mirror_event where type = 'id.go.medan.mirror.filed.v1'"
OPEN = "select count(*) from work where state in ('ready', 'running', 'unknown')"


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
async def test_filed_once_on_the_first_case_and_followed_up_whatever_comes_first(
    bridge: Any, order: tuple[int, ...]
) -> None:
    facts = [
        bridge.record(RECEIVED, 1),
        bridge.record(ASSIGNED, 1),
        bridge.record(ACCEPTED, 2, state="accepted"),
    ]
    for place in order:
        await bridge.consume(facts[place])
    await bridge.consume(*facts)
    async with bridge.working():
        await bridge.until(OPEN, 0)
    (found,) = await bridge.lapor.records()
    assert found["submissions"] == 1
    assert found["reference"] == "MRK-7F3K-Q2"
    assert len(found["followups"]) == 1
    assert found["reporter"]["email"] == "siti@example.org"
    assert await bridge.pool.fetchval("select national_id from ledger") == str(found["id"])
    bodies = await bridge.pool.fetch("select body from mirror_event")
    assert not any(b"siti" in row["body"].lower() for row in bodies)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_what_began_there_is_followed_up_and_never_filed(
    bridge: Any, order: tuple[int, ...]
) -> None:
    facts = [bridge.record(RECEIVED, 1, national_id="7712399"), bridge.record(ASSIGNED, 1)]
    for place in order:
        await bridge.consume(facts[place])
    await bridge.consume(*facts)
    work = await bridge.pool.fetch("select kind from work")
    assert [row["kind"] for row in work] == ["follow-up"]
    ((told, body),) = await bridge.told()
    assert (told, body["mirror"]["national_id"]) == ("filed", "7712399")
    assert await bridge.lapor.records() == []


async def test_what_a_reporter_did_follows_the_filing_up_in_order(bridge: Any) -> None:
    facts = [
        bridge.record(RECEIVED, 1),
        bridge.record(ASSIGNED, 1),
        bridge.record("report.information-added", 2),
        bridge.record("case.information-added", 2),
        bridge.record("report.solution-disputed", 3),
        bridge.record("case.reopened", 3),
        bridge.record("case.rated", 4),
        bridge.record("case.action-set-aside", 5),
        bridge.record("case.withdrawn", 6),
    ]
    await bridge.consume(*facts)
    await bridge.consume(*facts)
    async with bridge.working():
        await bridge.until(OPEN, 0)
    (found,) = await bridge.lapor.records()
    told = [follow_up["content"].split("\n\n")[0] for follow_up in found["followups"]]
    assert told == [
        "Pelapor menambahkan keterangan.",
        "Pelapor menyanggah penyelesaian; Dinas SDABMBK menangani laporan ini kembali.",
        "Pelapor mencabut laporan ini.",
    ]
    assert await bridge.pool.fetchval("select count(*) from dead_letter") == 0


async def test_an_erasure_takes_a_reporters_later_words_with_it(bridge: Any) -> None:
    await bridge.consume(
        bridge.record("case.reopened", 3),
        bridge.record(RECEIVED, 1),
        bridge.record("case.information-added", 4),
    )
    tables = "select payload::text from work union all select body::text from ledger"
    held = [row[0] for row in await bridge.pool.fetch(tables)]
    assert any("halte" in text for text in held)
    await bridge.consume(bridge.record(ERASED, 5))
    held = [row[0] for row in await bridge.pool.fetch(tables)]
    assert not any("halte" in text or "berlubang" in text for text in held)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "server_error", "stored": True},
        {"kind": "server_error", "stored": False},
        {"kind": "rate_limited", "retry_after": 1},
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "late_store", "seconds": 2},
        {"kind": "malformed_json"},
        {"kind": "html_page", "stored": False},
        {"kind": "timeout", "seconds": 3, "stored": True},
        {"kind": "expired_token"},
    ],
    ids=lambda f: "-".join(map(str, f.values())),
)
async def test_one_filing_whatever_the_answer(bridge: Any, fault: dict[str, Any]) -> None:
    await bridge.lapor.fault(group="complaint", **fault)
    await bridge.consume(bridge.record(RECEIVED, 1), bridge.record(ASSIGNED, 1))
    async with bridge.working():
        await bridge.until(FILED, 1)
    found = await bridge.lapor.records()
    assert [entry["submissions"] for entry in found] == [1]
    assert await bridge.pool.fetchval("select status from ledger") == "filed"


async def test_without_a_look_up_an_unknown_waits_for_a_person(bridge: Any) -> None:
    await bridge.lapor.fault(group="complaint", kind="reset_after")
    await bridge.consume(bridge.record(RECEIVED, 1), bridge.record(ASSIGNED, 1))
    async with bridge.working(lookup=False):
        await bridge.until(
            "select due_at > unknown_since + interval '1 s' from work", expected=True
        )
    assert await bridge.pool.fetchval("select state from work") == "unknown"
    assert len(await bridge.lapor.records()) == 1


async def test_an_anonymous_reporter_is_never_asked_for(bridge: Any, people: Any) -> None:
    asked = people()
    await bridge.consume(
        bridge.record(RECEIVED, 1, anonymous=True), bridge.record(ASSIGNED, 1, anonymous=True)
    )
    async with bridge.working(asked):
        await bridge.until(FILED, 1)
    (found,) = await bridge.lapor.records()
    assert asked.asked == 0
    assert found["reporter"]["name"] == "Pemerintah Kota Medan"
    assert found["flags"]["is_anonymous"] is True


async def test_confidential_is_secret_there(bridge: Any) -> None:
    await bridge.consume(
        bridge.record(RECEIVED, 1, example=2), bridge.record(ASSIGNED, 1, confidential=True)
    )
    async with bridge.working():
        await bridge.until(FILED, 1)
    (found,) = await bridge.lapor.records()
    assert found["flags"]["is_secret"] is True
    assert "Setia Budi" not in found["content"]


async def test_an_erased_reporter_is_not_filed_and_the_erasure_is_acknowledged(bridge: Any) -> None:
    await bridge.consume(bridge.record(RECEIVED, 1), bridge.record(ASSIGNED, 1))
    await bridge.consume(bridge.record(ERASED, 2))
    async with bridge.working():
        await bridge.until(OPEN, 0)
    assert await bridge.lapor.records() == []
    types = await bridge.pool.fetch("select type, body from mirror_event")
    assert [row["type"] for row in types] == ["id.go.medan.mirror.erased.v1"]
    assert "berlubang" not in (await bridge.pool.fetchval("select body::text from ledger"))


async def test_whistle_blowing_is_never_mirrored(bridge: Any) -> None:
    await bridge.consume(bridge.record(RECEIVED, 1, example=3))
    assert await bridge.pool.fetchval("select count(*) from ledger") == 0
    assert await bridge.pool.fetchval("select count(*) from work") == 0


async def test_while_processing_is_restricted_nothing_is_told_and_then_all_in_order(
    bridge: Any, lapor: Any
) -> None:
    await bridge.consume(
        bridge.record("report.received", 1),
        bridge.record("report.restricted", 2),
        bridge.record("case.assigned", 1),
        bridge.record("case.accepted", 2),
    )
    async with bridge.working():
        await bridge.until("select count(*) from work where state = 'held'", 2)
        assert await lapor.records() == []
        await bridge.consume(bridge.record("report.restriction-lifted", 3))
        await bridge.until("select count(*) from work where state = 'done'", 2)
    assert [kind for kind, _ in await bridge.told()] == ["filed", "followed-up"]
