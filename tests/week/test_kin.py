"""The comparison of cases that are part of others: as reckoned they pass, each mistake is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.week.almanac import Almanac
from tests.week.deeds import Deed, Done
from tests.week.hearing import Heard
from tests.week.kin import Kin
from tests.week.verdict import Judge
from tests.week.wall import Looks, Stay

MEDAN = Path(__file__).parents[2] / "deploy/city/medan"
START, END = datetime(2026, 2, 13, 3, tzinfo=UTC), datetime(2026, 2, 19, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# reckoned by hand: 16 and 17 February are off, and Ramadan's hours hold from the 19th on
DUES = {
    "verification": "2026-02-20T08:30:00Z",
    "first_response": "2026-02-24T08:00:00Z",
    "resolution": "2026-03-09T08:00:00Z",
}
Facts = list[Heard]


@pytest.fixture(scope="module")
def almanac() -> Almanac:
    return Almanac(MEDAN)


def fact(whose: str, kind: str, minute: int, by: str = "routing", **case: Any) -> Heard:
    dues = {**DUES, **case.pop("dues", {})}
    listed = [{"clock": name, "due_at": at, "derivation": ""} for name, at in dues.items()]
    state = {
        "tracking_number": "7K3-000001", "received_at": "2026-02-13T03:00:00Z",
        "kind": "complaint", "category": "roads", "owner": "sdabmbk", "deadlines": listed, **case,
    }  # fmt: skip
    at, id_ = START + minute * MINUTE, f"{whose}{minute}"
    return Heard("complaint.cases.v1", whose, kind, id_, minute, at, {"case": state, "by": by})


def done(whose: str, what: str, minute: int) -> Done:
    at = START + minute * MINUTE
    return Done(whose, Deed(START, what), at - MINUTE / 2, at)


def family(almanac: Almanac) -> dict[str, Facts]:
    """A parent that is solved and confirmed, and its part, which stands alone from then on."""
    window = {"confirmation": almanac.window(START + 4 * MINUTE).isoformat()}
    parent = [
        fact("p", "assigned", 1),
        fact("p", "accepted", 3, "sdabmbk"),
        fact("p", "resolved", 4, "sdabmbk", dues=window),
        fact("p", "confirmed", 5, "reporter", dues=window, ending="confirmed"),
    ]
    part = [
        fact("c", "assigned", 1),
        fact("c", "merged", 2, part_of="p"),
        fact("c", "accepted", 3, "sdabmbk", part_of="p"),
        fact("c", "resolved", 4, "sdabmbk", part_of="p", dues=window),
        fact("c", "unmerged", 5, dues=window),
    ]
    return {"p": parent, "c": part}


def differences(almanac: Almanac, cases: dict[str, Facts], acts: list[Done]) -> list[str]:
    by_case: dict[str, list[Done]] = {}
    for each in acts:
        by_case.setdefault(each.complaint, []).append(each)
    kin = Kin(cases, by_case)
    judge = Judge(almanac, Looks([Stay(START, awake=True, settled=START, until=END)]), END)
    for key, facts in cases.items():
        all_done = sorted([*by_case.get(key, ()), *kin.shared(key)], key=lambda d: d.began)
        judge.case(facts, [], all_done, kin.parents(key))
    return judge.verdict.differences


ACTS = [done("p", "accept", 3), done("p", "resolve", 4), done("p", "confirm", 5)]


def test_a_part_that_shares_its_parents_fate_passes(almanac: Almanac) -> None:
    assert differences(almanac, family(almanac), ACTS) == []


MISTAKES: dict[str, Callable[[Facts], Facts]] = {
    "a step of its parent left out": lambda f: [*f[:2], *f[3:]],
    "still a part once its parent ended": lambda f: f[:-1],
    "alone before its parent ended": lambda f: [*f[:-1], replace(f[-1], at=f[-1].at - MINUTE / 4)],
    "a date moved by the link": lambda f: [
        f[0],
        fact("c", "merged", 2, part_of="p", dues={"resolution": "2026-03-10T08:00:00Z"}),
        *f[2:],
    ],
    "told as alone": lambda f: [*f[:2], fact("c", "accepted", 3, "sdabmbk"), *f[3:]],
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_found(almanac: Almanac, mistake: str) -> None:
    cases = family(almanac)
    assert differences(almanac, {**cases, "c": MISTAKES[mistake](cases["c"])}, ACTS)


def test_who_was_parted_stands_where_it_stood_and_hears_no_more(almanac: Almanac) -> None:
    cases = family(almanac)
    cases["c"] = [*cases["c"][:3], fact("c", "unmerged", 3, "dispatcher")]
    cases["c"][-1] = replace(cases["c"][-1], sequence=4, id="x", at=START + 3.5 * MINUTE)
    parted = Done("c", Deed(START, "part"), START + 3.2 * MINUTE, START + 3.6 * MINUTE)
    assert differences(almanac, cases, [*ACTS, parted]) == []
    assert differences(almanac, cases, ACTS)
    more = [*cases["c"], fact("c", "resolved", 5, "sdabmbk")]
    assert differences(almanac, {**cases, "c": more}, [*ACTS, parted])


def test_who_disputes_a_part_opens_its_parent_again(almanac: Almanac) -> None:
    cases = family(almanac)
    cases["p"][-1] = fact("p", "reopened", 5)
    cases["c"][-1] = fact("c", "reopened", 5, "reporter", part_of="p")
    acts = [*ACTS[:2], done("c", "dispute", 5)]
    assert differences(almanac, cases, acts) == []
    assert differences(almanac, {**cases, "p": cases["p"][:-1]}, acts)
