"""Agencies' commands by HTTP on cases that share one fate: as on the topic, locked in one order."""

import asyncio
from collections.abc import AsyncIterator

import api_kit
import asyncpg
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import FixedClock
from mrk_routing.domain.act import Merge
from mrk_routing.domain.assign import Rules
from mrk_routing.store import acting
from mrk_schemas.ids import ComplaintId
from mrk_schemas.registry import CASES

PART, PARENT = kit.complaint(1), kit.complaint(2)
"""The part has the lower id: whoever locks the parent first locks out of order."""
_WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""
_LOCK = "select key from stream where key = $1 for update nowait"


@pytest.fixture
async def api(
    routing: kit.Routing, pool: asyncpg.Pool, pack: CityPack, clock: FixedClock
) -> AsyncIterator[api_kit.Api]:
    await routing.reports(kit.received(1), kit.received(2))
    wish = Merge(ComplaintId(PARENT))
    await acting.carry_out(pool, ComplaintId(PART), wish, Rules(pack), clock.now())
    async with api_kit.serving(pool, pack, clock) as api:
        yield api


async def test_what_is_commanded_of_a_case_happens_to_its_parts(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    done = await api.command(PARENT, "accept", {"case_version": 2})
    assert done.status_code == 200, done.text
    await api.command(PARENT, "resolve", {"case_version": 4, "note": "Beres", "proof": ["9f" * 32]})
    assert (await routing.case(1))["state"] == (await routing.case(2))["state"] == "resolved"
    told = [(e.key, e.type) for e in await routing.sent(CASES) if e.type != "case.assigned"]
    assert told == [
        (PART, "case.merged"),
        (PARENT, "case.accepted"), (PART, "case.accepted"),
        (PARENT, "case.resolved"), (PART, "case.resolved"),
    ]  # fmt: skip


async def test_a_command_on_a_part_is_refused_and_names_the_case_to_act_on(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    seen = (await api.get(f"sdabmbk/cases/{PART}")).json()
    assert seen["case"]["part_of"] == PARENT
    refused = await api.command(PART, "accept", {"case_version": seen["version"]})
    assert refused.status_code == 409
    told = refused.json()
    assert told["type"] == "/problems/rules/merged"
    assert PARENT in told["mend"]
    assert (await routing.case(1))["state"] == "assigned"


async def test_a_command_locks_all_that_share_a_fate_in_the_order_of_their_ids(
    api: api_kit.Api, pool: asyncpg.Pool
) -> None:
    async with pool.acquire() as holder, pool.acquire() as other:
        part = holder.transaction()
        await part.start()
        await holder.fetchval(_LOCK, PART)
        commanded = asyncio.create_task(api.command(PARENT, "accept", {"case_version": 2}))
        async with asyncio.timeout(10):
            while not await other.fetchval(_WAITING):
                await asyncio.sleep(0.01)
        # it waits for the part, and holds nothing that the part's holder may want next
        async with other.transaction():
            assert await other.fetchval(_LOCK, PARENT) == PARENT
        await part.rollback()
    assert (await commanded).status_code == 200
