"""Followers are counted on the case, and the owner learns the number with what comes next."""

from typing import Any

import routing_records as kit

from mrk_schemas.agencies import AcceptCase
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import InformationAdded, ReportFollowed, ReportUnfollowed

INBOX = "agency.sdabmbk.inbox.v1"
FOLLOWER = "3d1b9c04-7a52-4c1e-8d0b-5b8f2f6a9e10"


def changed(model: Any, followers: int, sequence: int) -> Any:
    found = kit.report(followers=followers)
    body = model(report=found, follower=FOLLOWER)
    return kit.record(REPORTS, found.complaint_id, body, sequence)


async def test_the_number_is_kept_and_no_event_and_no_staleness_comes_of_it(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received())
    before, calm = await routing.types(), (await routing.case())["urgency"]
    await routing.reports(
        changed(ReportFollowed, 1, 2), changed(ReportFollowed, 2, 3),
        changed(ReportFollowed, 3, 4), changed(ReportUnfollowed, 2, 5),
    )  # fmt: skip
    after = await routing.case()
    assert after["followers"] == 2
    assert after["urgency"] > calm
    assert "followers" in after["urgency_reasons"]
    assert await routing.types() == before
    # the owner's command quotes what it saw before anybody followed
    await routing.commands(kit.command(AcceptCase, version=2))
    assert (await routing.case())["state"] == "accepted"
    assert [e.body["case"]["followers"] for e in (await routing.sent(CASES))[-1:]] == [2]
    assert [e.body["case"]["followers"] for e in (await routing.sent(INBOX))[-1:]] == [2]


async def test_a_follow_that_comes_twice_or_late_changes_nothing(routing: kit.Routing) -> None:
    late, newest = changed(ReportFollowed, 1, 2), changed(ReportFollowed, 2, 3)
    await routing.reports(kit.received(), newest)
    await routing.reports(newest)
    await routing.reports(late)
    assert (await routing.case())["followers"] == 2


async def test_a_follow_before_its_case_opens_it_with_the_number(routing: kit.Routing) -> None:
    await routing.reports(changed(ReportFollowed, 1, 2))
    assert (await routing.case())["followers"] == 1
    await routing.reports(kit.received(sequence=1))
    assert len(await routing.cases()) == 1


async def test_what_the_reporter_does_later_keeps_the_number(routing: kit.Routing) -> None:
    await routing.reports(
        kit.received(), changed(ReportFollowed, 4, 2),
        kit.acted(InformationAdded, sequence=3, followers=4),
    )  # fmt: skip
    told = (await routing.sent(INBOX))[-1]
    assert (told.type, told.body["case"]["followers"]) == ("case.information-added", 4)


async def test_an_erased_case_learns_no_number(routing: kit.Routing) -> None:
    await routing.reports(kit.received(), kit.erased())
    await routing.reports(changed(ReportFollowed, 1, 3))
    assert "followers" not in await routing.case()
    assert await routing.letters() == []
