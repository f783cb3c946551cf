"""The four clocks of a case as one model: which of them run now, and what moves their due dates.

- Verification starts with the report and is met when an agency owns the case; without an owner
  again, it runs on to the due date that it had.
- First response starts with the report and is met when the owner accepts.
- Resolution starts with the report and is met when the owner says that it is solved; a dispute
  takes that back, and the clock runs on to the due date that it had.
- The confirmation window starts with each solution, and the case is closed when it ends.

A clock stands still in two cases alone: resolution while the case waits for its reporter, and all
of them while another authority has the case. Nothing sets a due date anew.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.guards import Context, permitted
from mrk_routing.domain.machine import Action, Role, Transition
from mrk_schemas.cases import Case, CaseState, ClockName, Deadline


def is_timed(file: CaseFile) -> bool:
    """Whether time does anything to a case.

    Not to one that ended, was erased, or shares another's fate; nor while another authority has it.
    """
    case = file.case
    return not (
        case.ending is not None or case.erased or case.part_of is not None or _is_elsewhere(case)
    )


def _is_elsewhere(case: Case) -> bool:
    """Another authority has it; what that has solved is the reporter's to judge."""
    return case.handed_on_at is not None and case.state is not CaseState.RESOLVED


def by_time(file: CaseFile, action: Action) -> Transition | None:
    """The row of the table by which time does this to a case as it stands; None: it does not."""
    if not is_timed(file):
        return None
    return permitted(action, Role.CLOCK, Context(file))


def running(file: CaseFile) -> Iterator[Deadline]:
    """The due dates of the clocks that run now, in the case's order."""
    if is_timed(file):
        yield from (due for due in file.case.deadlines if _runs(file, due.clock))


def _runs(file: CaseFile, clock: ClockName) -> bool:
    if file.case.handed_on_at is not None and clock is not ClockName.CONFIRMATION:
        return False
    match clock:
        case ClockName.VERIFICATION:
            return file.verified_at is None
        case ClockName.FIRST_RESPONSE:
            return file.first_response_at is None
        case ClockName.RESOLUTION:
            return file.resolved_at is None and file.case.waiting is None
        case ClockName.CONFIRMATION:
            return by_time(file, Action.CLOSE) is not None


def lacks_window(file: CaseFile) -> bool:
    """Whether it is solved, and nobody stated yet until when that may be disputed."""
    return (
        is_timed(file)
        and file.case.state is CaseState.RESOLVED
        and all(due.clock is not ClockName.CONFIRMATION for due in file.case.deadlines)
    )


def window_opens(file: CaseFile, dues: DueDates) -> CaseFile:
    """A solved case with the due date of its confirmation window, in the place of an earlier one.

    It starts when the owner said that it is solved, whenever this is reckoned.
    """
    case = file.case
    since = file.resolved_at or case.changed_at
    due = dues.confirmation(case.kind, case.category, since, case.locale)
    return _with(file, (*_without_window(file), due))


def window_shut(file: CaseFile) -> CaseFile:
    """A case that is at work again: the window that was open counts for nothing."""
    return _with(file, _without_window(file))


def handed_back(file: CaseFile, now: datetime, dues: DueDates) -> CaseFile:
    """A case that another authority gave back; the same where none has it.

    The clocks that ran when it was handed on go on, later by the working days it was away.
    """
    since = file.case.handed_on_at
    if since is None:
        return file
    here = replace(file, case=file.case.model_copy(update={"handed_on_at": None}))
    ran = {due.clock for due in running(here)}
    deadlines = tuple(
        dues.after_hand_over(since, now, due, here.case.locale) if due.clock in ran else due
        for due in here.case.deadlines
    )
    return moved(here, deadlines, dues)


def moved(file: CaseFile, deadlines: tuple[Deadline, ...], dues: DueDates) -> CaseFile:
    """A case with later due dates, and how much working time each was moved by."""
    paused = dict(file.paused)
    for before, after in zip(file.case.deadlines, deadlines, strict=True):
        by = dues.working_time(before.due_at, after.due_at)
        if by:
            paused[after.clock] = paused.get(after.clock, by - by) + by
    return replace(_with(file, deadlines), paused=paused)


def _without_window(file: CaseFile) -> tuple[Deadline, ...]:
    kept = (due for due in file.case.deadlines if due.clock is not ClockName.CONFIRMATION)
    return tuple(kept)


def _with(file: CaseFile, deadlines: tuple[Deadline, ...]) -> CaseFile:
    if deadlines == file.case.deadlines:
        return file
    return replace(file, case=file.case.model_copy(update={"deadlines": deadlines}))
