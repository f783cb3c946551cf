"""A case becomes a part of another one, and stands alone again. Pure.

A part keeps its own number, reporter and due dates; what the work is, it has from the other case.
Guards are judged before (`domain.guards.alike`).
"""

from dataclasses import replace
from datetime import datetime

from mrk_routing.domain.case_file import Before, CaseFile
from mrk_routing.domain.outcome import Moved
from mrk_schemas.cases import Case, CaseEvent, CaseHandedOn, CaseMerged, CaseState, CaseUnmerged
from mrk_schemas.ids import AgencyCode

_WORK = ("state", "owner", "owner_names", "copies", "rule", "triage_reason", "handed_on_at")
_OWN = (
    "reporter", "locale", "followers", "report_version", "rating", "disputes", "erased",
)  # fmt: skip
"""What goes on being the reporter's own while a case is part of another one."""


def like(part: Case, parent: Case, now: datetime) -> Case:
    """A part as its parent stands: where the work is, and with whom; its own in all else."""
    changes = {name: getattr(parent, name) for name in _WORK}
    names = parent.owner_names
    own = getattr(names, part.locale.value) if names is not None else None
    return part.model_copy(
        update={
            **changes,
            "owner_name": own or parent.owner_name,
            "disputed_at": parent.disputed_at,
            "waiting": None,
            "changed_at": now,
        }
    )


def merged(file: CaseFile, parent: CaseFile, by: str, words: str | None, now: datetime) -> Moved:
    """The case shares the other one's fate from now on.

    What stood before is kept, so that `unmerged` restores it. No due date moves.

    Args:
        file: the case.
        parent: open, and part of no other.
        by: who says so.
        words: masked; its reporter reads them.
        now: when that is (UTC).
    """
    before = Before(
        file.case,
        file.verified_at,
        file.first_response_at,
        file.resolved_at,
        file.told,
        file.paused,
    )
    case = like(file.case, parent.case, now).model_copy(update={"part_of": parent.id})
    met = (parent.verified_at, parent.first_response_at)
    after = replace(
        file,
        case=case,
        before=before,
        verified_at=(file.verified_at or now) if met[0] else None,
        first_response_at=file.first_response_at or (now if met[1] else None),
        resolved_at=None,
    )
    events: tuple[CaseEvent, ...] = (CaseMerged(case=case, by=by, note=words),)
    if case.handed_on_at is not None and file.case.owner != case.owner:
        # its copy at SP4N-LAPOR! is handed on as the other's was
        events = (*events, CaseHandedOn(case=case, by=by))
    return passed_on(file.case, after, events)


def unmerged(file: CaseFile, by: str, words: str | None, now: datetime) -> Moved:
    """The case stands where it stood before it was merged: state, owner and due dates as then.

    Args:
        file: the case, which is part of another one.
        by: who says so.
        words: masked; its reporter reads them.
        now: when that is (UTC).

    Raises:
        ValueError: it is part of no other.
    """
    before = file.before
    if before is None:
        raise ValueError("nothing is known of where it stood before")
    kept = {name: getattr(file.case, name) for name in _OWN}
    if file.case.erased:
        kept["waiting"] = None
    case = before.case.model_copy(update={**kept, "changed_at": now})
    after = replace(
        file,
        case=case,
        before=None,
        verified_at=before.verified_at,
        first_response_at=before.first_response_at,
        resolved_at=before.resolved_at,
        told=before.told,
        paused=before.paused,
    )
    return passed_on(file.case, after, (CaseUnmerged(case=case, by=by, note=words),))


def released(file: CaseFile, by: str, now: datetime) -> Moved:
    """The case stands alone where the work stands now: its parent has ended."""
    case = file.case.model_copy(update={"part_of": None, "changed_at": now})
    after = replace(file, case=case, before=None)
    return passed_on(file.case, after, (CaseUnmerged(case=case, by=by),))


def repointed(file: CaseFile, parent: CaseFile, by: str, now: datetime) -> Moved:
    """A part of a parent that ended is a part of the one that takes its place."""
    case = file.case.model_copy(update={"part_of": parent.id, "changed_at": now})
    return passed_on(file.case, replace(file, case=case), (CaseMerged(case=case, by=by),))


def passed_on(former: Case, after: CaseFile, events: tuple[CaseEvent, ...]) -> Moved:
    """What became of a part, with who is told that it came or went."""
    gone, came = _agency(former), _agency(after.case)
    if came is not None and came != gone and came not in after.handed_to[-1:]:
        after = replace(after, handed_to=(*after.handed_to, came))
    changed = gone != came
    linked = any(isinstance(event, CaseMerged | CaseUnmerged) for event in events)
    return Moved(
        after,
        events,
        handed_over=came if changed else None,
        taken_from=gone if changed else None,
        told=came if linked else None,
        turned=linked and came is not None,
    )


def _agency(case: Case) -> AgencyCode | None:
    """Which agency of the city has it."""
    unowned = case.state in {CaseState.TRIAGE, CaseState.RETURNED}
    return None if unowned or case.handed_on_at is not None else case.owner
