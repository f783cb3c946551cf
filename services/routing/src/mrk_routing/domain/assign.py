"""Which agency owns a report, by the city's rules; else a dispatcher decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mrk_city import Agency, CityPack, Matter, Ownership
from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.decision import Decision, decided, read_category
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.guards import Context, choose
from mrk_routing.domain.machine import Action, Role, Transition, transitions
from mrk_routing.domain.place import Located, for_agency, locate
from mrk_routing.domain.priority import rated
from mrk_routing.domain.standing import Pause, Start, moved
from mrk_schemas.cases import (
    Case,
    CaseAssigned,
    CaseHandedOn,
    CaseSentToTriage,
    CaseState,
    Names,
    Priority,
)
from mrk_schemas.ids import AgencyCode, CategoryCode
from mrk_schemas.reports import Kind, Locale, Report


class TriageReason(StrEnum):
    """Why no rule decided: stable codes that clients translate."""

    CATEGORY_UNKNOWN = "category-unknown"
    OUTSIDE_THE_CITY = "outside-the-city"
    PLACE_UNKNOWN = "place-unknown"
    NO_RULE = "no-rule"
    RETURNED = "returned"
    HANDED_OVER = "handed-over"
    """At SP4N-LAPOR!, to an institution that the city pack does not know."""
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Assigned:
    """A rule names the owner."""

    file: CaseFile
    owner: AgencyCode


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A rule names an authority that is not the city's: it is told through SP4N-LAPOR!."""

    file: CaseFile


@dataclass(frozen=True, slots=True)
class NeedsTriage:
    """No rule names an owner: a dispatcher decides."""

    file: CaseFile


@dataclass(frozen=True, slots=True)
class NoCase:
    """Whistle-blowing: Inspektorat reads it at intake; routing keeps nothing."""


class Rules:
    """A city's rules, and due dates reckoned by them.

    Args:
        pack: the city.
    """

    def __init__(self, pack: CityPack) -> None:
        self.pack = pack
        self.dues = DueDates(pack)
        self.classify = pack.suggest
        self._agency_names = {
            code: Names.model_validate(dict(agency.names)) for code, agency in pack.agencies.items()
        }

    def agency_names(self, code: AgencyCode) -> Names:
        """An agency's name in each language, made once."""
        return self._agency_names[code]

    def named(self, names: Mapping[str, str], locale: Locale) -> str:
        """A name in the reader's language, else in the city's first one."""
        return names.get(locale) or names[self.pack.city.locales[0]]


def assign(
    report: Report, rules: Rules, now: datetime
) -> Assigned | HandedOn | NeedsTriage | NoCase:
    """What becomes of a new report.

    The rules, names and terms are those of the date on which the report was received, so that a
    late or repeated decision is the same decision.

    Args:
        report: the report as intake states it.
        rules: the city's.
        now: when this is decided (UTC).

    Raises:
        ValueError: the calendar knows no working day for the report's date.
        LookupError: the table has no row that opens it.
    """
    if report.kind is Kind.WHISTLEBLOWING:
        return NoCase()
    pack = rules.pack
    category, decision = categorise(report, rules)
    located = locate(report.place, pack, report.text)
    matter = _matter(report, category, located, rules)
    found = pack.decide(matter) if matter is not None else None
    case = _opened(report, category, located, found, rules=rules, now=now)
    file = CaseFile(
        case,
        words=report.text,
        place=for_agency(report.place, located, confidential=report.confidential),
        details=report.attributes or (),
        decision=decided(decision, found, located, confidential=report.confidential),
    )
    file = rated(file, pack)
    to = _opening(file, pack.agencies[found.owner] if found is not None else None).target
    if found is None or to is CaseState.TRIAGE:
        return _triage(file, _undecided(category, matter, pack))
    case = moved(file.case, to, now).model_copy(
        update={
            "owner": found.owner,
            "owner_name": rules.named(pack.agencies[found.owner].names, report.locale),
            "owner_names": rules.agency_names(found.owner),
            "copies": found.copies,
            "rule": found.rule_id,
        }
    )
    if to is Pause.HANDED_ON:
        return HandedOn(replace(file, case=case, verified_at=now))
    return Assigned(
        replace(file, case=case, handed_to=(found.owner,), verified_at=now),
        found.owner,
    )


