"""Reports of the same thing, on a real database: suggested, linked, never what is hidden."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_routing.domain.act import Assign, Merge, Unmerge
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.outcome import Moved
from mrk_routing.store import acting, duplicates
from mrk_routing.workers.linker import Linker
from mrk_schemas.agencies import AcceptCase, ReportProgress, ResolveCase
from mrk_schemas.ids import AgencyCode, CategoryCode, ComplaintId
from mrk_schemas.registry import CASES
from mrk_schemas.reports import Kind, Place, ReportWithdrawn
from mrk_telemetry.health import Health

HERE = Place(lat=3.57, lon=98.63, address="Jl. Melati 5", subdistrict="12.71.02.1001")
HOLE = "Jalan berlubang besar di depan SD Negeri, bahaya kali"
SAME = "lobang besar di depan SD negeri bahaya, jalan berlubang"
RATHER = "jalan berlubang besar, banyak motor jatuh"
OTHER = "Marka jalan sudah pudar tidak kelihatan"


def received(number: int, text: str = HOLE, place: Place = HERE, **changes: object) -> object:
    at = kit.RECEIVED + timedelta(minutes=number)
    return kit.received(number, text=text, place=place, **{"received_at": at, **changes})


@pytest.fixture
def linker(pool: asyncpg.Pool, pack: CityPack, clock: FixedClock) -> Linker:
    return Linker(pool, Rules(pack), clock, Health().progress("linker", 60))


async def suggested(routing: kit.Routing, number: int) -> list[str]:
    found = await duplicates.suggestions(routing.pool, ComplaintId(kit.complaint(number)))
    return [each.other for each in found]


async def part_of(routing: kit.Routing, number: int) -> str | None:
    return (await routing.case(number)).get("part_of")


@pytest.mark.parametrize("together", [True, False])
async def test_what_is_alike_enough_is_linked_and_less_is_suggested(
    routing: kit.Routing,
    linker: Linker,
    together: bool,  # noqa: FBT001  # drawn
) -> None:
    records = [
        received(1), received(2, SAME), received(3, RATHER), received(4, OTHER),
        received(5, place=HERE.model_copy(update={"lat": 3.58})),
    ]  # fmt: skip
    for batch in [records] if together else [[each] for each in records]:
        await routing.reports(*batch)
    assert await linker.once() > 1  # what is only suggested is looked at, too
    assert await linker.once() == 0
    assert await part_of(routing, 2) == kit.complaint(1)
    assert [await part_of(routing, n) for n in (1, 3, 4, 5)] == [None] * 4
    merged = [event for event in await routing.sent(CASES) if event.type == "case.merged"]
    assert [(each.key, each.body["by"]) for each in merged] == [(kit.complaint(2), "routing")]
    assert kit.complaint(1) in await suggested(routing, 3)
    assert kit.complaint(3) in await suggested(routing, 1)
    assert await suggested(routing, 4) == await suggested(routing, 5) == []
    assert kit.complaint(1) not in await suggested(routing, 2)  # they are linked
    counted = await duplicates.repeats(routing.pool, [kit.complaint(n) for n in (1, 4)])
    assert counted == {kit.complaint(1): 2}


async def urgency(routing: kit.Routing, number: int) -> tuple[int, bool]:
    case = await routing.case(number)
    return case["urgency"], "repeats" in case["urgency_reasons"]


async def test_repeats_raise_the_urgency_of_each_and_a_corrected_category_keeps_them(
    routing: kit.Routing, linker: Linker, pack: CityPack, clock: FixedClock
) -> None:
    await routing.reports(received(1))
    (alone, counted) = await urgency(routing, 1)
    assert not counted
    told = await routing.types()
    await routing.reports(received(2, SAME), received(3, RATHER), received(4, OTHER))
    await linker.once()
    assert await urgency(routing, 1) == (alone + pack.priority.repeats.of(2), True)
    assert (await urgency(routing, 3))[1]
    assert not (await urgency(routing, 4))[1]
    # it is no step of the case
    assert (await routing.types()).count("case.assigned") == told.count("case.assigned") + 3

    rules, first = Rules(pack), ComplaintId(kit.complaint(1))
    corrected = Assign(AgencyCode("dlh"), category=CategoryCode("drainage"))
    assert isinstance(
        await acting.carry_out(routing.pool, first, corrected, rules, clock.now()), Moved
    )
    assert (await urgency(routing, 1))[1]


async def test_a_dispatchers_links_count_and_so_does_their_end(
    routing: kit.Routing, pack: CityPack, clock: FixedClock
) -> None:
    rules = Rules(pack)
    await routing.reports(received(1), received(4, OTHER))
    (alone, _), fourth = await urgency(routing, 1), ComplaintId(kit.complaint(4))
    for wish, repeats in ((Merge(ComplaintId(kit.complaint(1))), 1), (Unmerge(), 0)):
        await acting.carry_out(routing.pool, fourth, wish, rules, clock.now())
        more = pack.priority.repeats.of(repeats)
        assert await urgency(routing, 1) == (alone + more, bool(repeats))


async def test_a_third_report_joins_the_parent_and_not_its_part(
    routing: kit.Routing, linker: Linker
) -> None:
    await routing.reports(received(1))
    await routing.reports(received(2, SAME))
    await linker.once()
    await routing.reports(received(3, SAME))
    await linker.once()
    assert await part_of(routing, 3) == kit.complaint(1)


@pytest.mark.parametrize(
    "hidden",
    [
        {"confidential": True},
        {"restricted": True},
        {"kind": Kind.WHISTLEBLOWING, "text": None, "place": None},
        {"category": "women-children"},
    ],
)
async def test_what_is_hidden_or_about_a_person_is_compared_with_nothing(
    routing: kit.Routing, linker: Linker, hidden: dict[str, object]
) -> None:
    await routing.reports(received(1), received(2, **hidden))
    await routing.reports(received(3, **hidden))
    assert await linker.once() == 0
    assert await suggested(routing, 1) == []
    traits = await routing.pool.fetch("select complaint_id from case_trait")
    assert [row["complaint_id"] for row in traits] == [kit.complaint(1)]


async def test_equal_photos_and_addresses_without_points_tell_too(
    routing: kit.Routing, linker: Linker
) -> None:
    where = Place(address="Jalan Melati 5", subdistrict="12.71.02.1001")
    photo = ("9f" * 32,)
    await routing.reports(
        received(1, place=where), received(2, SAME, where),
        received(3, "jalan rusak", place=HERE, photos=photo),
    )  # fmt: skip
    await routing.reports(received(4, "lubang", place=HERE, photos=photo))
    await linker.once()
    assert await part_of(routing, 2) == kit.complaint(1)
    assert await part_of(routing, 4) == kit.complaint(3)


async def test_only_open_unsolved_cases_take_parts_and_what_was_parted_stays_apart(
    routing: kit.Routing, linker: Linker, pack: CityPack, clock: FixedClock
) -> None:
    await routing.reports(received(1))
    await routing.commands(kit.command(AcceptCase), kit.command(ResolveCase))
    await routing.reports(received(2, SAME))
    assert await linker.once() == 1  # it was looked at, and is left to a dispatcher
    assert await part_of(routing, 2) is None
    assert await suggested(routing, 2) == [kit.complaint(1)]
    await routing.reports(kit.acted(ReportWithdrawn, 1))
    assert await suggested(routing, 2) == []
    await routing.reports(received(3, SAME))
    await linker.once()
    assert await part_of(routing, 3) == kit.complaint(2)
    third = ComplaintId(kit.complaint(3))
    await acting.carry_out(routing.pool, third, Unmerge(), Rules(pack), clock.now())
    assert await linker.once() == 0
    assert await part_of(routing, 3) is None
    assert await suggested(routing, 3) == [kit.complaint(2)]


async def test_an_erased_report_leaves_nothing_to_compare_by(
    routing: kit.Routing, linker: Linker
) -> None:
    await routing.reports(received(1), received(2, SAME))
    await routing.reports(kit.erased(1), kit.erased(2))
    for table in ("case_trait", "duplicate_suggestion"):
        assert await routing.pool.fetchval(f"select count(*) from {table}") == 0  # noqa: S608
    assert await linker.once() == 0


async def test_linkers_consumers_and_dispatchers_at_once_link_each_once(
    routing: kit.Routing, linker: Linker, pack: CityPack, clock: FixedClock
) -> None:
    pairs = [(n, n + 1) for n in range(1, 41, 2)]
    for one, other in pairs:
        there = HERE.model_copy(update={"lat": 3.50 + one / 100})
        await routing.reports(received(one, place=there), received(other, SAME, there))
    rules = Rules(pack)
    commands = [
        kit.command(kind, number=one, version=2)
        for kind in (AcceptCase, ReportProgress)
        for one, _ in pairs
    ]
    async with asyncio.timeout(30):
        await asyncio.gather(
            *(linker.once() for _ in range(3)),
            routing.commands(*commands),
            *(
                acting.carry_out(
                    routing.pool,
                    ComplaintId(kit.complaint(other)),
                    Merge(ComplaintId(kit.complaint(one))),
                    rules,
                    clock.now(),
                )
                for one, other in pairs[:5]
            ),
        )
    types = await routing.types()
    assert types.count("case.merged") == 2 * len(pairs)  # to everybody, and on the inbox
    for one, other in pairs:
        assert await part_of(routing, other) == kit.complaint(one)
        assert (await routing.case(other))["state"] == (await routing.case(one))["state"]
