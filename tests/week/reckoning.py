"""What must become of one case, by what was done with it when: due dates, pauses, and every step.

Written from the docs alone, to be compared with what routing published. It knows no event, no
table and no library of the services.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tests.week.almanac import Almanac, Step

VERIFICATION, FIRST_RESPONSE, RESOLUTION = "verification", "first_response", "resolution"
CONFIRMATION: Final = "confirmation"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What time alone must do to a case.

    Attributes:
        what: `resumed`, `closed`, `reminded` or `escalated`.
        clock: which clock, for the latter two.
        step: the share or the level's code.
        skipped: levels below it that nobody was told of.
    """

    what: str
    clock: str | None = None
    step: str | None = None
    skipped: tuple[str, ...] = ()


@dataclass
class _Clock:
    due: datetime
    term: timedelta
    told: int = -1


@dataclass(frozen=True)
class _Standing:
    """What else there is to know of a case."""

    owned: bool
    accepted: bool
    solved_at: datetime | None
    away_since: datetime | None
    window: datetime | None


class Reckoning:
    """One case.

    Args:
        almanac: the city's time.
        received_at: when its report was received.
        kind: the report's.
        category: the case's; None: unknown.
    """

    def __init__(
        self, almanac: Almanac, received_at: datetime, kind: str, category: str | None
    ) -> None:
        self._almanac = almanac
        self._steps = almanac.ladder(kind, category)
        self._clocks: dict[str, _Clock] = {}
        for name, days in almanac.terms(kind, category, received_at).items():
            due = almanac.term(received_at, days)
            self._clocks[name] = _Clock(due, almanac.worked(received_at, due))
        self.ended = False
        self.window: datetime | None = None
        self.waits_until: datetime | None = None
        self._waits_since: datetime | None = None
        self._owned = self._accepted = False
        self._solved_at: datetime | None = None
        self._away_since: datetime | None = None
        self._apart: _Standing | None = None

    @property
    def due_dates(self) -> dict[str, datetime]:
        """Every clock's due date as it stands."""
        found = {name: clock.due for name, clock in self._clocks.items()}
        return found if self.window is None else {**found, CONFIRMATION: self.window}

    # what is done with it

    def owned(self, at: datetime) -> None:
        """An agency of the city got it."""
        self._go_on(at)
        self._come_back(at)
        self._owned, self._solved_at, self.window = True, None, None

    def handed_on(self, at: datetime) -> None:
        """An authority that is not the city's got it."""
        self.owned(at)
        self._away_since = at

    def ownerless(self, at: datetime) -> None:
        """Its owner returned it, or nobody here knows who has it."""
        self._go_on(at)
        self._owned = False
        self._come_back(at)

    def accepted(self, _at: datetime) -> None:
        """The owner takes it."""
        self._accepted = True

    def progressed(self, at: datetime) -> None:
        """The owner, here or elsewhere, tells of its work; so does an answer."""
        self._go_on(at)
        self._accepted = self._accepted or self._away_since is None

    def asked(self, at: datetime) -> None:
        """The owner asks the reporter."""
        self._waits_since, self.waits_until = at, self._almanac.answer_until(at)

    def answered(self, at: datetime) -> None:
        """The reporter answers in time."""
        self._go_on(at)

    def solved(self, at: datetime) -> None:
        """The owner, here or elsewhere, says that it is solved."""
        self.progressed(at)
        self._solved_at, self.window = at, self._almanac.window(at)

    def disputed(self, at: datetime) -> None:
        """The reporter says that it is not."""
        since, solved = self._away_since, self._solved_at
        self._solved_at = self.window = None
        if since is not None and solved is not None:
            self._come_back(solved)
            self._away_since = at

    def end(self, at: datetime) -> None:
        """The reporter, or a dispatcher, ends it."""
        self._go_on(at)
        self.ended = True

    def nothing(self, _at: datetime) -> None:
        """Words alone: no clock cares."""

    def joined(self, away_since: datetime | None) -> None:
        """It is part of another case, which another authority may have had since then.

        Time does nothing to it, and none of its due dates moves, until it stands alone again.
        """
        self._apart = self._apart or self._standing
        self._standing = replace(self._standing, away_since=away_since)

    def parted(self, _at: datetime) -> None:
        """It was another thing after all: it stands where it stood."""
        if self._apart is not None:
            self._standing, self._apart = self._apart, None

    def left(self) -> None:
        """The other case ended: it stands alone where that one stood."""
        self._apart = None

    @property
    def is_part(self) -> bool:
        """Whether it is part of another case."""
        return self._apart is not None

    @property
    def _standing(self) -> _Standing:
        return _Standing(
            self._owned, self._accepted, self._solved_at, self._away_since, self.window
        )

    @_standing.setter
    def _standing(self, as_it_stood: _Standing) -> None:
        self._owned, self._accepted = as_it_stood.owned, as_it_stood.accepted
        self._solved_at, self._away_since = as_it_stood.solved_at, as_it_stood.away_since
        self.window = as_it_stood.window

    def _go_on(self, at: datetime) -> None:
        if self._waits_since is not None and self.waits_until is not None:
            self._stood_still(RESOLUTION, self._waits_since, min(at, self.waits_until))
        self._waits_since = self.waits_until = None

    def _come_back(self, at: datetime) -> None:
        since, self._away_since = self._away_since, None
        if since is not None:
            for name in self._clocks:
                if self._runs(name):
                    self._stood_still(name, since, at)

    def _stood_still(self, name: str, since: datetime, until: datetime) -> None:
        clock, days = self._clocks[name], self._almanac.days_between(since, until)
        if days and not self.is_part:
            clock.due = self._almanac.term(clock.due, days)

    # what time does with it

    def _runs(self, name: str) -> bool:
        if self.ended or self.is_part or self._away_since is not None:
            return False
        if name == VERIFICATION:
            return not self._owned
        if name == FIRST_RESPONSE:
            return not self._accepted
        return self._solved_at is None and self._waits_since is None

    def _moment(self, clock: _Clock, step: Step) -> datetime:
        if step.share is not None:
            return self._almanac.back(clock.due, clock.term * (100 - step.share) / 100)
        return self._almanac.term(clock.due, step.after) if step.after else clock.due

    def next_at(self) -> datetime | None:
        """When time does something to it next; None: never, as it stands."""
        if self.ended or self.is_part:
            return None
        if self.window is not None:
            return self.window
        times = [] if self.waits_until is None else [self.waits_until]
        for name, clock in self._clocks.items():
            if self._runs(name) and clock.told + 1 < len(self._steps):
                times.append(self._moment(clock, self._steps[clock.told + 1]))
        return min(times, default=None)

    def pass_time(self, at: datetime) -> list[Alarm]:
        """All that must be told when somebody looks at a moment, in order."""
        told: list[Alarm] = []
        if self.is_part:
            return told
        if self.waits_until is not None and self.waits_until <= at:
            self._go_on(at)
            told.append(Alarm("resumed"))
        if self.window is not None and self.window <= at:
            self.ended = True
            return [*told, Alarm("closed")]
        alarms: list[tuple[int, Alarm]] = []
        for name, clock in self._clocks.items():
            if not self._runs(name):
                continue
            ahead = range(clock.told + 1, len(self._steps))
            passed = [n for n in ahead if self._moment(clock, self._steps[n]) <= at]
            if passed:
                step, clock.told = self._steps[passed[-1]], passed[-1]
                lower = [self._steps[n] for n in passed[:-1]]
                skipped = tuple(each.code for each in lower if each.share is None)
                what = "escalated" if step.share is None else "reminded"
                rank = passed[-1] if step.share is None else -1
                alarms.append((rank, Alarm(what, name, step.code, skipped)))
        return told + [alarm for _, alarm in sorted(alarms, key=lambda each: each[0])]
