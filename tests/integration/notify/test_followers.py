"""Followers are told of public steps, once each, in order, and of the end last."""

import json
from dataclasses import replace
from typing import Any

import pytest

FOLLOWED = "id.go.medan.report.followed.v1"
UNFOLLOWED = "id.go.medan.report.unfollowed.v1"
ASSIGNED = "id.go.medan.case.assigned.v1"
PROGRESSED = "id.go.medan.case.progressed.v1"
WITHDRAWN = "id.go.medan.report.withdrawn.v1"
CONFIRMED = "id.go.medan.report.solution-confirmed.v1"
FIRST = "3d1b9c04-7a52-4c1e-8d0b-5b8f2f6a9e10"
SECOND = "aa1b9c04-7a52-4c1e-8d0b-5b8f2f6a9e11"
SECRET = "mN5vQe0kT1y3b6Jc9dXh2A"
UNFINISHED = "select count(*) from work where state in ('ready', 'running')"


def about(desk: Any, type_: str, sequence: int, follower: str, locale: str = "id") -> Any:
    """A fact about one follower, as a record of the one complaint."""
    made = desk.record(type_, sequence)
    body = json.loads(made.value) | {"follower": follower, "locale": locale}
    return replace(made, value=json.dumps(body).encode())


@pytest.fixture(autouse=True)
def _known(desk: Any) -> None:
    contact = {"reporter": FIRST, "name": "Ucok", "email": "ucok@example.org"}
    desk.contacts["answer"] = (200, contact | {"follow_secret": SECRET})


async def kinds(desk: Any) -> list[tuple[str, str]]:
    """What was queued, and for whom (the first letters of the pseudonym)."""
    rows = await desk.pool.fetch("select kind, payload ->> 'reporter' as who from work order by id")
    return [(row["kind"], row["who"][:2]) for row in rows]


async def test_each_follower_is_told_of_each_public_step_once_and_in_order(desk: Any) -> None:
    facts = [
        about(desk, FOLLOWED, 2, FIRST), about(desk, FOLLOWED, 3, SECOND, "en"),
        desk.record(ASSIGNED, 1), desk.record("id.go.medan.case.accepted.v1", 2),
        desk.record(PROGRESSED, 3), desk.record("id.go.medan.case.rated.v1", 4),
    ]  # fmt: skip
    await desk.consume(*facts)
    await desk.consume(*facts)
    async with desk.working():
        await desk.until(UNFINISHED, 0)
    found = await desk.mail.records()
    assert len(found) == 9, "three messages to each of three"
    own = [m for m in found if "/ikut#" in m["body"]]
    english = [m["subject"] for m in own if "follow" in m["subject"]]
    assert english == [
        "You follow report MRK-7F3K-Q2",
        "Report MRK-7F3K-Q2, which you follow, is with Dinas SDABMBK",
        "Progress on report MRK-7F3K-Q2, which you follow",
    ]
    assert all(f"/laporan/MRK-7F3K-Q2/ikut#{SECRET}" in m["body"] for m in own)
    assert len({m["message_id"] for m in found}) == 9
    assert not any("enarkan bila" in m["body"] for m in own), "a follower confirms nothing"
    receipts = [
        json.loads(row["body"])["delivery"]
        for row in await desk.pool.fetch("select body from delivery_event order by version")
    ]
    assert sorted(str(each.get("follower")) for each in receipts) == sorted(
        [FIRST, SECOND, "None"] * 3
    )
    assert not any("ucok" in str(each).lower() for each in receipts)
    stored = str([dict(row) for row in await desk.pool.fetch("select * from follower")])
    assert "example" not in stored


async def test_who_stopped_is_told_no_more(desk: Any) -> None:
    await desk.consume(
        about(desk, FOLLOWED, 2, FIRST), about(desk, FOLLOWED, 3, SECOND),
        about(desk, UNFOLLOWED, 4, FIRST), desk.record(ASSIGNED, 1),
    )  # fmt: skip
    assert await kinds(desk) == [
        ("following", "3d"), ("following", "aa"), ("assigned", "5f"), ("followed_assigned", "aa"),
    ]  # fmt: skip


async def test_a_follow_that_comes_after_its_own_end_stays_ended(desk: Any) -> None:
    await desk.consume(about(desk, UNFOLLOWED, 4, FIRST))
    await desk.consume(about(desk, FOLLOWED, 2, FIRST))
    await desk.consume(desk.record(ASSIGNED, 1))
    assert ("followed_assigned", "3d") not in await kinds(desk)


@pytest.mark.parametrize(
    ("fact", "message"), [(WITHDRAWN, "followed_withdrawn"), (CONFIRMED, "followed_closed")]
)
async def test_the_end_is_told_once_and_last(desk: Any, fact: str, message: str) -> None:
    await desk.consume(about(desk, FOLLOWED, 2, FIRST), desk.record(fact, 3))
    await desk.consume(desk.record(PROGRESSED, 1), desk.record("id.go.medan.case.withdrawn.v1", 2))
    assert [kind for kind, who in await kinds(desk) if who == "3d"] == ["following", message]
    async with desk.working():
        await desk.until(UNFINISHED, 0)
    (last,) = [m for m in await desk.mail.records() if "ikuti" in m["subject"]][-1:]
    assert "kabar terakhir" in last["body"]
    assert SECRET not in last["body"], "its link would open nothing any more"


async def test_an_erased_report_has_no_followers_and_nothing_is_sent(desk: Any) -> None:
    await desk.consume(about(desk, FOLLOWED, 2, FIRST), desk.record(ASSIGNED, 1))
    await desk.consume(desk.record("id.go.medan.report.erased.v1", 3))
    await desk.consume(about(desk, FOLLOWED, 4, SECOND), desk.record(PROGRESSED, 2))
    assert await desk.pool.fetchval("select count(*) from follower") == 0
    async with desk.working():
        await desk.until(UNFINISHED, 0)
    assert await desk.mail.records() == []


async def test_a_follower_who_erased_meanwhile_is_skipped(desk: Any) -> None:
    desk.contacts["answer"] = (410, {})
    await desk.consume(about(desk, FOLLOWED, 2, FIRST))
    async with desk.working():
        await desk.until(UNFINISHED, 0)
    body = json.loads(await desk.pool.fetchval("select body from delivery_event"))["delivery"]
    assert (body["status"], body["follower"]) == ("skipped", FIRST)
