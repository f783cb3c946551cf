"""Agencies' commands: whole batches, on a real database."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
import routing_records as kit

from mrk_delivery.events import Record
from mrk_schemas.agencies import AcceptCase, ReportProgress, ResolveCase, ReturnCase
from mrk_schemas.registry import CASES
from mrk_telemetry import metrics

INBOX = "agency.sdabmbk.inbox.v1"
PHONE = "0812-3456-7890"
PHOTO = "9f" * 32
RULES = (
    *("done", "unreadable", "accept-first", "no-such-version", "wrong-key", "not-the-owner"),
    "already-accepted",
)


@pytest.fixture(autouse=True)
async def assigned(routing: kit.Routing) -> None:
    await routing.reports(kit.received())


async def since_assigned(routing: kit.Routing) -> list[tuple[str, int, str]]:
    return [(e.topic, e.version, e.type) for e in await routing.sent() if e.version > 2]


async def refusals(routing: kit.Routing, agency: str = "sdabmbk") -> list[dict[str, object]]:
    sent = await routing.sent(f"agency.{agency}.inbox.v1")
    return [event.body for event in sent if event.type == "command.refused"]


async def test_accept_progress_and_resolve_in_one_batch_fold_in_order(
    routing: kit.Routing,
) -> None:
    await routing.commands(
        kit.command(AcceptCase, note=f"Hubungi {PHONE}"),
        kit.command(ReportProgress),
        kit.command(ResolveCase, proof=[PHOTO]),
    )
    assert await since_assigned(routing) == [
        (CASES, 3, "case.accepted"),
        (INBOX, 4, "command.done"),
        (CASES, 5, "case.progressed"),
        (INBOX, 6, "command.done"),
        (CASES, 7, "case.resolved"),
        (INBOX, 8, "command.done"),
    ]
    states = [e.body["case"]["state"] for e in await routing.sent(CASES)]
    assert states == ["assigned", "accepted", "in_progress", "resolved"]
    (row,) = await routing.cases()
    assert row["state"] == "resolved"
    assert row["first_response_at"] is not None
    assert row["resolved_at"] is not None
    assert row["others_version"] == 1
    found = await routing.everything()
    assert "3456" not in found
    done = [e.body for e in await routing.sent(INBOX) if e.type == "command.done"]
    assert all("reporter" not in body["case"] for body in done)
    assert (await routing.sent(CASES))[-1].body["proof"] == [PHOTO]


async def test_a_return_has_no_owner_and_waits_for_a_dispatcher(routing: kit.Routing) -> None:
    await routing.commands(kit.command(ReturnCase, reason=f"Bukan kami, hubungi {PHONE}"))
    assert await since_assigned(routing) == [
        (CASES, 3, "case.returned"),
        (CASES, 4, "case.sent-to-triage"),
        (INBOX, 5, "command.done"),
    ]
    case = await routing.case()
    assert (case["state"], case["triage_reason"], case.get("owner")) == ("triage", "returned", None)
    assert PHONE not in await routing.everything()
    await routing.commands(kit.command(AcceptCase, version=5))
    (refused,) = await refusals(routing)
    assert refused["rule"] == "not-the-owner"


async def test_a_foreign_and_an_unknown_case_are_refused_alike(routing: kit.Routing) -> None:
    foreign = kit.command(AcceptCase, "dlh", id_="c-1")
    await routing.commands(foreign, kit.command(AcceptCase, "dlh", number=77, id_="c-2"))
    assert (await routing.case())["state"] == "assigned"
    answers = await routing.sent("agency.dlh.inbox.v1")
    assert [event.key for event in answers] == ["command:c-1", "command:c-2"]
    assert [event.version for event in answers] == [1, 1]
    first, second = (dict(event.body) for event in answers)
    for body in (first, second):
        del body["command_id"], body["complaint_id"]
    assert first == second
    # Neither the case's versions nor anybody else's topics tell of it.
    assert await since_assigned(routing) == []
    assert kit.SECRET_WORDS not in str(answers)
    streams = await routing.pool.fetch("select key from stream")
    assert kit.complaint(77) not in {row["key"] for row in streams}


async def test_the_record_key_must_be_the_complaint(routing: kit.Routing) -> None:
    await routing.reports(kit.received(2))
    await routing.commands(kit.command(AcceptCase, number=1, key=kit.complaint(2)))
    (refused,) = await refusals(routing)
    assert refused["rule"] == "wrong-key"
    assert [row["state"] for row in await routing.cases()] == ["assigned", "assigned"]


async def test_the_same_commands_three_times_shuffled_have_no_new_effect(
    routing: kit.Routing,
) -> None:
    await routing.reports(*[kit.received(number) for number in range(2, 21)])
    accepts = [kit.command(AcceptCase, number=number) for number in range(1, 21)]
    thrice = accepts * 3
    random.Random(11).shuffle(thrice)
    for start in range(0, len(thrice), 7):
        await routing.commands(*thrice[start : start + 7])
    types = await routing.types()
    assert types.count("case.accepted") == types.count("command.done") == 20
    assert "command.refused" not in types


async def test_the_same_id_with_another_body_is_refused(routing: kit.Routing) -> None:
    await routing.commands(kit.command(AcceptCase, id_="c-1"))
    await routing.commands(kit.command(ReturnCase, id_="c-1"))
    (refused,) = await refusals(routing)
    assert (refused["rule"], refused["command_id"]) == ("unreadable", "c-1")
    assert "another body" in str(refused["reason"])
    assert (await routing.case())["state"] == "accepted"


@pytest.mark.parametrize(
    ("kinds", "rule"),
    [
        ([ReportProgress], "accept-first"),
        ([AcceptCase, AcceptCase], "already-accepted"),
        ([AcceptCase, ResolveCase, ReturnCase], "already-resolved"),
    ],
)
async def test_a_rule_refuses_on_the_cases_own_stream(
    routing: kit.Routing, kinds: Sequence[type], rule: str
) -> None:
    await routing.commands(*[kit.command(kind) for kind in kinds])
    (refused,) = await refusals(routing)
    assert refused["rule"] == rule
    assert (await routing.sent())[-1].key == kit.complaint(1)


async def test_a_command_is_stale_by_what_others_did_alone(routing: kit.Routing) -> None:
    await routing.pool.execute("update case_file set others_version = 2")
    await routing.commands(kit.command(AcceptCase, version=1))
    (refused,) = await refusals(routing)
    assert refused["rule"] == "stale"
    await routing.commands(kit.command(AcceptCase, version=2))
    await routing.commands(kit.command(ReportProgress, version=2))
    assert (await routing.case())["state"] == "in_progress"


async def test_what_cannot_be_read_is_kept_and_answered(routing: kit.Routing) -> None:
    good = kit.command(AcceptCase)
    null = replace(good, offset=10_001, headers=[*good.headers, ("ce_id", None)])
    typeless = replace(
        good,
        offset=10_002,
        headers=[(n, b"nonsense" if n == "ce_type" else v) for n, v in good.headers],
    )
    extra = replace(good, offset=10_003, value=b'{"owner": "dlh", "note": "x"}')
    keyless = replace(good, offset=10_004, key=None, headers=[])
    await routing.commands(null, typeless, extra, keyless, kit.command(AcceptCase))
    assert (await routing.case())["state"] == "accepted"
    answers = await refusals(routing)
    assert [body["rule"] for body in answers] == ["unreadable"] * 4
    assert "owner" in str(answers[2]["reason"])
    assert [row["state"] for row in await routing.letters()] == ["kept"] * 4
    assert await routing.pool.fetchval("select count(*) from parked") == 0


def counted(outcome: str, agency: str = "sdabmbk") -> float:
    labels = {"topic": f"agency.{agency}.outbox.v1", "outcome": outcome}
    return metrics.REGISTRY.get_sample_value("mrk_commands_total", labels) or 0


async def test_every_answer_is_counted_by_the_rule_that_gave_it(routing: kit.Routing) -> None:
    oversize = kit.command(AcceptCase, id_="c-3")
    oversize = replace(
        oversize, value=(oversize.value or b"")[:-1] + b',"note":"' + b"x" * 4001 + b'"}'
    )
    before = {rule: counted(rule) for rule in RULES}
    await routing.commands(
        oversize,
        kit.command(ReportProgress),
        kit.command(AcceptCase, version=99),
        kit.command(AcceptCase, number=5, key=kit.complaint(1)),
        kit.command(AcceptCase, number=77),
        kit.command(AcceptCase),
        kit.command(AcceptCase),
    )
    assert {rule: counted(rule) - before[rule] for rule in RULES} == dict.fromkeys(RULES, 1)
    answers = await refusals(routing)
    assert sorted(str(body["rule"]) for body in answers) == sorted(set(RULES) - {"done"})
    (unreadable,) = [body for body in answers if body["rule"] == "unreadable"]
    assert str(unreadable["reason"]).startswith("note: ")
    assert "at most 4000" in str(unreadable["reason"])
    assert unreadable["command_id"] == "c-3"


async def test_an_agencys_flood_of_nonsense_never_stops_the_consumer(
    routing: kit.Routing,
) -> None:
    good = kit.command(AcceptCase)
    flood: list[Record] = [
        replace(good, offset=20_000 + n, value=b"{", key=kit.complaint(n).encode())
        for n in range(2, 62)
    ]
    await routing.commands(*flood, good)
    assert (await routing.case())["state"] == "accepted"


async def test_work_goes_on_after_an_erasure_without_words(routing: kit.Routing) -> None:
    await routing.reports(kit.erased())
    await routing.commands(
        kit.command(AcceptCase), kit.command(ReportProgress, note="Bertemu Pak Sinaga")
    )
    assert (await routing.case())["state"] == "in_progress"
    assert "Sinaga" not in await routing.everything()


async def test_versions_of_each_stream_are_without_gap_or_repeat(routing: kit.Routing) -> None:
    kinds = (AcceptCase, ReportProgress, ResolveCase, ReturnCase)
    chance = random.Random(3)
    for _ in range(30):
        batch = [
            kit.command(chance.choice(kinds), chance.choice(["sdabmbk", "dlh"]), number=1)
            for _ in range(5)
        ]
        await routing.commands(*batch)
    by_key: dict[str, list[int]] = {}
    for event in await routing.sent():
        by_key.setdefault(event.key, []).append(event.version)
    for versions in by_key.values():
        assert versions == list(range(1, len(versions) + 1))
    assert len(await routing.cases()) == 1
