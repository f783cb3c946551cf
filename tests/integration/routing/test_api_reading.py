"""What agencies' systems read by HTTP: their cases, one of them, and the inbox in order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import api_kit
import asyncpg
import pytest
import routing_records as kit

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_delivery.events import Event
from mrk_delivery.tx import unit
from mrk_routing.service import SERVICE
from mrk_routing.store.feed import Horizon
from mrk_schemas.agencies import AcceptCase, CaseBlanked, ReportProgress, ResolveCase
from mrk_schemas.cases import Case
from mrk_schemas.reports import Place

INBOX = "agency.sdabmbk.inbox.v1"
LAST = "select max(seq) from case_event"


@pytest.fixture
async def api(pool: asyncpg.Pool, pack: CityPack, clock: Clock) -> AsyncIterator[api_kit.Api]:
    async with api_kit.serving(pool, pack, clock) as api:
        yield api


async def ids(api: api_kit.Api, **query: object) -> list[str]:
    answer = await api.get("sdabmbk/cases", **query)
    assert answer.status_code == 200, answer.text
    return [each["case"]["complaint_id"] for each in answer.json()["cases"]]


async def test_cases_are_filtered_and_paged(api: api_kit.Api, routing: kit.Routing) -> None:
    await routing.reports(*[kit.received(number) for number in range(1, 8)])
    await routing.commands(
        kit.command(AcceptCase, number=2),
        kit.command(AcceptCase, number=3),
        kit.command(ResolveCase, number=3),
    )
    every = [kit.complaint(number) for number in range(1, 8)]
    assert await ids(api) == every
    pages, after = [], {}
    for _ in range(4):
        answer = (await api.get("sdabmbk/cases", limit=2, **after)).json()
        pages += [each["case"]["complaint_id"] for each in answer["cases"]]
        after = {"after": answer["next"]} if "next" in answer else {}
    assert pages == every
    assert after == {}
    assert await ids(api, state="accepted") == [every[1]]
    assert await ids(api, state=["accepted", "resolved"]) == every[1:3]
    assert await ids(api, open="true") == [*every[:2], *every[3:]]
    assert await ids(api, open="false") == [every[2]]
    due = (await routing.case())["deadlines"]
    (when,) = [each["due_at"] for each in due if each["clock"] == "resolution"]
    assert await ids(api, due_before=when) == []
    assert await ids(api, due_before="2036-01-01T00:00:00+07:00") == [*every[:2], *every[3:]]
    changed = (await routing.case(2))["changed_at"]
    assert every[1] in await ids(api, updated_since=changed)
    assert await ids(api, updated_since="2036-01-01T00:00:00Z") == []
    told = (await api.get("sdabmbk/cases", limit=1)).json()["cases"][0]
    assert told["version"] == 2
    assert "reporter" not in told["case"]


async def test_every_wrong_parameter_is_named_at_once(api: api_kit.Api) -> None:
    refused = await api.get(
        "sdabmbk/cases", state="done", open="yes", due_before="1700000000", after="x",
        updated_since=["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], limit="0", stat="x",
    )  # fmt: skip
    assert refused.status_code == 422
    errors = {e["field"]: e["mend"] for e in refused.json()["errors"]}
    assert errors.keys() == {
        "/state/0", "/open", "/due_before", "/after", "/updated_since", "/limit", "/stat",
    }  # fmt: skip
    assert "from 1 to 200" in errors["/limit"]
    assert "%2B" in errors["/due_before"]


async def test_a_case_is_told_as_it_was_handed_over(api: api_kit.Api, routing: kit.Routing) -> None:
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase))
    told = (await api.get(f"sdabmbk/cases/{kit.complaint(1)}")).json()
    handed = (await routing.sent(INBOX))[0].body
    assert (told["text"], told["place"]) == (handed["text"], handed["place"])
    assert told["case"]["state"] == "accepted"
    assert told["version"] == (await routing.sent())[-1].version
    again = await api.command(
        kit.complaint(1), "progress", {"case_version": told["version"], "note": "Tim turun"}
    )
    assert again.status_code == 200


async def test_of_a_confidential_case_neither_point_nor_address_is_told(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    where = Place(subdistrict="12.71.02.1001")
    await routing.reports(kit.received(confidential=True, place=where))
    told = (await api.get(f"sdabmbk/cases/{kit.complaint(1)}")).json()
    assert told["place"]["subdistrict"] == "12.71.02.1001"
    assert not told["place"].keys() & {"lat", "lon", "address"}


async def test_the_inbox_comes_in_order_and_in_parts(
    api: api_kit.Api, routing: kit.Routing
) -> None:
    await routing.reports(*[kit.received(number) for number in range(1, 6)])
    await routing.commands(kit.command(AcceptCase), kit.command(ReportProgress))
    sent = [(e.key, str(e.version), e.body) for e in await routing.sent(INBOX)]
    got, place = [], "0"
    for _ in range(4):
        answer = (await api.get("sdabmbk/inbox", after=place, limit=2)).json()
        got += [(e["subject"], e["sequence"], e["data"]) for e in answer["events"]]
        place = answer["next"]
    assert got == sent
    assert (await api.get("sdabmbk/inbox", after=place)).json() == {"events": [], "next": place}
    ids = [row["id"] for row in await routing.pool.fetch(
        "select id from case_event where topic = $1 order by seq", INBOX)]  # fmt: skip
    whole = (await api.get("sdabmbk/inbox")).json()["events"]
    assert [event["id"] for event in whole] == [str(id_) for id_ in ids]
    await routing.reports(kit.erased())
    assert kit.SECRET_WORDS not in str(
        [e for e in (await api.get("sdabmbk/inbox")).json()["events"]
         if e["subject"] == kit.complaint(1)]
    )  # fmt: skip


async def test_what_commits_late_is_never_passed(
    routing: kit.Routing, pool: asyncpg.Pool, clock: Clock
) -> None:
    """A later place that commits first must wait: whoever read it would go on behind it."""
    await routing.reports(kit.received(1), kit.received(2))
    horizon = Horizon(wait_s=0.1)
    before = await horizon.now(pool)
    case = Case.model_validate(await routing.case())
    async with emitted(pool, case, kit.complaint(1), clock):
        # nobody has begun behind it yet, then somebody has and ended before it
        assert await horizon.now(pool) == before
        async with emitted(pool, case, kit.complaint(2), clock):
            pass
        assert await pool.fetchval(LAST) > before
        assert await horizon.now(pool) == before
    assert await horizon.now(pool) == await pool.fetchval(LAST)


async def test_a_first_look_while_something_commits_passes_nothing(
    routing: kit.Routing, pool: asyncpg.Pool, clock: Clock
) -> None:
    await routing.reports(kit.received())
    case, before = Case.model_validate(await routing.case()), await pool.fetchval(LAST)
    horizon = Horizon(wait_s=0.1)
    async with emitted(pool, case, kit.complaint(1), clock):
        assert await horizon.now(pool) <= before
        assert await horizon.settled(pool) is None
    assert await horizon.now(pool) == await horizon.settled(pool) == before + 1


@asynccontextmanager
async def emitted(pool: asyncpg.Pool, case: Case, key: str, clock: Clock) -> AsyncIterator[None]:
    """An event that is written, and committed when the block ends."""
    async with unit(pool, SERVICE) as tx:
        await tx.lock([key])
        tx.emit(Event(topic=INBOX, key=key, body=CaseBlanked(case=case), time=clock.now()))
        await tx.flush()
        yield
