"""What a dispatcher does with a case."""

from dataclasses import dataclass, replace
from datetime import datetime

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.guards import Context, choose
from mrk_routing.domain.machine import Action, Role, refusal, transitions
from mrk_routing.domain.merging import merged, unmerged
from mrk_routing.domain.outcome import Moved, Refused
from mrk_routing.domain.owning import BY_HAND, owned
from mrk_routing.domain.refusals import Rule
from mrk_routing.domain.standing import moved, standing
from mrk_routing.domain.waiting import goes_on
from mrk_schemas.cases import CaseAssigned, CaseClosed, CaseHandedOn, Ending
from mrk_schemas.ids import AgencyCode, ComplaintId
from mrk_text.masking import mask

DISPATCHER = "dispatcher"
"""Who acted, where a dispatcher did. Who that was, the desk's audit knows."""


@dataclass(frozen=True, slots=True)
class Assign:
    """To an agency of the city."""

    owner: AgencyCode
    note: str | None = None


@dataclass(frozen=True, slots=True)
class HandOn:
    """To an authority that is not the city's, through SP4N-LAPOR!."""

    owner: AgencyCode
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Nobody can act on it: the reporter is told why."""

    note: str


@dataclass(frozen=True, slots=True)
class Merge:
    """It tells of the same thing as another case, and shares its fate from now on."""

    into: ComplaintId
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Unmerge:
    """It stands alone again, where it stood before it was merged."""

    note: str | None = None


Wish = Assign | HandOn | Close | Merge | Unmerge

_ACTIONS = {
    Assign: Action.ASSIGN,
    HandOn: Action.HAND_ON,
    Close: Action.CLOSE,
    Merge: Action.MERGE,
    Unmerge: Action.UNMERGE,
}


def act(  # noqa: PLR0913  # what one wish needs
    file: CaseFile,
    wish: Wish,
    rules: Rules,
    now: datetime,
    *,
    other: CaseFile | None = None,
    parts: int = 0,
) -> Moved | Refused:
    """What becomes of a dispatcher's wish.

    Args:
        file: the case, under its stream's lock.
        wish: what is wanted; its words are masked here.
        rules: the city's.
        now: when that is (UTC).
        other: the case that it is to become a part of, under its stream's lock.
        parts: how many cases are parts of it.
    """
    action = _ACTIONS[type(wish)]
    owner = wish.owner if isinstance(wish, Assign | HandOn) else None
    where = standing(file.case)
    rows = transitions(where, action, Role.DISPATCHER)
    if not rows:
        return Refused(refusal(where, action))
    agency = rules.pack.agencies.get(owner) if owner is not None else None
    context = Context(file, agency=agency, note=wish.note, other=other, parts=parts)
    row = choose(rows, context)
    if isinstance(row, Rule):
        return Refused(row)
    words = mask(wish.note).text if wish.note else None
    if isinstance(wish, Unmerge):
        return unmerged(file, DISPATCHER, words, now)
    if other is not None:
        return merged(file, other, DISPATCHER, words, now)
    if owner is None:
        return _closed(file, words, rules, now)
    return given(file, owner, BY_HAND, DISPATCHER, words, rules, now)


def given(  # noqa: PLR0913, PLR0917  # what one transfer needs
    file: CaseFile,
    owner: AgencyCode,
    rule: str,
    by: str,
    words: str | None,
    rules: Rules,
    now: datetime,
) -> Moved:
    """The case goes to another owner, whoever says so; its former one is told."""
    after = owned(file, owner, rule, rules, now)
    external = rules.pack.agencies[owner].external
    told = CaseHandedOn if external else CaseAssigned
    former = file.case.owner if file.case.handed_on_at is None else None
    return Moved(
        after,
        (told(case=after.case, by=by, note=words),),
        handed_over=None if external else owner,
        taken_from=former,
    )


def _closed(file: CaseFile, words: str | None, rules: Rules, now: datetime) -> Moved:
    file = goes_on(file, now, rules.dues)
    case = moved(file.case, Ending.CLOSED, now)
    told = CaseClosed(case=case, by=DISPATCHER, note=words, reason="dispatcher")
    return Moved(replace(file, case=case), (told,))
