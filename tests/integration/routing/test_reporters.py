"""What reporters do after reporting: whole batches, on a real database."""

import random

import pytest
import routing_records as kit

from mrk_delivery.events import Record
from mrk_routing.store import counts
from mrk_schemas.agencies import AcceptCase, ReportProgress, ResolveCase, ReturnCase
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import (
    InformationAdded,
    Kind,
    ReportContactChanged,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
    SolutionRated,
)

INBOX = "agency.sdabmbk.inbox.v1"


async def resolved(routing: kit.Routing) -> None:
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase), kit.command(ResolveCase))


async def last(routing: kit.Routing, topic: str) -> kit.Sent:
    return (await routing.sent(topic))[-1]


async def test_a_dispute_after_resolve_reopens_the_case_and_no_deadline_moves(
    routing: kit.Routing,
) -> None:
    await resolved(routing)
    before = await routing.case()
    await routing.reports(kit.acted(SolutionDisputed))

    after = await routing.case()
    assert before["state"] == "resolved"
    assert (after["state"], after["owner"], after["disputes"]) == ("in_progress", "sdabmbk", 1)
    # the window to dispute is shut; all else is due when it was
    assert [d["clock"] for d in before["deadlines"]][3:] == ["confirmation"]
    assert after["deadlines"] == before["deadlines"][:3]
    assert {d["clock"] for d in after["deadlines"]} >= {"resolution"}
    (row,) = await routing.cases()
    assert row["resolved_at"] is None
    assert row["first_response_at"] is not None
    told, inbox = await last(routing, CASES), await last(routing, INBOX)
    assert (told.type, inbox.type) == ("case.reopened", "case.reopened")
    assert inbox.version == told.version + 1
    assert told.body["by"] == "reporter"
    assert told.body["note"] == inbox.body["note"] == "Masih berlubang, kata Bu Tarigan"
    assert told.body["case"]["report_version"] == 2
    assert told.body["case"]["reporter"]
    assert "reporter" not in inbox.body["case"]

    # the agency goes on by the message on its inbox, and resolves once more
    stale = kit.command(ResolveCase, version=4)
    again = kit.command(ResolveCase, version=inbox.version)
    await routing.commands(stale, kit.command(ReportProgress, version=inbox.version), again)
    refused = [e.body["rule"] for e in await routing.sent(INBOX) if e.type == "command.refused"]
    assert refused == ["stale"]
    final = await routing.case()
    assert (final["state"], final["disputes"]) == ("resolved", 1)
    assert final["deadlines"] == before["deadlines"]


async def test_information_reaches_the_owner_and_a_later_owner_too(routing: kit.Routing) -> None:
    await routing.reports(kit.received(), kit.acted(InformationAdded))
    told, inbox = await last(routing, CASES), await last(routing, INBOX)
    assert (told.type, inbox.type) == ("case.information-added",) * 2
    assert inbox.body["note"] == "Masih berlubang, kata Bu Tarigan"
    (row,) = await routing.cases()
    assert row["words"] == f"{kit.SECRET_WORDS}\n\nMasih berlubang, kata Bu Tarigan"
    # a comment makes nothing stale
    await routing.commands(kit.command(AcceptCase, version=2))
    assert (await routing.case())["state"] == "accepted"


async def test_without_an_owner_information_waits(routing: kit.Routing) -> None:
    await routing.reports(kit.received(category="others"), kit.acted(InformationAdded))
    assert await routing.types() == ["case.sent-to-triage", "case.information-added"]
    (row,) = await routing.cases()
    assert row["words"].endswith("Bu Tarigan")


@pytest.mark.parametrize(
    ("kind", "told", "ending"),
    [
        (ReportWithdrawn, "case.withdrawn", "withdrawn"),
        (SolutionConfirmed, "case.confirmed", "confirmed"),
    ],
)
async def test_an_end_is_told_to_the_agency_and_takes_no_command(
    routing: kit.Routing, kind: type, told: str, ending: str
) -> None:
    await resolved(routing)
    await routing.reports(kit.acted(kind))
    assert (await last(routing, CASES)).type == (await last(routing, INBOX)).type == told
    inbox = await last(routing, INBOX)
    assert inbox.body["case"]["ending"] == ending
    await routing.commands(
        *(
            kit.command(command, version=inbox.version)
            for command in (AcceptCase, ReturnCase, ReportProgress, ResolveCase)
        )
    )
    refused = [e.body["rule"] for e in await routing.sent(INBOX) if e.type == "command.refused"]
    assert refused == [ending] * 4
    case = await routing.case()
    assert (case["ending"], case["state"], case["owner"]) == (ending, "resolved", "sdabmbk")
    (cell,) = await counts.count(routing.pool)
    assert (cell.agency, cell.state, cell.count) == ("sdabmbk", ending, 1)


async def test_a_rating_is_recorded_and_the_agency_is_not_called(routing: kit.Routing) -> None:
    await resolved(routing)
    before = await routing.sent(INBOX)
    await routing.reports(
        kit.acted(SolutionConfirmed),
        kit.acted(SolutionRated, sequence=3, rating=2),
        kit.acted(SolutionRated, sequence=4, rating=5),
    )
    assert (await routing.case())["rating"] == 5
    inbox = await routing.sent(INBOX)
    assert [event.type for event in inbox[len(before) :]] == ["case.confirmed"]


