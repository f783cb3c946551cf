"""Cases that share another one's fate, on a real database: told of each, restored, and in order."""

import asyncio
from datetime import timedelta

import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_routing.domain.act import Assign, Close, Merge, Unmerge, Wish
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.outcome import Moved, Refused
from mrk_routing.store import acting
from mrk_schemas.agencies import AcceptCase, AskReporter, ReportProgress, ResolveCase, ReturnCase
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_schemas.mirrors import MirrorHandedOver
from mrk_schemas.registry import CASES
from mrk_schemas.reports import (
    InformationAdded,
    QuestionAnswered,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
)

INBOX = "agency.sdabmbk.inbox.v1"
P, C, D = 1, 2, 3


class Desk:
    """A dispatcher at routing's database."""

    def __init__(self, routing: kit.Routing, pack: CityPack, clock: FixedClock) -> None:
        self.routing, self.rules, self.clock = routing, Rules(pack), clock

    async def __call__(self, number: int, wish: Wish) -> object:
        id_ = ComplaintId(kit.complaint(number))
        return await acting.carry_out(self.routing.pool, id_, wish, self.rules, self.clock.now())

    async def merge(self, number: int, into: int = P) -> object:
        return await self(number, Merge(ComplaintId(kit.complaint(into))))


@pytest.fixture
def desk(routing: kit.Routing, pack: CityPack, clock: FixedClock) -> Desk:
    return Desk(routing, pack, clock)


async def opened(routing: kit.Routing, **changes: object) -> None:
    """Three reports of one hole, each by another resident."""
    await routing.reports(
        *[
            kit.received(n, received_at=kit.RECEIVED + timedelta(minutes=n), **changes)
            for n in (P, C, D)
        ]
    )


async def told(routing: kit.Routing, number: int, topic: str = CASES) -> list[str]:
    key = kit.complaint(number)
    return [event.type for event in await routing.sent(topic) if event.key == key]


async def version(routing: kit.Routing, number: int) -> int:
    key = kit.complaint(number)
    return max(event.version for event in await routing.sent() if event.key == key)


async def in_order(routing: kit.Routing) -> None:
    for number in (P, C, D):
        versions = [e.version for e in await routing.sent() if e.key == kit.complaint(number)]
        assert versions == list(range(1, len(versions) + 1))
    assert not await routing.letters()


