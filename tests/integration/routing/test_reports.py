"""Reports become cases: whole batches, on a real database."""

import random
from dataclasses import replace
from typing import Any

import pytest
import routing_records as kit

from mrk_schemas.registry import CASES
from mrk_schemas.reports import Kind
from mrk_telemetry.metrics import REGISTRY


async def test_a_report_becomes_a_case_and_the_owner_hears_of_it(routing: kit.Routing) -> None:
    await routing.reports(kit.received())
    told, handed = await routing.sent()
    assert (told.topic, told.type, told.version) == (CASES, "case.assigned", 1)
    assert (handed.topic, handed.version) == ("agency.sdabmbk.inbox.v1", 2)
    assert handed.type == "case.handed-over"
    assert handed.body["text"] == kit.SECRET_WORDS
    assert handed.body["place"]["lat"] == 3.57
    assert "reporter" not in handed.body["case"]
    assert told.body["case"]["reporter"]
    assert "text" not in told.body
    (row,) = await routing.cases()
    assert (row["state"], row["owner"], row["others_version"]) == ("assigned", "sdabmbk", 1)
    assert row["verified_at"] is not None
    assert await routing.pool.fetchval("select count(*) from outbox") == 2


def emergencies(outcome: str) -> float:
    return REGISTRY.get_sample_value("mrk_emergencies_total", {"outcome": outcome}) or 0.0


async def test_an_emergency_pages_its_owner_and_is_counted(routing: kit.Routing) -> None:
    before = emergencies("paged"), emergencies("triage")
    alarm = kit.received(1, emergency=True)
    lost = kit.received(2, emergency=True, category="others")
    await routing.reports(kit.received(0), alarm, lost)
    inbox = await routing.sent("agency.sdabmbk.inbox.v1")
    paged = {each.body["case"]["complaint_id"]: each.body.get("page", False) for each in inbox}
    assert paged == {kit.complaint(0): False, kit.complaint(1): True}
    urgency = {each.key: each.body["case"]["urgency"] for each in await routing.sent(CASES)}
    assert urgency[kit.complaint(0)] < 90
    assert min(urgency[kit.complaint(1)], urgency[kit.complaint(2)]) >= 90
    assert (emergencies("paged"), emergencies("triage")) == (before[0] + 1, before[1] + 1)


async def test_events_carry_the_reports_trace(routing: kit.Routing) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    record = kit.received()
    traced = [*record.headers, ("traceparent", trace.encode())]
    await routing.reports(replace(record, headers=traced))
    stored = await routing.pool.fetch("select distinct traceparent from case_event")
    assert [row["traceparent"] for row in stored] == [trace]


async def test_a_batch_with_one_poison_costs_one_dead_letter(routing: kit.Routing) -> None:
    batch = [kit.received(number) for number in range(500)]
    batch[250] = kit.record("complaint.reports.v1", kit.complaint(250), b'{"report": 1}', 1)
    await routing.reports(*batch)
    assert len(await routing.cases()) == 499
    (letter,) = await routing.letters()
    assert letter["key"] == kit.complaint(250)
    assert len(await routing.sent(CASES)) == 499


def assigned_so_far() -> float:
    value = REGISTRY.get_sample_value("mrk_stage_seconds_count", {"stage": "assigned"})
    return value or 0.0


async def test_a_stage_is_measured_once_where_a_batch_was_done_again(
    routing: kit.Routing,
) -> None:
    before = assigned_so_far()
    stray = kit.record("complaint.reports.v1", kit.complaint(9), _body(kit.received(8)), 1)
    # The stray fails the batch after others were decided; each is then done alone.
    await routing.reports(*[kit.received(number) for number in range(5)], stray)
    assert assigned_so_far() - before == 5
    await routing.reports(kit.received(0))
    assert assigned_so_far() - before == 5


async def test_nothing_is_told_of_a_batch_that_was_not_committed(routing: kit.Routing) -> None:
    before = assigned_so_far()
    await routing.pool.execute("alter table case_file rename to gone")
    await routing.reports(kit.received())
    await routing.pool.execute("alter table gone rename to case_file")
    assert assigned_so_far() == before
    assert len(await routing.letters()) == 1


async def test_a_report_under_anothers_key_costs_its_own_key_alone(routing: kit.Routing) -> None:
    stray = kit.record("complaint.reports.v1", kit.complaint(9), _body(kit.received(8)), 1)
    await routing.reports(*[kit.received(number) for number in range(5)], stray)
    assert len(await routing.cases()) == 5
    (letter,) = await routing.letters()
    assert "complaint id" in letter["reason"]


