"""What an agency's command does to a case."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from mrk_routing.domain import machine
from mrk_routing.domain.assign import TriageReason
from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.machine import MACHINE, Move, Rule
from mrk_schemas.agencies import AcceptCase, Command, ReportProgress, ResolveCase, ReturnCase
from mrk_schemas.cases import (
    CaseAccepted,
    CaseEvent,
    CaseProgressed,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseState,
)
from mrk_schemas.ids import AgencyCode
from mrk_text.masking import mask

_SHA256 = re.compile(r"(sha256:)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Moved:
    """The command took effect.

    Attributes:
        file: the case after it.
        events: what happened, in order; at least one.
    """

    file: CaseFile
    events: tuple[CaseEvent, ...]


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
    file: CaseFile | None, order: Order, version: int, now: datetime
) -> Moved | Refused | NotYours:
    """What becomes of a command.

    Args:
        file: the case that the command names, after all earlier commands; None: there is none.
        order: the command.
        version: the version that the complaint has reached at routing.
        now: when this is decided (UTC).

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
            return _moved(file, agency, command, to, now)
        case other:
            assert_never(other)


def is_stale(file: CaseFile, quoted: int) -> bool:
    """Whether someone other than the owner changed owner or state after the version quoted.

    What the owner did itself, refusals, comments, clocks and mirrors raise versions too, but
    make nothing stale.
    """
    return file.others_version > quoted


def _moved(
    file: CaseFile, agency: AgencyCode, command: Command, to: CaseState, now: datetime
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
        case ReturnCase(reason=reason):
            return _returned(file, agency, reason, now)
        case _:
            raise TypeError(f"no rule for {type(command).__name__}")


def _returned(file: CaseFile, agency: AgencyCode, reason: str, now: datetime) -> Moved:
    """The case has no owner any more, and a dispatcher decides: two facts, in this order."""
    nobody: dict[str, object] = {
        "owner": None,
        "owner_name": None,
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
