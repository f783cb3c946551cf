"""A case gets an owner, another one, or none: what that changes in it. Pure."""

from dataclasses import replace
from datetime import datetime

from mrk_routing.domain.assign import Rules, TriageReason
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.clocks import handed_back, window_shut
from mrk_routing.domain.standing import Pause, moved
from mrk_routing.domain.waiting import goes_on
from mrk_schemas.cases import CaseState
from mrk_schemas.ids import AgencyCode


def owned(file: CaseFile, owner: AgencyCode, by: str, rules: Rules, now: datetime) -> CaseFile:
    """The case with another owner, for whom it is new.

    Whether the owner is the city's decides where it stands. No due date moves but by a wait or a
    time with another authority that ends here; the clock of verification is met by an owner, and
    by no second one again.

    Args:
        file: the case.
        owner: an agency of the city pack, not the present owner.
        by: who says so; it stands in the place of a rule from now on.
        rules: the city's.
        now: when that is (UTC).

    Raises:
        KeyError: the city pack has no such agency.
    """
    agency = rules.pack.agencies[owner]
    file = window_shut(handed_back(goes_on(file, now, rules.dues), now, rules.dues))
    before = file.handed_to[-1] if file.handed_to else file.case.owner
    case = moved(file.case, Pause.HANDED_ON if agency.external else CaseState.ASSIGNED, now)
    changes = {
        "owner": owner,
        "owner_name": rules.named(agency.names, case.locale),
        "owner_names": rules.agency_names(owner),
        "copies": (),
        "rule": by,
        "triage_reason": None,
        "handed_on_at": now if agency.external else None,
        "transfers": case.transfers + (before is not None and before != owner),
    }
    handed_to = file.handed_to
    if not agency.external and (not handed_to or handed_to[-1] != owner):
        handed_to = (*handed_to, owner)
    return replace(
        file,
        case=case.model_copy(update=changes),
        handed_to=handed_to,
        verified_at=file.verified_at or now,
        resolved_at=None,
    )


def ownerless(
    file: CaseFile, to: CaseState, reason: TriageReason | None, now: datetime
) -> CaseFile:
    """The case without an owner: returned, or before a dispatcher.

    The clock of verification is met by an owner: without one it runs on to its old due date.
    """
    changes = {
        "owner": None,
        "owner_name": None,
        "owner_names": None,
        "copies": (),
        "rule": None,
        "handed_on_at": None,
        "triage_reason": reason.value if reason else None,
    }
    case = moved(file.case, to, now).model_copy(update=changes)
    return replace(file, case=case, verified_at=None)
