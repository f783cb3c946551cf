"""Public reports as lists and feeds find them."""

import itertools
import runpy
from datetime import UTC, datetime, timedelta
from typing import Any

from mrk_delivery.migrate import migrations_folder
from mrk_intake.domain.public import CLOSED, OPEN, Box, Wanted
from mrk_intake.service import SERVICE
from mrk_intake.store import public
from mrk_intake.store.erase import erase
from mrk_schemas.cases import Case, CaseAssigned, CaseResolved, CaseReturned, CaseState
from mrk_schemas.registry import CASES
from mrk_schemas.reports import Kind

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
EVERYTHING = Wanted(*EVER)


def wanted(**changes: Any) -> Wanted:
    return Wanted(*EVER, **changes)


def case(sent: dict[str, Any], state: CaseState, at: datetime, owner: str | None) -> Case:
    return Case.model_validate(
        {
            "complaint_id": str(sent["id"]),
            "tracking_number": sent["tracking_number"],
            "kind": "complaint",
            "state": state,
            "owner": owner,
            "owner_name": owner and "Dinas SDABMBK",
            "deadlines": (
                {"clock": "resolution", "due_at": at + timedelta(days=20), "derivation": "14 hari"},
            ),
            "anonymous": False,
            "confidential": False,
            "received_at": at,
            "changed_at": at,
        }
    )


async def numbers(intake: Any, asked: Wanted) -> list[str]:
    return [each.number for each in await public.page(intake.pool, asked)]


async def test_what_is_hidden_is_not_listed(intake: Any) -> None:
    shown = set()
    for kind, anonymous, confidential in itertools.product(Kind, (False, True), (False, True)):
        sent = await intake.accepted(
            kind=kind, anonymous=anonymous, confidential=confidential, category="others"
        )
        number = sent["tracking_number"]
        if kind is not Kind.WHISTLEBLOWING and not confidential:
            shown.add(number)
        found = await public.by_numbers(intake.pool, [number])
        assert [each.number for each in found] == [number] * (number in shown)
    assert set(await numbers(intake, EVERYTHING)) == shown
    assert len(shown) == 6


async def test_a_public_report_tells_where_it_stands(intake: Any, told: Any) -> None:
    sent = await intake.accepted(
        text="Jalan berlubang, hubungi 081234567890.", attributes={"damage": "hole"}
    )
    at = intake.clock.now()
    (new,) = await public.page(intake.pool, EVERYTHING)
    assert (new.number, new.kind, new.category) == (sent["tracking_number"], "complaint", "roads")
    assert new.text == "Jalan berlubang, hubungi [nomor telepon]."
    assert [(each.code, each.value) for each in new.attributes] == [("damage", "hole")]
    assert new.place is not None
    assert (new.place.lat, new.place.lon) == (3.5897, 98.6738)
    assert (new.state, new.closed, new.agency, new.due_at) == ("received", False, None, None)
    assert new.received_at == new.updated_at == at
    key, minute = str(sent["id"]), timedelta(minutes=1)
    assigned = CaseAssigned(case=case(sent, CaseState.ASSIGNED, at, "sdabmbk"), by="routing")
    await told.by(CASES, (1, at + minute, assigned, key))
    (owned,) = await public.page(intake.pool, EVERYTHING)
    assert (owned.state, owned.agency, owned.agency_name) == (
        "assigned",
        "sdabmbk",
        "Dinas SDABMBK",
    )
    assert owned.due_at == at + timedelta(days=20)
    assert owned.updated_at == at + minute
    returned = CaseReturned(case=case(sent, CaseState.RETURNED, at, None), by="sdabmbk")
    await told.by(CASES, (2, at + 2 * minute, returned, key))
    (ownerless,) = await public.page(intake.pool, EVERYTHING)
    assert (ownerless.state, ownerless.agency, ownerless.agency_name) == ("returned", None, None)
    resolved = CaseResolved(case=case(sent, CaseState.RESOLVED, at, "sdabmbk"), by="sdabmbk")
    await told.by(CASES, (4, at + 4 * minute, resolved, key))
    # a late fact of an earlier version changes nothing
    await told.by(CASES, (3, at + 9 * minute, assigned, key))
    (solved,) = await public.page(intake.pool, EVERYTHING)
    assert (solved.state, solved.closed, solved.agency) == ("resolved", True, "sdabmbk")
    assert solved.closed_at == at + 4 * minute
    changes = await public.changes(intake.pool, *EVER, most=10)
    assert [each.placed.sequence for each in changes] == [1, 2, 4, 3]
    assert [
        each.placed.sequence
        for each in await public.changes(
            intake.pool, at + minute, at + 5 * minute, numbers=[new.number], most=2, skip=1
        )
    ] == [2, 4]
    assert await public.changes(intake.pool, *EVER, numbers=["000-000-000"], most=10) == []
    steps = await public.steps(intake.pool, [new.id])
    assert sorted(each.sequence for each in steps[new.id]) == [1, 2, 3, 4]


