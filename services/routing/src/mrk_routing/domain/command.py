"""What an agency's command does to a case."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from mrk_routing.domain import refusals
from mrk_routing.domain.assign import TriageReason
from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.clocks import window_opens
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.guards import Context, choose, is_stale
from mrk_routing.domain.machine import Action, Role, refusal, transitions
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.owning import ownerless
from mrk_routing.domain.refusals import Rule
from mrk_routing.domain.standing import Pause, Standing, moved, standing
from mrk_routing.domain.waiting import goes_on, waits
from mrk_routing.domain.words import joined
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    Remark,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import (
    CaseAccepted,
    CaseAsked,
    CaseProgressed,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
)
from mrk_schemas.ids import AgencyCode
from mrk_text.masking import mask

CommandType = type[Command]

COMMANDS: Mapping[CommandType, Action] = MappingProxyType(
    {
        AcceptCase: Action.ACCEPT,
        ReturnCase: Action.RETURN,
        ReportProgress: Action.PROGRESS,
        AskReporter: Action.ASK,
        ResolveCase: Action.RESOLVE,
    }
)
"""Every command, and what of the table it is."""

NOT_REACHABLE = Remark(
    code="reporter-not-reachable",
    text="The reporter left no way to be told: the question stands on the report's page alone.",
)


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it came.

    Attributes:
        agency: whose outbox it came over.
        key: the record's key, which must be the complaint's id.
        command: what is wanted.
        known: agencies that a return may propose as owners; None: nobody judges that here.
    """

    agency: AgencyCode
    key: str
    command: Command
    known: Collection[AgencyCode] | None = None


def decide(
    file: CaseFile | None, order: Order, version: int, now: datetime, dues: DueDates
) -> Moved | Refused | NotYours:
    """What becomes of a command.

    Args:
        file: the case that the command names, after all earlier commands; None: there is none.
        order: the command.
        version: the version that the complaint has reached at routing.
        now: when this is decided (UTC).
        dues: the city's: how long a question waits, and when a case is due after it.

    Returns:
        The case after it with the events, or the rule that refuses it. An agency's own words
        are masked here, before anything else sees them.
    """
    agency, command = order.agency, order.command
    if order.key != command.complaint_id:
        return NotYours(refusals.WRONG_KEY)
    if file is None or file.case.owner != agency:
        return NotYours(refusals.NOT_THE_OWNER)
    if command.case_version > version:
        return Refused(refusals.FUTURE_VERSION)
    proof = command.proof if isinstance(command, ResolveCase) else ()
    context = Context(file, quoted=command.case_version, proof=proof)
    where, action = standing(file.case), COMMANDS[type(command)]
    rows = transitions(where, action, Role.AGENCY)
    # a stale command is told so, whatever else is wrong with it
    row = choose(rows, context) if rows else _not_here(where, action, context)
    if isinstance(row, Rule):
        return Refused(_said(row, command))
    proposal = _proposal(order)
    if proposal is not None:
        return Refused(proposal)
    return _moved(goes_on(file, now, dues), agency, command, row.target, now, dues)


def _not_here(where: Standing, action: Action, context: Context) -> Rule:
    if where is Pause.MERGED:
        return refusals.merged_into(context.file.case.part_of)
    stale = context.quoted is not None and is_stale(context.file, context.quoted)
    return refusals.STALE if stale else refusal(where, action)


def _said(rule: Rule, command: Command) -> Rule:
    asks = isinstance(command, AskReporter)
    return refusals.NOBODY_TO_ASK if asks and rule is refusals.ERASED else rule


def _proposal(order: Order) -> Rule | None:
    """The rule that refuses a proposed owner."""
    command, known = order.command, order.known
    proposed = command.proposed_owner if isinstance(command, ReturnCase) else None
    if proposed is None:
        return None
    if known is not None and proposed not in known:
        return refusals.NO_SUCH_AGENCY
    return refusals.SAME_OWNER if proposed == order.agency else None


def _moved(  # noqa: PLR0913, PLR0917  # what one command needs
    file: CaseFile,
    agency: AgencyCode,
    command: Command,
    to: Standing,
    now: datetime,
    dues: DueDates,
) -> Moved:
    if isinstance(command, ReturnCase):
        return _returned(file, agency, command, now)
    case = moved(file.case, to, now)
    match command:
        case AcceptCase(note=note):
            after = replace(file, case=case, first_response_at=file.first_response_at or now)
            return Moved(after, (CaseAccepted(case=case, by=agency, note=_masked(note)),))
        case ReportProgress(note=note):
            after = replace(file, case=case)
            return Moved(after, (CaseProgressed(case=case, by=agency, note=_masked(note)),))
        case ResolveCase(note=note, proof=proof):
            after = window_opens(replace(file, case=case, resolved_at=now), dues)
            told = CaseResolved(case=after.case, by=agency, note=_masked(note), proof=proof)
            return Moved(after, (told,))
        case AskReporter(question=question):
            return _asked(replace(file, case=case), agency, question, now, dues)
        case _:
            raise TypeError(f"no rule for {type(command).__name__}")


def _asked(
    file: CaseFile, agency: AgencyCode, question: str, now: datetime, dues: DueDates
) -> Moved:
    """The case waits; a later owner is handed the question with the report's words."""
    masked = _masked(question)
    after = replace(waits(file, now, dues), words=joined(file.words, masked))
    told = CaseAsked(case=after.case, by=agency, note=masked)
    return Moved(after, (told,), NOT_REACHABLE if file.case.reporter is None else None)


def _returned(file: CaseFile, agency: AgencyCode, command: ReturnCase, now: datetime) -> Moved:
    """The case has no owner any more, and a dispatcher decides: two facts, in this order."""
    returned = ownerless(file, CaseState.RETURNED, None, now)
    told = CaseReturned(
        case=returned.case,
        by=agency,
        note=_masked(command.reason),
        proposed_owner=command.proposed_owner,
    )
    if not transitions(CaseState.RETURNED, Action.TRIAGE, Role.RULES):
        return Moved(returned, (told,))
    waiting = ownerless(returned, CaseState.TRIAGE, TriageReason.RETURNED, now)
    return Moved(waiting, (told, CaseSentToTriage(case=waiting.case, by=ROUTING)))


def _masked(words: str | None) -> str | None:
    return None if words is None else mask(words).text
