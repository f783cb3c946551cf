"""One working week of 2,000 reports and all that follows, and every date of it reckoned twice."""

import asyncio
import contextlib
import os
import random
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Final

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from tests.proof.evidence import fetch
from tests.proof.residents import Residents as Reports
from tests.week.almanac import Almanac
from tests.week.channels import ByTopic, National, Residents
from tests.week.dates import YEAR
from tests.week.desk import people_at
from tests.week.hearing import Hearing, hearing_of
from tests.week.http_office import ByHttp, http_office, missed
from tests.week.kin import Kin
from tests.week.linking import Parting
from tests.week.lives import Script, World
from tests.week.play import Play, Troupe
from tests.week.verdict import Judge, Verdict
from tests.week.wall import Looks, Wall

from mrk_city import CityPack, load_pack
from mrk_cli.city import default_pack
from mrk_cli.stack import ROLES, Options
from mrk_cli.supervisor import Stack
from mrk_delivery.database import closing, open_pool
from mrk_routing.domain.assign import Rules
from mrk_schemas.registry import inbox_of

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(900)]

REPORTS: Final = int(os.environ.get("MRK_TEST_REPORTS", "2000"))
BY_TOPIC, BY_WEBHOOK, AT_DESK = "sdabmbk", "dishub", "dlh"
_SHARES: Final = {BY_TOPIC: 0.3, BY_WEBHOOK: 0.2, AT_DESK: 0.2}
_NO_PART: Final = ("spanlapor-bridge.", "notify.")
"""Services that play no part: the national system is played, and nobody reads messages here."""
_FOLLOW: Final = (
    "intake.http", "routing.consumer", "routing.desk", "routing.api", "routing.clock"
)  # fmt: skip
_UNDELIVERED: Final = "select count(*) from work where state <> 'done'"
_MANY: Final = "100000"
QUICK: Final = {
    "intake.http": {
        "MRK_INTAKE_ADDRESS_RATE_PER_SECOND": _MANY,
        "MRK_INTAKE_ADDRESS_RATE_BURST": _MANY,
        "MRK_INTAKE_CHALLENGE_BELOW": "0",
    },
    # a day of this play takes some seconds
    "routing.worker": {"MRK_ROUTING_WEBHOOK_RETRY_CAP_S": "0.5"},
}


def numbers_of(pack: CityPack, reports: Reports, seed: int) -> list[int]:
    """Numbers of reports, so that the three agencies get their share and all others some."""
    rng, many = random.Random(f"{seed}/numbers"), len(pack.categories)
    codes = list(pack.categories)
    by_agency: Mapping[str, list[int]] = {
        agency: [n for n, code in enumerate(codes) if code in OWN[agency]] for agency in _SHARES
    }
    chosen: list[int] = []
    rounds = dict.fromkeys(range(many), 0)
    agencies = [*_SHARES, ""]
    weights = [*_SHARES.values(), 1 - sum(_SHARES.values())]
    while len(chosen) < REPORTS:
        (agency,) = rng.choices(agencies, weights)
        at = rng.choice(by_agency[agency]) if agency else rng.randrange(many)
        number = at + many * rounds[at]
        rounds[at] += 1
        report = reports.report(number)
        # who tells of the same as a neighbour comes with them, and right after
        both = [number] if report.neighbour is None else [number, report.neighbour]
        if not report.whistle and number == min(both) and len(chosen) + len(both) <= REPORTS:
            chosen += both
    return chosen


OWN: Final[Mapping[str, frozenset[str]]] = {
    BY_TOPIC: frozenset({"roads", "bridges", "sidewalks", "drainage", "floods"}),
    BY_WEBHOOK: frozenset({"street-lights", "traffic-signals", "parking", "traffic"}),
    AT_DESK: frozenset({"illegal-dumping", "pollution"}),
}