async def test_what_happens_to_a_case_is_told_of_each_of_its_parts(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    due = (await routing.case(C))["deadlines"]
    await desk.merge(C)
    await desk.merge(D)
    await routing.commands(
        kit.command(AcceptCase, version=2),
        kit.command(ReportProgress, version=2),
        kit.command(AskReporter, version=2),
    )
    await routing.reports(kit.acted(QuestionAnswered, P, question=1))
    await routing.commands(
        kit.command(ResolveCase, version=await version(routing, P), proof=["9f" * 32])
    )
    expected = [
        "case.assigned", "case.merged", "case.accepted", "case.progressed", "case.resolved",
    ]  # fmt: skip
    assert await told(routing, C) == await told(routing, D) == expected
    case = await routing.case(C)
    assert (case["state"], case["part_of"]) == ("resolved", kit.complaint(P))
    # its own in all else
    assert case["tracking_number"] == f"7K3-{C:06}"
    assert case["deadlines"][:3] == due  # and the window that a solution opens
    last = [e for e in await routing.sent(CASES) if e.key == kit.complaint(C)][-1]
    assert (last.body["by"], last.body["note"]) == ("sdabmbk", "Lubang ditambal")
    assert last.body["proof"] == ["9f" * 32]
    assert last.body["case"]["reporter"]
    # the agency was told of the merging, and that is all it needs
    assert await told(routing, C, INBOX) == ["case.handed-over", "case.merged"]
    await in_order(routing)


async def test_a_command_on_a_part_is_refused_and_names_the_parent(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    await desk.merge(C)
    await routing.commands(kit.command(AcceptCase, number=C, version=1))
    refused = (await routing.sent(INBOX))[-1].body
    assert refused["rule"] == "merged"
    assert kit.complaint(P) in refused["mend"]


async def test_unmerging_restores_state_owner_and_due_dates_exactly(
    routing: kit.Routing, desk: Desk, clock: FixedClock
) -> None:
    await opened(routing)
    await routing.commands(kit.command(AcceptCase, number=C), kit.command(AskReporter, number=C))
    before, (_, row, _) = await routing.case(C), await routing.cases()
    await desk(P, Assign(AgencyCode("dlh")))
    clock.advance(timedelta(hours=5))
    await desk.merge(C)
    there = await routing.case(C)
    assert (there["owner"], there["state"], there.get("waiting")) == ("dlh", "assigned", None)
    assert there["owner_names"]["id"] == (await routing.case(P))["owner_names"]["id"]
    assert (await told(routing, C, INBOX))[-1] == "case.taken-away"
    assert await told(routing, C, "agency.dlh.inbox.v1") == ["case.handed-over", "case.merged"]
    await routing.commands(
        kit.command(AcceptCase, "dlh", version=4), kit.command(ReportProgress, "dlh", version=4)
    )
    await routing.reports(kit.acted(InformationAdded, C, sequence=2))
    await desk(C, Unmerge())
    after = await routing.case(C)
    # who else tells of it is as urgent to know as before
    changing = {"changed_at", "report_version", "urgency", "urgency_reasons"}
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    (_, now, _) = await routing.cases()
    for column in ("verified_at", "first_response_at", "resolved_at", "due_at"):
        assert now[column] == row[column]
    assert now["before_merge"] is None
    assert (await told(routing, C, "agency.dlh.inbox.v1"))[-1] == "case.taken-away"
    assert (await told(routing, C, INBOX))[-2:] == ["case.handed-over", "case.unmerged"]
    # what the agency sent before the merging is stale, and it can go on
    await routing.commands(kit.command(ReportProgress, number=C, version=4))
    assert (await routing.sent(INBOX))[-1].body["rule"] == "stale"
    await routing.commands(kit.command(ReportProgress, number=C, version=await version(routing, C)))
    assert (await routing.case(C))["state"] == "in_progress"
    # the other one is not told of it any more
    await routing.commands(kit.command(ReportProgress, "dlh", version=await version(routing, P)))
    assert (await told(routing, C))[-1] == "case.progressed"
    assert (await routing.case(C))["owner"] == "sdabmbk"
    await in_order(routing)


async def test_who_disputes_a_part_reopens_all_and_one_reporters_words_stay_with_the_owner(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    await desk.merge(C)
    await desk.merge(D)
    await routing.commands(kit.command(AcceptCase, version=2), kit.command(ResolveCase, version=2))
    await routing.reports(kit.acted(SolutionDisputed, C, note="Masih berlubang"))
    for number in (P, C, D):
        assert (await told(routing, number))[-1] == "case.reopened"
        assert (await told(routing, number)).count("case.reopened") == 1
        case = await routing.case(number)
        assert case["state"] == "in_progress"
        assert case["disputed_at"]
        assert case["disputes"] == (number == C)
    notes = {e.key: e.body.get("note") for e in await routing.sent(CASES) if "reopened" in e.type}
    assert notes == {
        kit.complaint(P): None, kit.complaint(C): "Masih berlubang", kit.complaint(D): None,
    }  # fmt: skip
    inbox = [e for e in await routing.sent(INBOX) if e.key == kit.complaint(P)][-1]
    assert (inbox.type, inbox.body["note"]) == ("case.reopened", "Masih berlubang")
    # a solution that was sent before it is stale
    await routing.commands(kit.command(ResolveCase, version=5))
    assert (await routing.sent(INBOX))[-1].body["rule"] == "stale"
    await in_order(routing)


async def test_a_part_ends_alone_and_solved_parts_end_by_their_own_reporters(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    await desk.merge(C)
    await desk.merge(D)
    await routing.reports(kit.acted(ReportWithdrawn, C))
    assert (await routing.case(C))["ending"] == "withdrawn"
    await routing.commands(kit.command(AcceptCase, version=2), kit.command(ResolveCase, version=2))
    assert (await told(routing, C))[-1] == "case.withdrawn"
    await routing.reports(kit.acted(SolutionConfirmed, P, note=None))
    case = await routing.case(D)
    assert (case["state"], case.get("part_of"), case.get("ending")) == ("resolved", None, None)
    await routing.reports(kit.acted(SolutionDisputed, D))
    assert (await routing.case(D))["state"] == "in_progress"
    assert (await routing.case(P))["ending"] == "confirmed"
    await in_order(routing)


@pytest.mark.parametrize("how", ["withdrawn", "erased"])
async def test_the_oldest_part_takes_the_place_of_a_parent_that_goes(
    routing: kit.Routing, desk: Desk, how: str
) -> None:
    await opened(routing)
    await desk.merge(C)
    await desk.merge(D)
    await routing.commands(kit.command(AcceptCase, version=2))
    gone = kit.acted(ReportWithdrawn, P) if how == "withdrawn" else kit.erased(P)
    await routing.reports(gone)
    heir, other = await routing.case(C), await routing.case(D)
    assert (heir["state"], heir.get("part_of")) == ("accepted", None)
    assert other["part_of"] == kit.complaint(C)
    await routing.commands(kit.command(ReportProgress, number=C, version=await version(routing, C)))
    assert (await told(routing, C))[-1] == (await told(routing, D))[-1] == "case.progressed"
    # unmerged it stands where it stood before it was merged at all
    await desk(D, Unmerge())
    assert (await routing.case(D))["state"] == "assigned"
    await in_order(routing)


async def test_returned_sent_to_triage_given_on_and_closed_together(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    await desk.merge(C)
    await routing.commands(kit.command(ReturnCase, version=2))
    assert (await told(routing, C))[-2:] == ["case.returned", "case.sent-to-triage"]
    assert (await told(routing, C, INBOX))[-1] == "case.taken-away"
    await desk(P, Assign(AgencyCode("dlh")))
    assert await told(routing, C, "agency.dlh.inbox.v1") == ["case.handed-over"]
    await routing.mirrors(kit.mirrored(MirrorHandedOver, "pln", P))
    assert (await told(routing, C))[-1] == "case.handed-on"
    await routing.mirrors(kit.mirrored(MirrorHandedOver, None, P, sequence=4))
    await desk(P, Close("Lokasi tidak ditemukan"))
    assert (await told(routing, C))[-2:] == ["case.sent-to-triage", "case.closed"]
    assert (await routing.case(C))["ending"] == "closed"
    (_, row, _) = await routing.cases()
    assert row["handed_to"] == ["sdabmbk", "dlh"]
    await in_order(routing)


async def test_what_is_not_alike_is_refused_and_no_chain_is_made(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    await routing.reports(kit.received(4, confidential=True, text=None))
    for number, into in ((4, P), (P, 4), (P, P), (P, 99)):
        refused = await desk.merge(number, into)
        assert isinstance(refused, Refused), (number, into)
        assert refused.rule.code == "not-alike"
    assert isinstance(await desk.merge(C), Moved)
    for number, into in ((D, C), (P, D)):
        refused = await desk.merge(number, into)
        assert isinstance(refused, Refused)
        assert refused.rule.code == "not-alike"
    await routing.commands(kit.command(AcceptCase, version=2), kit.command(ResolveCase, version=2))
    assert isinstance(await desk.merge(D), Refused)  # it may tell that it is not solved
    assert isinstance(await desk(D, Unmerge()), Refused)


async def test_an_erased_part_keeps_no_reference_to_its_reporter(
    routing: kit.Routing, desk: Desk
) -> None:
    await opened(routing)
    await desk.merge(C)
    await routing.reports(kit.erased(C))
    (_, row, _) = await routing.cases()
    assert "5f0c7a52" not in row["before_merge"]
    await routing.commands(kit.command(AcceptCase, version=2))
    assert (await told(routing, C))[-1] == "case.accepted"
    await desk(C, Unmerge())
    case = await routing.case(C)
    assert (case["erased"], case.get("reporter"), case["state"]) == (True, None, "assigned")


async def test_merging_and_commands_at_once_lose_nothing_and_lock_nobody_out(
    routing: kit.Routing, desk: Desk
) -> None:
    """Parents with ids above and below those of their parts; everybody acts at the same time."""
    numbers = range(1, 31)
    await routing.reports(*[kit.received(n) for n in numbers])

    async def merges(parent: int, part: int) -> None:
        await desk.merge(part, parent)
        await desk(part, Unmerge())
        await desk.merge(part, parent)

    pairs = [(n, n + 1) if n % 4 else (n + 1, n) for n in range(1, 30, 2)]
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(merges(parent, part) for parent, part in pairs),
            routing.commands(*[kit.command(AcceptCase, number=n, version=2) for n in numbers]),
            routing.commands(*[kit.command(ReportProgress, number=n, version=2) for n in numbers]),
            *(routing.reports(kit.acted(InformationAdded, n)) for n in numbers),
        )
    for parent, part in pairs:
        one, other = await routing.case(parent), await routing.case(part)
        assert other["part_of"] == one["complaint_id"]
        assert other["state"] == one["state"]
    assert not await routing.letters()
