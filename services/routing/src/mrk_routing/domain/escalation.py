"""Which steps a clock takes when: reminders as its time passes, then levels once it has run out.

The steps of a clock are in one order, and so are their times. Which was told last is all that is
remembered, so that no step is told twice, whatever happens to the case in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from mrk_city.models import Step
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.clocks import by_time, lacks_window, running
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.machine import Action
from mrk_schemas.cases import ClockName, Deadline


@dataclass(frozen=True, slots=True)
class Reminder:
    """Whoever has the case is reminded: so many per cent of the clock's working time passed."""

    share: int

    @property
    def code(self) -> str:
        """By which it is remembered."""
        return str(self.share)


@dataclass(frozen=True, slots=True)
class Level:
    """Somebody is told that the clock has run out."""

    step: Step
    rank: int
    """Place in the ladder, from 0."""

    @property
    def code(self) -> str:
        """By which it is remembered."""
        return self.step.level


@dataclass(frozen=True, slots=True)
class Reached:
    """What is to be told of one clock now: one step, however many have been reached.

    Attributes:
        step: the highest step that was reached.
        skipped: lower levels of which nobody was ever told.
    """

    clock: ClockName
    step: Reminder | Level
    skipped: tuple[str, ...] = ()


def next_at(file: CaseFile, dues: DueDates) -> datetime | None:
    """When time does something to a case next (UTC); None: never, as it stands.

    What was due already and is not done yet is next. It depends on nothing but due dates, on what
    was met and on what was told: no comment, note or transfer ever moves it later.
    """
    if lacks_window(file):
        return file.resolved_at or file.case.changed_at
    times = [at for due in running(file) if (at := _first(file, due, dues)) is not None]
    waiting = file.case.waiting
    if waiting is not None and by_time(file, Action.GO_ON):
        times.append(waiting.until)
    return min(times, default=None)


def reached(file: CaseFile, now: datetime, dues: DueDates) -> list[Reached]:
    """What is to be told at ``now``: at most one step a clock, the lowest level first."""
    found: list[Reached] = []
    for due in running(file):
        if due.clock in dues.reminded:
            timed = takewhile(lambda each: each[1] <= now, _ahead(file, due, dues))
            steps = [step for step, _ in timed]
            if steps:
                lower = tuple(step.code for step in steps[:-1] if isinstance(step, Level))
                found.append(Reached(due.clock, steps[-1], lower))
    return sorted(found, key=lambda each: _rank(each.step))


def _first(file: CaseFile, due: Deadline, dues: DueDates) -> datetime | None:
    if due.clock is ClockName.CONFIRMATION:
        return due.due_at
    if due.clock not in dues.reminded:
        return None
    return next((at for _, at in _ahead(file, due, dues)), None)


def _ahead(
    file: CaseFile, due: Deadline, dues: DueDates
) -> Iterator[tuple[Reminder | Level, datetime]]:
    """The steps of which somebody is to be told yet, with their times, soonest first."""
    case = file.case
    ladder = dues.ladder(case.kind, case.category, case.received_at)
    for step in _after(file.told.get(due.clock), dues.reminders, ladder):
        if isinstance(step, Level):
            if by_time(file, Action.ESCALATE):
                yield step, dues.days_past(due.due_at, step.step.after)
        elif by_time(file, Action.REMIND):
            paused = file.paused.get(due.clock, timedelta())
            yield step, dues.share_passed(case.received_at, due.due_at, paused, step.share)


def _after(
    told: str | None, reminders: Sequence[int], ladder: Sequence[Step]
) -> Iterator[Reminder | Level]:
    """The steps above the one that was told.

    A level that the ladder has no more, since the case's class or the pack changed, counts as all
    reminders: rather is a level told again than left out.
    """
    done = 0
    if told is not None:
        codes = [*map(str, reminders), *(step.level for step in ladder)]
        done = codes.index(told) + 1 if told in codes else len(reminders)
    for share in reminders[done:]:
        yield Reminder(share)
    for rank in range(max(0, done - len(reminders)), len(ladder)):
        yield Level(ladder[rank], rank)


def _rank(step: Reminder | Level) -> int:
    return step.rank if isinstance(step, Level) else -1
