"""The comparison itself: a case that is as reckoned passes, and each planted mistake is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.week.almanac import Almanac
from tests.week.deeds import Deed, Done
from tests.week.hearing import Heard
from tests.week.verdict import Judge
from tests.week.wall import Looks, Stay

MEDAN = Path(__file__).parents[2] / "deploy/city/medan"
CASES, INBOX = "complaint.cases.v1", "agency.sdabmbk.inbox.v1"
START, END = datetime(2026, 2, 13, 3, tzinfo=UTC), datetime(2026, 2, 25, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# reckoned by hand: 16 and 17 February are off, and Ramadan's hours hold from the 19th on
DUES = {
    "verification": "2026-02-20T08:30:00Z",
    "first_response": "2026-02-24T08:00:00Z",
    "resolution": "2026-03-09T08:00:00Z",
}


def fact(kind: str, at: datetime, sequence: int, **body: Any) -> Heard:
    dues = [{"clock": name, "due_at": at, "derivation": ""} for name, at in DUES.items()]
    case = {
        "tracking_number": "7K3-000001", "received_at": "2026-02-13T03:00:00Z",
        "kind": "complaint", "category": "roads", "owner": "sdabmbk", "deadlines": dues,
    }  # fmt: skip
    case |= body.pop("case", {})
    return Heard(CASES, "c", kind, f"id-{sequence}", sequence, at, {"case": case, **body})


def level(at: datetime, name: str, sequence: int) -> Heard:
    told = {"level": name, "clock": "first_response", "at": at.isoformat()}
    return fact("escalated", at, sequence, case={"escalation": told})


def reminder(almanac: Almanac, share: int, sequence: int) -> Heard:
    due = datetime(2026, 2, 24, 8, tzinfo=UTC)
    term = almanac.worked(START, due)
    at = almanac.back(due, term * (100 - share) / 100) + SECOND
    return fact("reminded", at, sequence, clock="first_response", share=share)


Facts = list[Heard]


@pytest.fixture(scope="module")
def almanac() -> Almanac:
    return Almanac(MEDAN)


@pytest.fixture
def facts(almanac: Almanac) -> Facts:
    due = datetime(2026, 2, 24, 8, tzinfo=UTC)
    return [
        fact("assigned", START + SECOND, 1),
        reminder(almanac, 50, 2),
        reminder(almanac, 80, 4),
        level(due + SECOND, "officer", 6),
    ]


def differences(almanac: Almanac, facts: Facts, inbox: Facts | None = None) -> list[str]:
    told = [replace(each, topic=INBOX) for each in facts[1:]] if inbox is None else inbox
    stays = [Stay(START, awake=True, settled=START + 2 * SECOND, until=END)]
    judge = Judge(almanac, Looks(stays), END)
    judge.case(facts, told, [])
    return judge.verdict.differences


def test_a_case_as_reckoned_passes(almanac: Almanac, facts: Facts) -> None:
    # resolution's half has not passed by then
    assert differences(almanac, facts) == []


def _late(each: Heard) -> Heard:
    at = each.at + timedelta(minutes=1)
    return level(at, "officer", each.sequence) if each.kind == "escalated" else replace(each, at=at)


MISTAKES: dict[str, Callable[[Facts], Facts]] = {
    "a level left out": lambda f: f[:-1],
    "a reminder left out": lambda f: [f[0], *f[2:]],
    "a level too high": lambda f: [*f[:-1], level(f[-1].at, "head", 6)],
    "a level twice": lambda f: [*f, level(f[-1].at + SECOND, "officer", 7)],
    "a level a minute late": lambda f: [*f[:-1], _late(f[-1])],
    "a level two seconds early": lambda f: [*f[:-1], level(f[-1].at - 2 * SECOND, "officer", 6)],
    "a version that is older": lambda f: [*f[:-1], replace(f[-1], sequence=3)],
    "something that nobody did": lambda f: [*f[:2], fact("accepted", f[2].at, 3), *f[2:]],
    "a due date set anew": lambda f: [
        *f[:-1],
        replace(f[-1], body={"case": {**f[-1].case, "deadlines": [
            {"clock": name, "due_at": "2026-03-10T08:00:00Z", "derivation": ""}
            for name in DUES]}}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_found(almanac: Almanac, facts: Facts, mistake: str) -> None:
    assert differences(almanac, MISTAKES[mistake](facts))


def test_an_inbox_without_it_or_with_it_twice_is_found(almanac: Almanac, facts: Facts) -> None:
    right = [replace(each, topic=INBOX) for each in facts[1:]]
    assert differences(almanac, facts, right[:-1])
    assert differences(almanac, facts, [*right, right[0]])
    elsewhere = replace(right[0], topic="agency.dlh.inbox.v1")
    assert differences(almanac, facts, [elsewhere, *right[1:]])


def test_what_was_done_and_never_told_is_found(almanac: Almanac, facts: Facts) -> None:
    judge = Judge(almanac, Looks([Stay(START, awake=True, settled=START, until=END)]), END)
    done = Done("c", Deed(START, "accept"), START, START + SECOND)
    judge.case(facts, [replace(each, topic=INBOX) for each in facts[1:]], [done])
    assert any("never told" in each for each in judge.verdict.differences)
