"""Which command does what where a case stands: a table, total over both."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import Case, CaseState, Ending

CommandType = type[Command]


class Pause(StrEnum):
    """For what a case at work waits."""

    WAITING = "waiting"
    """For its reporter's answer."""


Standing = CaseState | Pause | Ending
"""Where a case stands: how it ended, else for what it waits, else where its work is."""

STANDINGS: tuple[Standing, ...] = (*CaseState, *Pause, *Ending)


def standing(case: Case) -> Standing:
    """Where a case stands.

    Raises:
        ValueError: it ended in a way that a later version of this service knows.
    """
    if case.ending is not None:
        return Ending(case.ending)
    return case.state if case.waiting is None else Pause.WAITING


@dataclass(frozen=True, slots=True)
class Move:
    """The command takes the case to this state."""

    to: CaseState


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that refuses a command: its stable code, and what it says to people."""

    code: str
    reason: str
    mend: str


NOT_THE_OWNER = Rule(
    "not-the-owner",
    "No case with this id is with this agency.",
    "Check the complaint id; act only on cases that were handed over on this agency's inbox.",
)
STALE = Rule(
    "stale",
    "Since the version that the command quotes, someone else changed the owner or the state.",
    "Read the case's latest message on the inbox and decide again.",
)
FUTURE_VERSION = Rule(
    "no-such-version",
    "The command quotes a version that the case has not reached.",
    "Quote ce_sequence of the latest message about this case on the inbox.",
)
WRONG_KEY = Rule(
    "wrong-key",
    "The record's key is not the complaint id in its body.",
    "Send the record with the complaint id as its key.",
)
PROOF_NOT_A_HASH = Rule(
    "proof-not-a-hash",
    "A proof is not the SHA-256 of a photo.",
    "Send each proof as sha256: and 64 hexadecimal digits.",
)
ACCEPT_FIRST = Rule(
    "accept-first",
    "The case was not accepted yet.",
    "Send case.accept first; both may be sent together.",
)
ALREADY_ACCEPTED = Rule(
    "already-accepted", "The case was accepted before.", "Send progress, or resolve the case."
)
ALREADY_RESOLVED = Rule(
    "already-resolved", "The case is resolved.", "Nothing is left to do for this case."
)
ALREADY_ASKED = Rule(
    "already-asked",
    "The reporter was asked and has not answered yet.",
    "Wait for the answer on the inbox, or go on without it: send progress, or resolve the case.",
)
NOBODY_TO_ASK = Rule(
    "nobody-to-ask",
    "The report was erased: nobody can answer.",
    "Go on with what is known: send progress, resolve the case, or return it.",
)
CONFIRMED = Rule(
    "confirmed", "The reporter agreed that it is solved.", "Nothing is left to do for this case."
)
WITHDRAWN = Rule(
    "withdrawn", "The reporter took the report back.", "Nothing is left to do for this case."
)

CLOSED = Rule("closed", "The case is closed.", "Nothing is left to do for this case.")

COMMANDS: tuple[CommandType, ...] = (
    AcceptCase,
    ReturnCase,
    ReportProgress,
    AskReporter,
    ResolveCase,
)

_WITHOUT_OWNER = dict.fromkeys(COMMANDS, NOT_THE_OWNER)

MACHINE: Mapping[Standing, Mapping[CommandType, Move | Rule]] = MappingProxyType(
    {
        CaseState.TRIAGE: _WITHOUT_OWNER,
        CaseState.RETURNED: _WITHOUT_OWNER,
        CaseState.ASSIGNED: {
            AcceptCase: Move(CaseState.ACCEPTED),
            ReturnCase: Move(CaseState.RETURNED),
            ReportProgress: ACCEPT_FIRST,
            AskReporter: ACCEPT_FIRST,
            ResolveCase: ACCEPT_FIRST,
        },
        CaseState.ACCEPTED: {
            AcceptCase: ALREADY_ACCEPTED,
            ReturnCase: Move(CaseState.RETURNED),
            ReportProgress: Move(CaseState.IN_PROGRESS),
            AskReporter: Move(CaseState.IN_PROGRESS),
            ResolveCase: Move(CaseState.RESOLVED),
        },
        CaseState.IN_PROGRESS: {
            AcceptCase: ALREADY_ACCEPTED,
            ReturnCase: Move(CaseState.RETURNED),
            ReportProgress: Move(CaseState.IN_PROGRESS),
            AskReporter: Move(CaseState.IN_PROGRESS),
            ResolveCase: Move(CaseState.RESOLVED),
        },
        # an owner that reports progress, resolves or returns goes on without the answer
        Pause.WAITING: {
            AcceptCase: ALREADY_ACCEPTED,
            ReturnCase: Move(CaseState.RETURNED),
            ReportProgress: Move(CaseState.IN_PROGRESS),
            AskReporter: ALREADY_ASKED,
            ResolveCase: Move(CaseState.RESOLVED),
        },
        CaseState.RESOLVED: dict.fromkeys(COMMANDS, ALREADY_RESOLVED),
        Ending.CONFIRMED: dict.fromkeys(COMMANDS, CONFIRMED),
        Ending.WITHDRAWN: dict.fromkeys(COMMANDS, WITHDRAWN),
        Ending.CLOSED: dict.fromkeys(COMMANDS, CLOSED),
    }
)
