"""What the passing of time does to a case. The one thing now: a wait for an answer runs out."""

from dataclasses import dataclass, replace
from datetime import datetime

from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.waiting import goes_on, ran_out
from mrk_schemas.cases import CaseEvent, CaseResumed


@dataclass(frozen=True, slots=True)
class Passed:
    """A due time took effect; the owner hears of it.

    Attributes:
        file: the case after it; its `due_at` is later, or None.
        event: what is told.
        what: a fixed word for which time it was.
    """

    file: CaseFile
    event: CaseEvent
    what: str


def passed(file: CaseFile, now: datetime, dues: DueDates) -> Passed | None:
    """What is due for a case at ``now`` (UTC); None where nothing is.

    It makes no command stale: clocks change neither owner nor state.
    """
    if not ran_out(file, now):
        return None
    after = goes_on(file, now, dues)
    case = after.case.model_copy(update={"changed_at": now})
    return Passed(replace(after, case=case), CaseResumed(case=case, by=ROUTING), "answer")
