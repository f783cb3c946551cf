"""What an agency's command does to a case."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from mrk_routing.domain import machine
from mrk_routing.domain.assign import TriageReason
from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.machine import MACHINE, Move, Rule
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
    CaseEvent,
    CaseProgressed,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
)
from mrk_schemas.ids import AgencyCode
from mrk_text.masking import mask

NOT_REACHABLE = Remark(
    code="reporter-not-reachable",
    text="The reporter left no way to be told: the question stands on the report's page alone.",
)
_SHA256 = re.compile(r"(sha256:)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Moved:
    """The command took effect.

    Attributes:
        file: the case after it.
        events: what happened, in order; at least one.
        remark: what the agency should know of it.
    """

    file: CaseFile
    events: tuple[CaseEvent, ...]
    remark: Remark | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The agency owns the case, but a rule forbids the command."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class NotYours:
    """The answer must reveal nothing of the case, not even whether there is one."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it came.

    Attributes:
        agency: whose outbox it came over.
        key: the record's key, which must be the complaint's id.
        command: what is wanted.
    """

    agency: AgencyCode
    key: str
    command: Command


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
        return NotYours(machine.WRONG_KEY)
    if file is None or file.case.owner != agency:
        return NotYours(machine.NOT_THE_OWNER)
    if command.case_version > version:
        return Refused(machine.FUTURE_VERSION)
    if is_stale(file, command.case_version):
        return Refused(machine.STALE)
    match MACHINE[machine.standing(file.case)][type(command)]:
        case Rule() as rule:
            return Refused(rule)
        case Move(to):
            return _moved(goes_on(file, now, dues), agency, command, to, now, dues)
        case other:
            assert_never(other)


def is_stale(file: CaseFile, quoted: int) -> bool:
    """Whether someone other than the owner changed owner or state after the version quoted.

    What the owner did itself, refusals, comments, clocks and mirrors raise versions too, but
    make nothing stale.
    """
    return file.others_version > quoted


def _moved(  # noqa: PLR0913, PLR0917  # what one command needs
    file: CaseFile,
    agency: AgencyCode,
    command: Command,
    to: CaseState,
    now: datetime,
    dues: DueDates,
) -> Moved | Refused:
    case = file.case.model_copy(update={"state": to, "changed_at": now})
    match command:
        case AcceptCase(note=note):
            after = replace(file, case=case, first_response_at=file.first_response_at or now)
            return Moved(after, (CaseAccepted(case=case, by=agency, note=_masked(note)),))
        case ReportProgress(note=note):
            after = replace(file, case=case)
            return Moved(after, (CaseProgressed(case=case, by=agency, note=_masked(note)),))
        case ResolveCase(note=note, proof=proof):
            if not all(_SHA256.fullmatch(each) for each in proof):
                return Refused(machine.PROOF_NOT_A_HASH)
            told = CaseResolved(case=case, by=agency, note=_masked(note), proof=proof)
            return Moved(replace(file, case=case, resolved_at=now), (told,))
        case AskReporter(question=question):
            return _asked(replace(file, case=case), agency, question, now, dues)
        case ReturnCase(reason=reason):
            return _returned(file, agency, reason, now)
        case _:
            raise TypeError(f"no rule for {type(command).__name__}")


def _asked(
    file: CaseFile, agency: AgencyCode, question: str, now: datetime, dues: DueDates
) -> Moved | Refused:
    """The case waits; a later owner is handed the question with the report's words."""
    if file.case.erased:
        return Refused(machine.NOBODY_TO_ASK)
    masked = _masked(question)
    after = replace(waits(file, now, dues), words=joined(file.words, masked))
    told = CaseAsked(case=after.case, by=agency, note=masked)
    return Moved(after, (told,), NOT_REACHABLE if file.case.reporter is None else None)


def _returned(file: CaseFile, agency: AgencyCode, reason: str, now: datetime) -> Moved:
    """The case has no owner any more, and a dispatcher decides: two facts, in this order."""
    nobody: dict[str, object] = {
        "owner": None,
        "owner_name": None,
        "owner_names": None,
        "copies": (),
        "rule": None,
        "changed_at": now,
    }
    returned = file.case.model_copy(update={**nobody, "state": CaseState.RETURNED})
    waiting = returned.model_copy(
        update={"state": CaseState.TRIAGE, "triage_reason": TriageReason.RETURNED.value}
    )
    return Moved(
        # The verification clock is met by an owner: without one it runs on to its old due date.
        replace(file, case=waiting, verified_at=None),
        (
            CaseReturned(case=returned, by=agency, note=_masked(reason)),
            CaseSentToTriage(case=waiting, by=ROUTING),
        ),
    )


def _masked(words: str | None) -> str | None:
    return None if words is None else mask(words).text