async def test_the_same_reports_three_times_shuffled_have_no_new_effect(
    routing: kit.Routing,
) -> None:
    once = [kit.received(number) for number in range(60)]
    thrice = once * 3
    random.Random(7).shuffle(thrice)
    for start in range(0, len(thrice), 25):
        await routing.reports(*thrice[start : start + 25])
    sent = await routing.sent()
    assert len(await routing.cases()) == 60
    assert len(sent) == 120
    assert len({(event.key, event.version) for event in sent}) == 120


async def test_a_second_fact_about_a_report_makes_no_second_case(routing: kit.Routing) -> None:
    await routing.reports(kit.received())
    await routing.reports(kit.received(sequence=2, category="street-lights"))
    assert await routing.types() == ["case.assigned", "case.handed-over"]
    assert (await routing.case())["owner"] == "sdabmbk"


async def test_what_no_rule_decides_goes_to_triage_and_to_no_inbox(routing: kit.Routing) -> None:
    await routing.reports(kit.received(category="others"))
    (event,) = await routing.sent()
    assert (event.topic, event.type) == (CASES, "case.sent-to-triage")
    assert event.body["case"]["triage_reason"] == "no-rule"
    (row,) = await routing.cases()
    assert (row["owner"], row["verified_at"], row["handed_to"]) == (None, None, [])


async def test_confidential_anonymous_and_whistle_blowing(routing: kit.Routing) -> None:
    await routing.reports(
        kit.received(1, confidential=True),
        kit.received(2, anonymous=True),
        kit.received(3, kind=Kind.WHISTLEBLOWING, text=None, place=None, category=None),
    )
    inbox = {event.key: event.body for event in await routing.sent("agency.sdabmbk.inbox.v1")}
    place = inbox[kit.complaint(1)]["place"]
    assert {"lat", "lon", "address"}.isdisjoint(place)
    assert (place["subdistrict"], place["district"]) == ("12.71.02.1001", "12.71.02")
    assert inbox[kit.complaint(1)]["text"] == kit.SECRET_WORDS
    assert "reporter" not in str(inbox)
    assert kit.complaint(3) not in str(await routing.sent())
    assert len(await routing.cases()) == 2


async def test_copies_are_listed_and_not_sent(routing: kit.Routing) -> None:
    await routing.reports(kit.received(category="waste-pickup"))
    assert (await routing.case())["copies"] == ["dlh"]
    assert {event.topic for event in await routing.sent()} == {CASES, "agency.kec-02.inbox.v1"}


async def test_an_erasure_blanks_everything_and_is_acknowledged_once(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received())
    assert kit.SECRET_WORDS in await routing.everything()
    await routing.reports(kit.erased())
    await routing.reports(kit.erased(), kit.erased(sequence=3))
    assert await routing.types() == [
        *("case.assigned", "case.handed-over", "case.erased", "case.blanked")
    ]
    erased, blanked = (await routing.sent())[2:]
    assert erased.body["received_by"] == ["sdabmbk"]
    assert (blanked.topic, erased.version, blanked.version) == ("agency.sdabmbk.inbox.v1", 3, 4)
    found = await routing.everything()
    assert kit.SECRET_WORDS not in found
    assert "Melati" not in found
    (row,) = await routing.cases()
    assert row["erased"]
    assert (row["state"], row["owner"]) == ("assigned", "sdabmbk")
    passes = await routing.pool.fetch("select passes from outbox order by version")
    assert [row["passes"] for row in passes] == [False, False, True, True]


@pytest.mark.parametrize("together", [False, True])
async def test_a_report_that_comes_after_its_erasure_has_no_effect(
    routing: kit.Routing,
    together: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    if together:
        await routing.reports(kit.received(), kit.erased())
    else:
        await routing.reports(kit.erased())
        await routing.reports(kit.received())
    assert await routing.types() == ["case.erased"]
    (event,) = await routing.sent()
    assert "received_by" not in event.body or event.body["received_by"] == []
    assert kit.SECRET_WORDS not in await routing.everything()
    (row,) = await routing.cases()
    assert row["erased"]
    assert row["words"] is None


async def test_erasing_whistle_blowing_is_acknowledged_without_a_case(
    routing: kit.Routing,
) -> None:
    hidden: dict[str, Any] = {"kind": Kind.WHISTLEBLOWING, "text": None, "place": None}
    await routing.reports(kit.received(**hidden))
    await routing.reports(kit.erased(**hidden))
    assert await routing.types() == ["case.erased"]
    assert await routing.cases() == []


def _body(record: kit.Record) -> bytes:
    assert record.value is not None
    return record.value