async def test_filters_narrow_the_list(intake: Any, told: Any) -> None:
    at = intake.clock.now()
    points = [(3.5897, 98.6738), (3.5480, 98.7050), (3.5897, 98.6738), None]
    sent = []
    for index, point in enumerate(points):
        sent.append(
            await intake.accepted(
                category=("roads", "floods")[index % 2],
                location=None if point is None else {"lat": point[0], "lon": point[1]},
                address="di sana" if point is None else None,
            )
        )
        intake.clock.advance(timedelta(hours=1))
    body = CaseResolved(case=case(sent[1], CaseState.RESOLVED, at, "sdabmbk"), by="sdabmbk")
    await told.by(CASES, (1, at, body, str(sent[1]["id"])))
    one, two, three, four = (each["tracking_number"] for each in sent)
    assert await numbers(intake, EVERYTHING) == [four, three, two, one]
    assert await numbers(intake, wanted(categories=("floods",))) == [four, two]
    assert await numbers(intake, wanted(categories=())) == []
    assert await numbers(intake, wanted(states=CLOSED)) == [two]
    assert await numbers(intake, wanted(states=OPEN)) == [four, three, one]
    assert await numbers(intake, wanted(states=frozenset({"received"}))) == [four, three, one]
    assert await numbers(intake, wanted(districts=("12.71.09",))) == [two]
    here = Box(south=3.58, west=98.67, north=3.60, east=98.68)
    assert await numbers(intake, wanted(box=here)) == [three, one]
    assert await numbers(intake, wanted(box=here, states=CLOSED)) == []
    hour = timedelta(hours=1)
    assert await numbers(intake, Wanted(at + hour, at + 3 * hour)) == [three, two]
    assert await numbers(intake, wanted(most=2, skip=1)) == [three, two]
    found = await public.by_numbers(intake.pool, [one, four, "000-000-000"])
    assert [each.number for each in found] == [four, one]


async def test_a_point_is_kept_where_it_is_published_alone(intake: Any) -> None:
    spots = {}
    for confidential in (False, True):
        sent = await intake.accepted(confidential=confidential)
        spots[confidential] = await intake.pool.fetchval(
            "select spot from report where id = $1", sent["id"]
        )
    assert tuple(spots[False]) == (98.6738, 3.5897)
    assert spots[True] is None


async def test_the_migration_finds_the_points_of_earlier_reports(intake: Any) -> None:
    for confidential in (False, True):
        await intake.accepted(confidential=confidential)
    whistle = {"kind": "whistleblowing", "category": "others"}
    await intake.accepted(**whistle)
    await intake.accepted(location=None)
    erased = await intake.accepted()
    await erase(intake.pool, SERVICE, erased["id"], intake.clock.now())
    before = await intake.pool.fetch("select id, spot from report order by id")
    await intake.pool.execute("update report set spot = null")
    (file,) = migrations_folder("mrk_intake").glob("versions/*_open311.py")
    await intake.pool.execute(runpy.run_path(str(file))["SPOTS"])
    assert await intake.pool.fetch("select id, spot from report order by id") == before
    assert sum(row["spot"] is not None for row in before) == 1
