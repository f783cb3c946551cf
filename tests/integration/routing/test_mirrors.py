"""What is done at SP4N-LAPOR! takes effect on cases: whole batches, on a real database."""

import pytest
import routing_records as kit

from mrk_schemas.agencies import AcceptCase, AskReporter, ResolveCase
from mrk_schemas.mirrors import MirrorAnswered, MirrorHandedOver
from mrk_schemas.registry import CASES, inbox_of
from mrk_schemas.reports import SolutionConfirmed, SolutionDisputed

OWN = inbox_of("sdabmbk")
WORDS = "Gardu di dekat rumah Bu Ginting sudah diperbaiki"


async def told(routing: kit.Routing, topic: str = CASES) -> list[str]:
    return [event.type for event in await routing.sent(topic)]


async def test_what_is_not_the_citys_is_handed_on_and_stands_on_no_agencys_topic(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received(category="power"))
    case = await routing.case()
    assert (case["state"], case["owner"]) == ("assigned", "pln")
    assert case["handed_on_at"]
    assert await routing.types() == ["case.handed-on"]
    (row,) = await routing.cases()
    assert row["handed_to"] == []


async def test_an_answer_at_the_national_system_solves_what_was_handed_on(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received(category="power"))
    await routing.mirrors(
        kit.mirrored(MirrorAnswered, "pln", note="Tim menuju lokasi"),
        kit.mirrored(MirrorAnswered, None, sequence=4, note=WORDS, final=True),
    )
    assert await told(routing) == ["case.handed-on", "case.progressed", "case.resolved"]
    last = (await routing.sent(CASES))[-1]
    assert (last.body["by"], last.body["note"]) == ("sp4n-lapor", WORDS)
    # a dispute goes back to where it was solved, and a confirmation ends it
    await routing.reports(kit.acted(SolutionDisputed))
    case = await routing.case()
    assert (case["state"], case["owner"], case["disputes"]) == ("assigned", "pln", 1)
    await routing.reports(kit.acted(SolutionConfirmed, sequence=3))
    assert (await routing.case())["ending"] == "confirmed"
    assert {event.topic for event in await routing.sent()} == {CASES}


async def test_a_hand_over_there_gives_the_case_to_its_agency_here_and_tells_the_former(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase))
    await routing.mirrors(kit.mirrored(MirrorHandedOver, "dishub"))
    case = await routing.case()
    assert (case["state"], case["owner"], case["transfers"]) == ("assigned", "dishub", 1)
    (gone,) = [e for e in await routing.sent(inbox_of("sdabmbk")) if e.type == "case.taken-away"]
    (given,) = await routing.sent(inbox_of("dishub"))
    assert (given.type, given.body["text"]) == ("case.handed-over", kit.SECRET_WORDS)
    assert "reporter" not in gone.body["case"]
    (row,) = await routing.cases()
    assert row["handed_to"] == ["sdabmbk", "dishub"]
    # what the former owner sends now is a stranger's
    await routing.commands(kit.command(AcceptCase, version=gone.version, id_="late"))
    assert (await routing.case())["state"] == "assigned"


@pytest.mark.parametrize(
    ("agency", "state", "owner"), [("bpn", "assigned", "bpn"), (None, "triage", None)]
)
async def test_a_hand_over_to_others_leaves_the_city_or_waits_for_a_person(
    routing: kit.Routing, agency: str | None, state: str, owner: str | None
) -> None:
    await routing.reports(kit.received())
    await routing.mirrors(kit.mirrored(MirrorHandedOver, agency))
    case = await routing.case()
    assert (case["state"], case.get("owner")) == (state, owner)
    assert ("handed_on_at" in case) == (agency is not None)
    assert (await routing.sent(inbox_of("sdabmbk")))[-1].type == "case.taken-away"


async def test_what_comes_before_the_report_waits_for_it_and_takes_effect_once(
    routing: kit.Routing,
) -> None:
    early = (
        kit.mirrored(MirrorHandedOver, "dishub", sequence=2),
        kit.mirrored(MirrorAnswered, "dishub", sequence=3, note=WORDS),
    )
    await routing.mirrors(*early)
    assert not await routing.sent()
    await routing.reports(kit.received())
    await routing.mirrors(*early)  # delivered again
    assert await told(routing) == ["case.assigned", "case.assigned", "case.progressed"]
    assert (await routing.case())["owner"] == "dishub"
    assert not await routing.pool.fetchval("select count(*) from early_mirror")


async def test_what_waits_is_gone_once_its_report_is_erased(routing: kit.Routing) -> None:
    await routing.mirrors(kit.mirrored(MirrorAnswered, "dishub", note=WORDS))
    assert "Ginting" in await routing.everything()
    await routing.reports(kit.erased())
    await routing.mirrors(kit.mirrored(MirrorAnswered, "dishub", sequence=4, note=WORDS))
    assert "Ginting" not in await routing.everything()


async def test_what_no_longer_fits_is_on_record_and_changes_nothing(routing: kit.Routing) -> None:
    await routing.reports(kit.received(), kit.acted(SolutionConfirmed))
    before = await routing.case()
    await routing.mirrors(
        kit.mirrored(MirrorHandedOver, "dishub"),
        kit.mirrored(MirrorAnswered, "dlh", sequence=4, final=True),
    )
    after = await routing.case()
    assert await told(routing) == [
        "case.assigned", "case.confirmed", "case.action-set-aside", "case.action-set-aside",
    ]  # fmt: skip
    assert {k: v for k, v in after.items() if k != "changed_at"} == {
        k: v for k, v in before.items() if k != "changed_at"
    }


async def test_an_answer_there_to_what_an_agency_has_is_on_its_inbox(
    routing: kit.Routing,
) -> None:
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase), kit.command(AskReporter, question="Di mana?"))
    await routing.mirrors(
        kit.mirrored(MirrorAnswered, "sdabmbk", note="Tim menuju lokasi"),
        kit.mirrored(MirrorAnswered, "sdabmbk", sequence=4, note=WORDS, final=True),
    )
    cases, inbox = (await routing.sent(CASES))[-2:], (await routing.sent(OWN))[-2:]
    assert [e.type for e in cases] == ["case.progressed", "case.resolved"]
    assert [e.type for e in inbox] == [e.type for e in cases]
    assert [e.body["note"] for e in inbox] == ["Tim menuju lokasi", WORDS]
    assert {e.body["by"] for e in inbox} == {"sp4n-lapor"}
    # it no longer waits, and its window is there to be read; the reporter is nobody's
    assert [("waiting" in e.body["case"], e.body["case"]["state"]) for e in inbox] == [
        (False, "in_progress"), (False, "resolved"),
    ]  # fmt: skip
    assert "confirmation" in {d["clock"] for d in inbox[-1].body["case"]["deadlines"]}
    assert "reporter" in cases[-1].body["case"]
    assert "reporter" not in inbox[-1].body["case"]
    # nothing is left to do, and whoever acts all the same is told why
    await routing.commands(kit.command(ResolveCase, version=inbox[-1].version, id_="late"))
    assert (await routing.sent(OWN))[-1].body["rule"] == "already-resolved"


async def test_what_changes_nothing_there_is_on_no_inbox(routing: kit.Routing) -> None:
    await routing.reports(kit.received())
    await routing.mirrors(kit.mirrored(MirrorAnswered, "dlh", note=WORDS))
    assert await told(routing) == ["case.assigned", "case.action-set-aside"]
    assert await told(routing, OWN) == ["case.handed-over"]