def _opening(file: CaseFile, owner: Agency | None) -> Transition:
    """The row by which a case is opened, with the owner that a rule names."""
    rows = transitions(Start.RECEIVED, Action.OPEN, Role.RULES)
    match choose(rows, Context(file, agency=owner)) if rows else None:
        case Transition() as row:
            return row
    raise LookupError("the table opens no case for it")


def _undecided(
    category: CategoryCode | None, matter: Matter | None, pack: CityPack
) -> TriageReason:
    if category is None:
        return TriageReason.CATEGORY_UNKNOWN
    if matter is None:
        return TriageReason.OUTSIDE_THE_CITY
    return TriageReason.PLACE_UNKNOWN if pack.lacks_place(matter) else TriageReason.NO_RULE


def categorise(report: Report, rules: Rules) -> tuple[CategoryCode | None, Decision]:
    """The category that the resident gave, else the one that the words point to; and by what."""
    chosen = report.category in rules.pack.categories
    guess = rules.classify(report.text) if report.text and not chosen else None
    return read_category(report, guess, chosen=chosen)


def event_of(
    decision: Assigned | HandedOn | NeedsTriage,
) -> CaseAssigned | CaseHandedOn | CaseSentToTriage:
    """The case event that tells a decision."""
    if isinstance(decision, HandedOn):
        return CaseHandedOn(case=decision.file.case, by=ROUTING)
    if isinstance(decision, Assigned):
        return CaseAssigned(case=decision.file.case, by=ROUTING)
    return CaseSentToTriage(case=decision.file.case, by=ROUTING)


def tombstone(report: Report, now: datetime) -> CaseFile:
    """The blank case of a report that was erased before it had one."""
    case = Case(
        complaint_id=report.complaint_id,
        tracking_number=report.tracking_number,
        kind=report.kind,
        state=CaseState.TRIAGE,
        triage_reason=TriageReason.ERASED,
        anonymous=report.anonymous,
        confidential=report.confidential,
        locale=report.locale,
        received_at=report.received_at,
        changed_at=now,
        erased=True,
    )
    return CaseFile(case)


def _matter(
    report: Report, category: CategoryCode | None, located: Located, rules: Rules
) -> Matter | None:
    """What the rules look at; None where they are not asked."""
    if category is None or located.outside:
        return None
    return Matter(
        category=category,
        on=rules.dues.local_date(report.received_at),
        district=located.district,
        subdistrict=located.subdistrict,
        kind=report.kind.value,
        minute=rules.dues.minute_of_week(report.received_at),
        text=report.text,
        address=report.place.address if report.place is not None else None,
    )


def _opened(  # noqa: PLR0913  # what the state is made of
    report: Report,
    category: CategoryCode | None,
    located: Located,
    found: Ownership | None,
    *,
    rules: Rules,
    now: datetime,
) -> Case:
    known = rules.pack.categories.get(category) if category else None
    emergency = report.emergency or (found is not None and found.priority == Priority.EMERGENCY)
    return Case(
        complaint_id=report.complaint_id,
        tracking_number=report.tracking_number,
        kind=report.kind,
        state=CaseState.TRIAGE,
        category=category,
        category_name=rules.named(known.names, report.locale) if known else None,
        subdistrict=located.subdistrict,
        district=located.district,
        priority=Priority.EMERGENCY if emergency else Priority.NORMAL,
        deadlines=rules.dues.deadlines(
            report.kind,
            category,
            report.received_at,
            report.locale,
            found.deadline if found is not None else None,
        ),
        anonymous=report.anonymous,
        confidential=report.confidential,
        reporter=report.reporter,
        locale=report.locale,
        received_at=report.received_at,
        changed_at=now,
        followers=report.followers,
        erased=report.erased,
    )


def _triage(file: CaseFile, reason: TriageReason) -> NeedsTriage:
    case = file.case.model_copy(update={"triage_reason": reason.value})
    return NeedsTriage(replace(file, case=case))
