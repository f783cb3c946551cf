"""A question to the reporter and its answer: whole batches, on a real database."""

from datetime import timedelta

import pytest
import routing_records as kit

from mrk_delivery.clock import FixedClock
from mrk_routing.store import counts
from mrk_routing.store.cases import NEVER
from mrk_schemas.agencies import AcceptCase, AskReporter, ReportProgress
from mrk_schemas.registry import CASES
from mrk_schemas.reports import Attribute, QuestionAnswered, SolutionConfirmed

INBOX = "agency.sdabmbk.inbox.v1"
PHONE = "0812-3456-7890"
DETAILS = (Attribute(code="damage", value="hole"), Attribute(code="hole-width-cm", value="40"))


async def asked(routing: kit.Routing, **changes: object) -> None:
    await routing.reports(kit.received(**changes))
    await routing.commands(
        kit.command(AcceptCase), kit.command(AskReporter, question=f"Di mana? Hubungi {PHONE}")
    )


async def last(routing: kit.Routing, topic: str) -> kit.Sent:
    return (await routing.sent(topic))[-1]


async def test_a_question_is_told_masked_and_its_case_waits(
    routing: kit.Routing, clock: FixedClock
) -> None:
    await asked(routing)
    told, inbox = await last(routing, CASES), await last(routing, INBOX)
    assert (told.type, inbox.type) == ("case.asked", "command.done")
    assert told.body["note"] == "Di mana? Hubungi [nomor telepon]"
    assert PHONE not in await routing.everything()
    case = await routing.case()
    assert (case["state"], case["questions"]) == ("in_progress", 1)
    assert case["waiting"]["until"] == "2026-03-09T08:00:00Z"
    assert "remark" not in inbox.body
    (row,) = await routing.cases()
    assert row["due_at"].isoformat() == "2026-03-09T08:00:00+00:00"
    (cell,) = await counts.count(routing.pool)
    assert cell.state == "waiting"

    # a second question waits for the answer, and is told so
    await routing.commands(kit.command(AskReporter, version=inbox.version))
    refused = await last(routing, INBOX)
    assert (refused.type, refused.body["rule"]) == ("command.refused", "already-asked")

    clock.advance(timedelta(days=2))
    before = {d["clock"]: d["due_at"] for d in case["deadlines"]}
    await routing.reports(kit.acted(QuestionAnswered, note="Nomor lima", question=1))
    answered, inbox = await last(routing, CASES), await last(routing, INBOX)
    assert answered.type == inbox.type == "case.answered"
    assert answered.body["note"] == inbox.body["note"] == "Nomor lima"
    assert "reporter" not in inbox.body["case"]
    after = await routing.case()
    assert (after["state"], after.get("waiting"), after["report_version"]) == (
        "in_progress",
        None,
        2,
    )
    moved = {d["clock"]: d for d in after["deadlines"]}
    assert moved["resolution"]["due_at"] > before["resolution"]
    assert "ditambah 2 hari kerja" in moved["resolution"]["derivation"]
    assert moved["verification"]["due_at"] == before["verification"]
    (row,) = await routing.cases()
    assert row["due_at"].isoformat() > "2026-03-09"  # a reminder of the resolution
    # what was sent before the answer is stale; what quotes the answer's message is not
    await routing.commands(
        kit.command(ReportProgress, version=refused.version),
        kit.command(ReportProgress, version=inbox.version),
    )
    assert [e.type for e in await routing.sent(INBOX)][-2:] == ["command.refused", "command.done"]


async def test_a_late_answer_is_kept_as_information_and_after_the_end_on_record(
    routing: kit.Routing,
) -> None:
    await asked(routing)
    await routing.commands(kit.command(ReportProgress))  # the agency goes on without
    await routing.reports(kit.acted(QuestionAnswered, note="Nomor lima", question=1))
    assert (await last(routing, CASES)).type == (await last(routing, INBOX)).type
    assert (await last(routing, INBOX)).type == "case.information-added"
    assert (await last(routing, INBOX)).body["note"] == "Nomor lima"
    await routing.reports(
        kit.acted(SolutionConfirmed, sequence=3, note=None),
        kit.acted(QuestionAnswered, sequence=4, note="Nomor enam", question=1),
    )
    aside = await last(routing, CASES)
    assert (aside.type, aside.body["note"]) == ("case.action-set-aside", "Nomor enam")
    assert aside.body["reason"] == "confirmed"


@pytest.mark.parametrize(("reporter", "remark"), [(None, "reporter-not-reachable")])
async def test_the_agency_hears_that_the_reporter_cannot_be_told(
    routing: kit.Routing, reporter: None, remark: str
) -> None:
    await asked(routing, reporter=reporter, anonymous=True)
    assert (await last(routing, INBOX)).body["remark"]["code"] == remark


async def test_an_erasure_ends_the_wait_and_leaves_no_detail(routing: kit.Routing) -> None:
    await asked(routing, attributes=DETAILS)
    await routing.reports(kit.erased())
    (row,) = await routing.cases()
    assert (row["due_at"], row["details"]) == (NEVER, None)
    assert "waiting" not in await routing.case()
    await routing.commands(kit.command(AskReporter, version=6))
    assert (await last(routing, INBOX)).body["rule"] == "nobody-to-ask"


async def test_details_reach_the_owner_of_a_confidential_report_its_choices_alone(
    routing: kit.Routing,
) -> None:
    await routing.reports(
        kit.received(1, attributes=DETAILS),
        # intake tells choices alone of a confidential report
        kit.received(2, attributes=DETAILS[:1], confidential=True),
        kit.received(3),
    )
    handed = [event.body for event in await routing.sent(INBOX)]
    assert [body.get("details") for body in handed] == [
        [{"code": "damage", "value": "hole"}, {"code": "hole-width-cm", "value": "40"}],
        [{"code": "damage", "value": "hole"}],
        [],
    ]
    assert handed[0]["case"]["owner_names"]["en"] == (
        "Water Resources, Roads and Construction Office"
    )
    (one, *_) = await routing.cases()
    await routing.commands(kit.command(AcceptCase))
    assert (await routing.cases())[0]["details"] == one["details"]