async def test_a_week_of_a_city_is_as_it_is_reckoned(
    tmp_path_factory: pytest.TempPathFactory, chromium: str
) -> None:
    seed = int(os.environ.get("MRK_TEST_SEED", secrets.randbits(32)))
    print(f"\nagain: MRK_TEST_SEED={seed} make test-week")
    pack, almanac, begun = load_pack(default_pack()), Almanac(default_pack()), monotonic()
    stack = Stack(
        tmp_path_factory.mktemp("week") / "stack",
        Options(city=default_pack(), extra=QUICK),
        keep_servers=False,
    )
    async with stack, hearing_of(stack.kafka.bootstrap) as hearing:
        for role in ROLES:
            if role.startswith(_NO_PART):
                await stack.roles[role].stop()
        print(f"ready after {monotonic() - begun:.0f} s")
        wall = Wall(stack, _FOLLOW)
        await wall.open()
        async with http_office(stack, BY_WEBHOOK, hearing, wall.now) as office:
            play = await played(stack, hearing, wall, office, pack, almanac, seed, chromium)
            await all_heard(stack, hearing)
            missing = await all_delivered(stack, office, hearing)
        await wall.close()
    print(f"played after {monotonic() - begun:.0f} s: {seconds(play)}")
    print(", ".join(f"{what} {n}" for what, n in sorted(play.counts.items())))
    verdict = judged(play, almanac)
    print(told(verdict))
    print(f"judged after {monotonic() - begun:.0f} s")
    assert not verdict.differences
    assert verdict.counts["cases"] == REPORTS
    assert verdict.counts["merged by itself"] >= play.counts["linked"] > REPORTS // 100
    assert not hearing.refused
    assert not missing, missing[:20]
    counts = office.receiver.counts
    print(", ".join(f"{what} {n}" for what, n in sorted((counts + office.counts).items())))
    assert counts["again"] >= counts["lost"] > 0
    assert counts["refused"] > 0 < office.counts["commands sent twice"]
    assert not counts["forged"]


async def played(  # all that a play needs
    stack: Stack, hearing: Hearing, wall: Wall, office: ByHttp, pack: CityPack, almanac: Almanac,
    seed: int, chromium: str,
) -> Play:  # fmt: skip
    """The play, once it was played."""
    city = [code for code, each in pack.agencies.items() if not each.external]
    world = World(
        agencies=sorted(city, key=lambda code: code not in _SHARES),
        elsewhere=[code for code, each in pack.agencies.items() if each.external],
        late_answers=datetime(YEAR, 3, 5, tzinfo=UTC),
        late_solutions=datetime(YEAR, 3, 26, tzinfo=UTC),
    )
    reports = Reports(pack, seed)
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka.bootstrap, acks="all", linger_ms=5)
    url, pool = stack.plan.url("intake.http"), await open_pool(stack.databases["routing"])
    async with (
        closing(pool),
        producer,
        people_at(stack.plan.url("routing.desk"), chromium, "dev-dispatcher", "dev-dlh") as people,
        httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client,
    ):
        dispatcher, officer = people
        troupe = Troupe(
            Residents(client, seed),
            {"": ByTopic(producer, wall.now), BY_WEBHOOK: office, AT_DESK: officer},
            dispatcher,
            National(producer, wall.now),
            AT_DESK,
            Parting(pool, Rules(pack), wall.now),
        )
        numbers = numbers_of(pack, reports, seed)
        play = Play(wall, hearing, troupe, Script(world, seed), reports, numbers, almanac, seed)
        await play.run()
    return play


async def all_heard(stack: Stack, hearing: Hearing) -> None:
    """Return when every event that routing wrote was heard."""
    (row,) = await fetch(stack, "routing", "select count(*) from case_event")
    async with asyncio.timeout(60):
        while hearing.count < row[0]:
            await asyncio.sleep(0.1)
    assert hearing.count == row[0]


async def all_delivered(stack: Stack, office: ByHttp, hearing: Hearing) -> list[str]:
    """What the agency without Kafka missed, once all that its topic has may have come to it."""
    topic = inbox_of(office.agency)
    told = sum(heard.topic == topic for each in hearing.inboxes.values() for heard in each)
    with contextlib.suppress(TimeoutError):  # what did not come is named below
        async with asyncio.timeout(60):
            await office.receiver.full(told)
            while (await fetch(stack, "routing", _UNDELIVERED))[0][0]:
                await asyncio.sleep(0.1)
    return missed(office.agency, hearing, office.receiver, await office.inbox())


def judged(play: Play, almanac: Almanac) -> Verdict:
    """Every case, against its reckoning."""
    judge = Judge(almanac, Looks(play.wall.stays), play.wall.now())
    kin = Kin(play.hearing.cases, play.done)
    for complaint, facts in play.hearing.cases.items():
        done = sorted([*play.done[complaint], *kin.shared(complaint)], key=lambda d: d.began)
        inbox = play.hearing.inboxes[complaint]
        judge.case(facts, inbox, done, kin.parents(complaint))
    return judge.verdict


def seconds(play: Play) -> str:
    """Where the time went."""
    return ", ".join(f"{what} {took:.0f} s" for what, took in play.times.items())


def told(verdict: Verdict, most: int = 20) -> str:
    """A verdict for a person."""
    counts = ", ".join(f"{n} {what}" for what, n in sorted(verdict.counts.items()))
    late = max(verdict.late, default=0)
    lines = [f"right: {counts}", f"{len(verdict.late)} told as time passed, {late:.1f} s at most"]
    found = verdict.differences
    return "\n".join([*lines, f"{len(found)} differences:", *found[:most], *verdict.stories[:3]])