async def test_a_late_dispute_of_a_withdrawn_case_is_on_record(routing: kit.Routing) -> None:
    await routing.reports(
        kit.received(), kit.acted(ReportWithdrawn), kit.acted(SolutionDisputed, sequence=3)
    )
    event = await last(routing, CASES)
    assert event.type == "case.action-set-aside"
    assert event.body["reason"] == "withdrawn"
    assert event.body["note"] == "Masih berlubang, kata Bu Tarigan"
    case = await routing.case()
    assert (case["ending"], case.get("disputes", 0)) == ("withdrawn", 0)
    assert await routing.letters() == []


@pytest.mark.parametrize("kind", [InformationAdded, SolutionDisputed, ReportWithdrawn])
async def test_a_fact_about_a_case_that_is_not_there_opens_it(
    routing: kit.Routing, kind: type
) -> None:
    await routing.reports(kit.acted(kind))
    types = await routing.types()
    assert types[:2] == ["case.assigned", "case.handed-over"]
    assert len(types) == 4
    # its first fact comes late, as by a redrive, and makes no second case
    await routing.reports(kit.received())
    assert await routing.types() == types
    assert await routing.letters() == []


async def test_whistle_blowing_leaves_no_case(routing: kit.Routing) -> None:
    whistle = {"kind": Kind.WHISTLEBLOWING, "text": None, "place": None, "note": None}
    await routing.reports(
        kit.received(kind=Kind.WHISTLEBLOWING, text=None, place=None),
        kit.acted(InformationAdded, **whistle),
        kit.acted(ReportWithdrawn, sequence=3, **whistle),
    )
    assert await routing.cases() == []
    assert await routing.sent() == []
    assert await routing.letters() == []


async def test_an_erasure_takes_what_was_added_with_it(routing: kit.Routing) -> None:
    await resolved(routing)
    await routing.reports(
        kit.acted(SolutionDisputed),
        kit.acted(InformationAdded, sequence=3),
        kit.acted(SolutionRated, sequence=4, rating=1),
        kit.acted(ReportWithdrawn, sequence=5),
        kit.acted(InformationAdded, sequence=6),
    )
    assert "Tarigan" in await routing.everything()
    await routing.reports(kit.erased(sequence=7))
    found = await routing.everything()
    assert "Tarigan" not in found
    assert "Sinaga" not in found
    assert (await last(routing, INBOX)).type == "case.blanked"
    # a fact that was parked comes after the erasure that passed it
    await routing.reports(kit.acted(InformationAdded, sequence=8))
    assert "Tarigan" not in await routing.everything()
    assert (await last(routing, CASES)).type == "case.erased"


async def test_facts_and_an_erasure_in_one_batch_leave_no_word(routing: kit.Routing) -> None:
    await routing.reports(kit.received(), kit.acted(InformationAdded), kit.erased(sequence=3))
    await routing.reports(kit.received(2))
    await routing.reports(kit.acted(SolutionDisputed, 2), kit.erased(2, sequence=3))
    assert "Tarigan" not in await routing.everything()


async def test_the_same_facts_three_times_shuffled_take_effect_once(routing: kit.Routing) -> None:
    kinds = (SolutionDisputed, InformationAdded, SolutionConfirmed)
    facts: list[Record] = [
        kit.acted(kind, number, sequence=sequence)
        for number in range(20)
        for sequence, kind in enumerate(kinds, 2)
    ]
    await routing.reports(*[kit.received(number) for number in range(20)])
    await routing.reports(*facts)
    once = await routing.types()
    thrice = facts * 3
    random.Random(17).shuffle(thrice)
    for start in range(0, len(thrice), 7):
        await routing.reports(*thrice[start : start + 7])
    assert await routing.types() == once
    assert [row["body"].count('"ending": "confirmed"') for row in await routing.cases()] == [1] * 20


def reached(*, sequence: int, reporter: str | None, locale: str = "id") -> Record:
    """The reporter corrected how they are reached."""
    found = kit.report(reporter=reporter, locale=locale)
    channels = ("email",) if reporter else ()
    body = ReportContactChanged.model_validate({"report": found, "channels": channels})
    return kit.record(REPORTS, found.complaint_id, body, sequence)


async def test_the_next_event_of_a_case_carries_how_its_reporter_is_reached_now(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received(reporter=None))
    before = len(await routing.sent())
    given = "5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a88"
    await routing.reports(reached(sequence=3, reporter=given, locale="en"))
    # it is no step of the case, and a late one overwrites nothing
    await routing.reports(reached(sequence=2, reporter=None))
    assert len(await routing.sent()) == before
    await routing.commands(kit.command(AcceptCase))
    told = (await last(routing, CASES)).body["case"]
    assert (told["reporter"], told["locale"]) == (given, "en")
    assert "reporter" not in (await last(routing, INBOX)).body["case"]
    await routing.reports(reached(sequence=4, reporter=None))
    await routing.commands(kit.command(ReportProgress))
    assert "reporter" not in (await last(routing, CASES)).body["case"]
    await routing.reports(kit.erased(sequence=5), reached(sequence=6, reporter=given))
    assert "reporter" not in await routing.case()
