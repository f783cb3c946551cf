"""What will be done with each case: the scripts of residents, agencies, dispatchers and others.

A life is a generator: it yields the next deed and is sent the moment at which it was done. Equal
seeds give equal lives.
"""

import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.week.deeds import Deed

Life = Generator[Deed, datetime, None]


@dataclass(frozen=True)
class World:
    """Who there is, and when what is neglected is taken up at last.

    Attributes:
        agencies: of the city.
        elsewhere: authorities that are not.
        late_answers: from when neglected cases are accepted.
        late_solutions: from when accepted and neglected cases are solved.
    """

    agencies: Sequence[str]
    elsewhere: Sequence[str]
    late_answers: datetime
    late_solutions: datetime


class Script:
    """Decides by chance, and by the same chance again.

    Args:
        world: who there is.
        seed: of all chance.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed

    def life(self, number: int, opened: str, case: dict[str, Any], at: datetime) -> Life:
        """What is done with a case from its opening on.

        Args:
            number: of the report.
            opened: how: `assigned`, `handed-on` or `sent-to-triage`.
            case: its state then.
            at: when that was.
        """
        told = _One(random.Random(f"{self._seed}/life/{number}"), self._world)
        return told.opened(at, opened, case.get("owner"))

    def part(self, number: int, opened: str, case: dict[str, Any], at: datetime) -> Life:
        """What is done with a case while it is part of another one, as `life`."""
        told = _One(random.Random(f"{self._seed}/part/{number}"), self._world)
        return told.as_part(at, opened, case.get("owner"))

    def alone(self, number: int, case: dict[str, Any], at: datetime) -> Life:
        """What is done with a case whose parent ended, or that was opened again, where it stands.

        Args:
            number: of the report.
            case: its state.
            at: when that was.
        """
        told = _One(random.Random(f"{self._seed}/alone/{number}/{at}"), self._world)
        owner, state = case.get("owner"), case["state"]
        if state == "resolved":
            return told.solved(at, again="handed_on_at" not in case)
        if "handed_on_at" in case:
            return told.elsewhere(at)
        if owner is None:
            return told.without_owner(at)
        return told.with_agency(at, owner) if state == "assigned" else told.at_work(at, owner)


@dataclass
class _One:
    rng: random.Random
    world: World
    moves: int = 0

    def _in(self, at: datetime, least: float, most: float) -> datetime:
        return at + timedelta(days=self.rng.uniform(least, most))

    def opened(self, at: datetime, how: str, owner: str | None) -> Life:
        if how == "assigned" and owner is not None:
            return self.with_agency(at, owner)
        return self.elsewhere(at) if how == "handed-on" else self.without_owner(at)

    def as_part(self, at: datetime, how: str, owner: str | None) -> Life:
        """Its reporter acts, or a dispatcher sees that it is another thing after all."""
        fate = self.rng.random()
        if fate < 0.25:
            at = yield Deed(self._in(at, 0.1, 6), "part")
            yield from self.opened(at, how, owner)
        elif fate < 0.4:
            at = yield Deed(self._in(at, 0.1, 4), "inform")
            yield Deed(self._in(at, 3, 12), "dispute")
        elif fate < 0.55:
            yield Deed(self._in(at, 1, 9), "dispute")
        elif fate < 0.65:
            yield Deed(self._in(at, 0.1, 6), "withdraw")
        elif fate < 0.75:
            yield Deed(self._in(at, 2, 9), "confirm")

    def with_agency(self, at: datetime, owner: str) -> Life:
        fate = self.rng.random()
        if fate < 0.05:
            yield Deed(self._in(at, 0.1, 5), "withdraw")
            return
        if fate < 0.15 and self.moves < 3:
            at = yield Deed(self._in(at, 0.1, 3), "return")
            self.moves += 1
            yield from self.without_owner(at, owner)
            return
        if fate < 0.21:  # forgotten, until the mayor has heard of it
            at = yield Deed(self._in(self.world.late_answers, 0, 2), "accept")
        else:
            wait = (0.05, 1.2) if self.rng.random() < 0.5 else (1, 6.5)
            at = yield Deed(self._in(at, *wait), "accept")
        yield from self.at_work(at, owner)

    def at_work(self, at: datetime, owner: str) -> Life:
        rng = self.rng
        if rng.random() < 0.15:
            at = yield Deed(self._in(at, 0.1, 2), "inform")
        if rng.random() < 0.22:
            at = yield Deed(self._in(at, 0.1, 2), "ask")
            how = rng.random()
            if how < 0.5:
                at = yield Deed(self._in(at, 0.3, 3), "answer")
            elif how < 0.65:  # the owner goes on by itself
                at = yield Deed(self._in(at, 1, 3), "progress")
            elif how < 0.75:  # what waits is somebody else's
                at = yield Deed(self._in(at, 1, 3), "return")
                yield from self.without_owner(at, owner)
                return
            else:  # nobody answers
                at = yield Deed(self._in(at, 10, 12), "progress")
        if rng.random() < 0.4:
            at = yield Deed(self._in(at, 0.2, 2), "progress")
        if rng.random() < 0.05:  # neglected, until the mayor has heard of it
            at = yield Deed(self._in(self.world.late_solutions, 0, 1), "resolve")
        else:
            at = yield Deed(self._in(at, 0.5, 7), "resolve")
        yield from self.solved(at)

    def solved(self, at: datetime, *, again: bool = True) -> Life:
        fate = self.rng.random()
        if fate < 0.25:
            at = yield Deed(self._in(at, 0.2, 6), "confirm")
            if self.rng.random() < 0.3:
                yield Deed(self._in(at, 0.1, 1), "rate")
        elif fate < 0.42:
            at = yield Deed(self._in(at, 0.2, 8), "dispute")
            if again:
                if self.rng.random() < 0.3:
                    at = yield Deed(self._in(at, 0.2, 2), "progress")
                at = yield Deed(self._in(at, 0.5, 6), "resolve")
                yield from self.solved(at, again=self.rng.random() < 0.3)

    def without_owner(self, at: datetime, former: str | None = None) -> Life:
        fate = self.rng.random()
        if fate < 0.12:
            yield Deed(self._in(at, 0.1, 4), "close")
            return
        if fate < 0.25:
            other = self.rng.choice(self.world.elsewhere)
            at = yield Deed(self._in(at, 0.1, 4), "hand-on", other)
            yield from self.elsewhere(at)
            return
        others = [code for code in self.world.agencies if code != former]
        other = self.rng.choice(others[:3] if self.rng.random() < 0.6 else others)
        wait = (8, 18) if fate > 0.85 else (0.05, 3)
        at = yield Deed(self._in(at, *wait), "assign", other)
        yield from self.with_agency(at, other)

    def elsewhere(self, at: datetime) -> Life:
        fate = self.rng.random()
        if fate < 0.2:
            return  # never heard of again
        if fate < 0.5 and self.moves < 3:
            self.moves += 1
            other = self.rng.choice(self.world.agencies[:6])
            at = yield Deed(self._in(at, 1, 12), "give-back", other)
            yield from self.with_agency(at, other)
            return
        if fate < 0.6:
            at = yield Deed(self._in(at, 1, 9), "lose")
            yield from self.without_owner(at)
            return
        if self.rng.random() < 0.4:
            at = yield Deed(self._in(at, 0.5, 4), "work-elsewhere")
        at = yield Deed(self._in(at, 1, 12), "solve-elsewhere")
        if self.rng.random() < 0.35:
            at = yield Deed(self._in(at, 0.5, 6), "dispute")
            at = yield Deed(self._in(at, 1, 5), "solve-elsewhere")
