"""What a dispatcher does with a case."""

from dataclasses import dataclass, replace
from datetime import datetime

from mrk_routing.domain.assign import Rules
from mrk_routing.domain.case_file import DISPATCHER, CaseFile
from mrk_routing.domain.fate import BY_A_PERSON
from mrk_routing.domain.guards import Context, choose
from mrk_routing.domain.labelling import labelled
from mrk_routing.domain.machine import Action, Role, refusal, transitions
from mrk_routing.domain.merging import merged, unmerged
from mrk_routing.domain.outcome import Moved, Refused
from mrk_routing.domain.owning import owned
from mrk_routing.domain.refusals import NO_SUCH_CATEGORY, Rule
from mrk_routing.domain.standing import moved, standing
from mrk_routing.domain.waiting import goes_on
from mrk_schemas.cases import CaseAssigned, CaseClosed, CaseHandedOn, Ending
from mrk_schemas.ids import AgencyCode, CategoryCode, ComplaintId
from mrk_text.masking import mask


@dataclass(frozen=True, slots=True)
class Assign:
    """To an agency of the city; ``category``: what it is about, where that is corrected too."""

    owner: AgencyCode
    note: str | None = None
    category: CategoryCode | None = None


@dataclass(frozen=True, slots=True)
class HandOn:
    """To an authority that is not the city's, through SP4N-LAPOR!; as `Assign`."""

    owner: AgencyCode
    note: str | None = None
    category: CategoryCode | None = None


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
    category = wish.category if isinstance(wish, Assign | HandOn) else None
    if category is not None and category not in rules.pack.categories:
        return Refused(NO_SUCH_CATEGORY)
    words = mask(wish.note).text if wish.note else None
    if isinstance(wish, Unmerge):
        return unmerged(file, DISPATCHER, words, now)
    if other is not None:
        return merged(file, other, DISPATCHER, words, now)
    return _decided(file, owner, category, words, rules, now)


def _decided(  # noqa: PLR0913, PLR0917  # what one wish needs
    file: CaseFile,
    owner: AgencyCode | None,
    category: CategoryCode | None,
    words: str | None,
    rules: Rules,
    now: datetime,
) -> Moved:
    if owner is None:
        return _closed(file, words, rules, now)
    file, learnt = labelled(file, category, rules) if category is not None else (file, None)
    return replace(given(file, owner, DISPATCHER, words, rules, now), learnt=learnt)


def given(  # noqa: PLR0913, PLR0917  # what one transfer needs
    file: CaseFile,
    owner: AgencyCode,
    by: str,
    words: str | None,
    rules: Rules,
    now: datetime,
) -> Moved:
    """The case goes to another owner, whoever says so; its former one is told."""
    after = owned(file, owner, by, rules, now)
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
    told = CaseClosed(case=case, by=DISPATCHER, note=words, reason=BY_A_PERSON)
    return Moved(replace(file, case=case), (told,))
