"""A case that waits for its reporter: the resolution clock stands still, and then goes on.

A question pauses one clock alone, the resolution's: the owner has accepted by then, so that the two
before it were met. It never sets a date anew: once the wait is over the due date is later by the
working days waited, however it ended (`DueDates.after`).
"""

from dataclasses import replace
from datetime import datetime

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.clocks import moved
from mrk_routing.domain.due import DueDates
from mrk_schemas.cases import ClockName


def waits(file: CaseFile, now: datetime, dues: DueDates) -> CaseFile:
    """The case once a question was asked; it must not wait already."""
    case = file.case
    changes = {
        "questions": case.questions + 1,
        "waiting": dues.answer(now, case.locale),
    }
    return replace(file, case=case.model_copy(update=changes))


def goes_on(file: CaseFile, now: datetime, dues: DueDates) -> CaseFile:
    """The case without its wait, and with the due date that follows; the same where it has none."""
    case = file.case
    waiting = case.waiting
    if waiting is None:
        return file
    deadlines = tuple(
        dues.after(waiting, now, due, case.locale) if due.clock is ClockName.RESOLUTION else due
        for due in case.deadlines
    )
    after = moved(file, deadlines, dues)
    return replace(after, case=after.case.model_copy(update={"waiting": None}))


def ran_out(file: CaseFile, now: datetime) -> bool:
    """Whether the case has waited for as long as it may."""
    return file.case.waiting is not None and file.case.waiting.until <= now
