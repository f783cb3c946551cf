"""Two residents report one thing: linked by itself, told of together, and apart again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.proof.agencies import nobody
from tests.proof.city_in_test import City
from tests.proof.evidence import fetch
from tests.proof.load import device_of
from tests.proof.records import stored

from mrk_delivery.database import closing, open_pool
from mrk_routing.domain.act import Unmerge
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.outcome import Moved
from mrk_routing.store import acting
from mrk_schemas.agencies import AcceptCase, Command, ReportProgress, ResolveCase
from mrk_schemas.ids import ComplaintId

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(600),
]

DRAINED_S = 400
HOLE = "Jalan berlubang besar di depan SD Negeri, bahaya kali"
SAME = "lobang besar di depan SD negeri bahaya, jalan berlubang"
LON = 98.6301
SOLVED = "menyatakan laporan ini selesai ditangani"
JOINED = "Digabungkan dengan laporan lain tentang hal yang sama"
ALONE = "Laporan ini ditangani tersendiri lagi"


@dataclass(frozen=True)
class Told:
    """One report, and where it is told of."""

    city: City
    email: str
    tracking: str
    complaint: str

    async def case(self) -> dict[str, Any]:
        sql = "select body from case_file where complaint_id = $1"
        (row,) = await fetch(self.city.stack, "routing", sql, self.complaint)
        found: dict[str, Any] = json.loads(row["body"])
        return found

    async def mail(self) -> list[str]:
        """Subjects of what its reporter was sent."""
        sent = await stored(self.city.stack.plan.url("mail"))
        return [each["subject"] for each in sent if self.email in each["to"]]

    async def national(self) -> str:
        """All that its national copy was told."""
        (record,) = await stored(self.city.stack.plan.url("lapor"), reference=self.tracking)
        return "\n".join(each["content"] for each in record["followups"])

    async def page(self) -> str:
        """Its tracking page, as the public reads it."""
        web = self.city.stack.plan.url("intake.web")
        async with httpx.AsyncClient(base_url=web, trust_env=False) as client:
            answer = await client.get(f"/laporan/{self.tracking}")
            answer.raise_for_status()
            return answer.text

    async def commanded(self, *kinds: type[Command]) -> None:
        """Its owner commands, one after the other."""
        for kind in kinds:
            owner = (await self.case())["owner"]
            sql = "select version from stream where key = $1"
            (row,) = await fetch(self.city.stack, "routing", sql, self.complaint)
            await self.city.agencies.tell(kind, owner, self.complaint, row["version"])
            await self.city.drained(within_s=DRAINED_S)


@contextmanager
def nobody_at_work(city: City) -> Iterator[None]:
    """The agencies do what the test says, and nothing by themselves."""
    before, city.agencies.answers = city.agencies.answers, nobody
    try:
        yield
    finally:
        city.agencies.answers = before


async def reported(city: City, number: int, text: str, lat: float) -> Told:
    """A resident's report of a hole."""
    email = f"warga{number}@penduduk.example"
    body = {
        "kind": "complaint",
        "text": text,
        "category": "roads",
        "location": {"lat": lat, "lon": LON},
        "reporter": {"name": "Butet", "phone": f"0812{10_000_000 + number}", "email": email},
    }
    answer = await city.phones.request(city.phones.key_of(number), number, body, device_of(number))
    assert answer is not None
    tracking = answer.json()["tracking_number"]
    sql = "select id from report where tracking_number = $1"
    (row,) = await fetch(city.stack, "intake", sql, tracking)
    return Told(city, email, tracking, str(row["id"]))


async def two(city: City, number: int, lat: float) -> tuple[Told, Told]:
    """Neighbours who report one hole one after the other, some metres apart."""
    one = await reported(city, number, HOLE, lat)
    other = await reported(city, number + 1, SAME, lat + 0.00005)
    await city.drained(within_s=DRAINED_S)
    return one, other


async def test_two_who_report_one_hole_hear_of_one_solution(city: City) -> None:
    with nobody_at_work(city):
        one, other = await two(city, 91_010, 3.5701)
        assert (await other.case())["part_of"] == one.complaint
        assert "part_of" not in await one.case()

        await one.commanded(AcceptCase, ResolveCase)

    for each in (one, other):
        assert (await each.case())["state"] == "resolved"
        subjects = await each.mail()
        solved = f"Laporan {each.tracking} dinyatakan selesai"
        assert subjects.count(solved) == 1, subjects
        assert (await each.national()).count(SOLVED) == 1
        assert "menyatakan selesai" in await each.page()
    assert sum("ditangani bersama" in subject for subject in await other.mail()) == 1
    assert JOINED in await other.page()
    # whom it was joined with is not for its readers to know
    assert one.tracking not in await other.page()
    assert JOINED not in await one.page()


async def test_an_unlink_restores_each(city: City) -> None:
    with nobody_at_work(city):
        one, other = await two(city, 91_020, 3.5903)
        due = (await other.case())["deadlines"]
        await one.commanded(AcceptCase)
        linked = await other.case()
        assert (linked["part_of"], linked["state"]) == (one.complaint, "accepted")

        await unlinked(city, other)
        apart = await other.case()
        assert (apart.get("part_of"), apart["state"]) == (None, "assigned")
        assert apart["deadlines"] == due
        await one.commanded(ResolveCase)
        await other.commanded(AcceptCase, ReportProgress)

    assert (await one.case())["state"] == "resolved"
    assert (await other.case())["state"] == "in_progress"
    assert not any("selesai" in subject for subject in await other.mail())
    told = await other.national()
    assert SOLVED not in told
    assert ALONE in told
    page = await other.page()
    assert ALONE in page
    assert "menyatakan selesai" not in page


async def unlinked(city: City, part: Told) -> None:
    """A dispatcher says that it is another thing after all."""
    pool = await open_pool(city.stack.databases["routing"])
    async with closing(pool):
        outcome = await acting.carry_out(
            pool, ComplaintId(part.complaint), Unmerge(), Rules(city.pack), datetime.now(UTC)
        )
    assert isinstance(outcome, Moved)
    await city.drained(within_s=DRAINED_S)
