"""Plays the script: at each landing what is due to be done is done, all at once."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final

from tests.proof.residents import Residents as Reports
from tests.week.almanac import Almanac
from tests.week.channels import National, Office, Refused, Residents
from tests.week.dates import CLOCK_DIES, CLOCK_RISES, STRIKE, Landing, is_open, landings
from tests.week.deeds import Deed, Done
from tests.week.hearing import WAIT_S, Hearing
from tests.week.lives import Life, Script
from tests.week.wall import LOOK_S, Wall

_AT_ONCE: Final = 48
_REACH: Final = 0.006
"""Degrees by which reports lie around a kelurahan's middle: about 600 m."""


@dataclass
class Troupe:
    """Everybody who acts.

    Attributes:
        offices: by which an agency sends its commands; the others' is that of "".
        dispatcher: gives cases to agencies.
        striker: the agency that strikes.
        parting: by which a dispatcher parts cases that were linked.
    """

    residents: Residents
    offices: Mapping[str, Office]
    dispatcher: Office
    national: National
    striker: str
    parting: Office


@dataclass
class Play:
    """The whole play.

    Args:
        wall: the clock.
        hearing: what is heard of routing.
        troupe: who acts.
        script: what is to be done.
        reports: what residents write.
        numbers: the reports' numbers, in the order in which they are sent.
        almanac: for its holidays alone: offices are closed on them.
    """

    wall: Wall
    hearing: Hearing
    troupe: Troupe
    script: Script
    reports: Reports
    numbers: list[int]
    almanac: Almanac
    seed: int
    done: dict[str, list[Done]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    _lives: dict[str, tuple[Life, Deed]] = field(default_factory=dict)
    _numbers: dict[int, str] = field(default_factory=dict)
    _parts: dict[str, int] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def run(self) -> None:
        """From the first landing to the last."""
        all_of_them = list(landings(self.almanac.zone))
        mornings = sum(each.reports for each in all_of_them)
        waiting = list(self._shares(-(-len(self.numbers) // mornings)))
        for landing in all_of_them:
            begun = monotonic()
            await self.wall.move(landing.at)
            if (landing.at.date(), landing.at.time()) == CLOCK_RISES:
                await self.wall.wake()
            moved = monotonic()
            await self._landed(landing, waiting.pop(0) if landing.reports and waiting else [])
            if (landing.at.date(), landing.at.time()) == CLOCK_DIES:
                await self.wall.asleep()
            self.times["moving"] += moved - begun
            self.times["acting"] += monotonic() - moved
        await self.wall.settle()
        self.wall.leave()

    def _shares(self, many: int) -> Iterator[list[int]]:
        """The numbers of one landing after the other; neighbours report at the same one."""
        share: list[int] = []
        for number in self.numbers:
            if len(share) >= many and self.reports.report(number).neighbour != share[-1]:
                yield share
                share = []
            share.append(number)
        yield share

    async def _landed(self, landing: Landing, numbers: list[int]) -> None:
        if landing.at.second:  # to see on time what is due in some seconds
            await asyncio.sleep(60 - landing.at.second)
            await self.wall.settle()
        self._gather_families()
        now, local = self.wall.now(), landing.at
        at_work = is_open(local) and not self.almanac.is_off(local.date())
        due = [
            (complaint, life, deed)
            for complaint, (life, deed) in self._lives.items()
            if deed.after <= now and (at_work or deed.meaning.by == "reporter")
        ]
        async with asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(self._report(number))
            families: set[str] = set()
            for complaint, life, deed in due:
                family = self.hearing.newest(complaint).case.get("part_of", complaint)
                # what is done with one of them is done with the others, and once at a time
                if family not in families and self._may(complaint, life, deed, local):
                    families.add(family)
                    group.create_task(self._act(complaint, life, deed))
        for number in numbers:
            neighbour = self.reports.report(number).neighbour
            if neighbour is not None and neighbour < number:
                await self._linked(neighbour, number)

    async def _linked(self, *pair: int) -> None:
        """Two who told of one thing: wait until one case is part of the other one."""
        async with asyncio.timeout(WAIT_S):
            while not any("part_of" in self._newest_of(number) for number in pair):
                await asyncio.sleep(LOOK_S)

    def _newest_of(self, number: int) -> dict[str, Any]:
        return self.hearing.newest(self._numbers[number]).case

    def _gather_families(self) -> None:
        """What is done with a case changes once it is part of another one, or alone again."""
        for number, complaint in self._numbers.items():
            case, was_part = self._newest_of(number), complaint in self._parts
            if "part_of" in case and not was_part and "ending" not in case:
                self._parts[complaint] = number
                first = self.hearing.cases[complaint][0]
                life = self.script.part(number, first.kind, first.case, self.wall.now())
                self._instead(complaint, life)
                self.counts["linked"] += 1
            elif "part_of" not in case and was_part:
                del self._parts[complaint]
                parted = any(done.deed.what == "part" for done in self.done[complaint])
                if "ending" not in case and not parted:  # its parent ended
                    self._instead(complaint, self.script.alone(number, case, self.wall.now()))

    def _instead(self, complaint: str, life: Life) -> None:
        self._lives.pop(complaint, None)
        self._begin(complaint, life)

    def _opened_again(self, part: str) -> None:
        """A part was disputed: whoever has its parent has it again."""
        parent = self.hearing.newest(part).case.get("part_of")
        if parent is not None:
            case = {**self.hearing.newest(parent).case, "state": "in_progress"}
            life = self.script.alone(self._parts[part], case, self.wall.now())
            self._instead(parent, life)

    def _may(self, complaint: str, life: Life, deed: Deed, local: datetime) -> bool:
        """Whether it can still be done, and today; what time ended is left."""
        case = self.hearing.newest(complaint).case
        if "ending" in case and deed.what != "rate":
            del self._lives[complaint]
            return False
        if deed.what in {"confirm", "dispute"} and case["state"] != "resolved":
            return False  # its family was opened again, or a part is not solved yet
        if deed.what == "answer" and "waiting" not in case:
            self._go_on(complaint, life, self.wall.now())
            return False
        owner = case.get("owner")
        struck = local.date() in STRIKE and owner == self.troupe.striker
        if struck and deed.meaning.by == "agency":
            self.counts["left by the strike"] += 1
            return False
        return True

    async def _report(self, number: int) -> None:
        async with self._gate:
            body = self._body(number)
            tracking = await self.troupe.residents.report(number, body)
            if tracking not in self.hearing.ids:
                opened = self.hearing.expect(tracking, "opened")
                async with asyncio.timeout(WAIT_S):
                    await opened
            first = self.hearing.cases[self.hearing.ids[tracking]][0]
            life = self.script.life(number, first.kind, first.case, self.wall.now())
            self.counts[f"opened {first.kind}"] += 1
            self._numbers[number] = first.complaint
            self._begin(first.complaint, life)

    def _body(self, number: int) -> dict[str, Any]:
        report = self.reports.report(number)
        body, first = report.body, min(number, report.neighbour or number)
        rng = random.Random(f"{self.seed}/place/{first}")
        point = body.get("location")
        if point is not None:
            near = {name: at + rng.uniform(-_REACH, _REACH) for name, at in point.items()}
            body = {**body, "location": {name: round(at, 6) for name, at in near.items()}}
        return body

    async def _act(self, complaint: str, life: Life, deed: Deed) -> None:
        async with self._gate:
            told = deed.meaning.told[-1]
            newest = self.hearing.newest(complaint)
            expected = self.hearing.expect(complaint, told)
            began = self.wall.now()
            refused = await self._send(complaint, newest.case, deed)
            waits = {expected} if refused is None else {expected, refused}
            first, _ = await asyncio.wait(
                waits, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if expected not in first:
                why = refused.result().body if refused is not None and first else "nothing heard"
                raise Refused(f"{deed} of {complaint}: {why}")
            seen = self.wall.now()
            self.done[complaint].append(Done(complaint, deed, began, seen))
            self.counts[deed.what] += 1
            if deed.what == "dispute":
                self._opened_again(complaint)
            self._go_on(complaint, life, seen)

    async def _send(
        self, complaint: str, case: dict[str, Any], deed: Deed
    ) -> asyncio.Future[Any] | None:
        """Do it; returns what is told should it be refused later."""
        troupe, version = self.troupe, self.hearing.version(complaint)
        id_: str | None = None
        match deed.meaning.by:
            case "reporter":
                await troupe.residents.act(case["tracking_number"], deed)
            case "national":
                await troupe.national.act(complaint, case.get("owner"), deed)
            case "dispatcher":
                office = troupe.parting if deed.what == "part" else troupe.dispatcher
                id_ = await office.send(case, version, deed)
            case _:
                office = troupe.offices.get(case["owner"], troupe.offices[""])
                id_ = await office.send(case, version, deed)
        return self.hearing.expect(id_, "command.refused") if id_ is not None else None

    def _begin(self, complaint: str, life: Life) -> None:
        first = next(life, None)
        if first is not None:
            self._lives[complaint] = life, first

    def _go_on(self, complaint: str, life: Life, at: datetime) -> None:
        try:
            self._lives[complaint] = life, life.send(at)
        except StopIteration:
            del self._lives[complaint]
