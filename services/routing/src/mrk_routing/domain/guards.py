"""What must hold for a transition beside where the case stands: each guard with its refusal."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mrk_city import Agency
from mrk_routing.domain import refusals
from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.machine import Action, Guard, Role, Transition, transitions
from mrk_routing.domain.refusals import Rule
from mrk_routing.domain.standing import OPEN, Pause, standing
from mrk_schemas.cases import CaseState
from mrk_schemas.reports import Kind

_SHA256 = re.compile(r"(sha256:)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Context:
    """What guards look at.

    Attributes:
        file: the case.
        quoted: the version that a command quotes; None: whoever acts sees the case as it is.
        proof: hashes of photos, as they came.
        agency: the agency named, as the city pack has it; None: none, or unknown.
        note: words that go with it.
        other: the case that this one is to become a part of.
        parts: how many cases are parts of this one.
    """

    file: CaseFile
    quoted: int | None = None
    proof: tuple[str, ...] = ()
    agency: Agency | None = None
    note: str | None = None
    other: CaseFile | None = None
    parts: int = 0


def is_stale(file: CaseFile, quoted: int) -> bool:
    """Whether someone other than the owner changed owner or state after the version quoted.

    What the owner did itself, refusals, comments, clocks and mirrors raise versions too, but
    make nothing stale.
    """
    return file.others_version > quoted


def alike(file: CaseFile, other: CaseFile | None) -> bool:
    """Whether a case may become a part of another one: both open, both public, no chain.

    A solved one takes no parts: what is reported after a solution may tell that there is none.

    What is confidential is never linked: one reporter would learn of another's report.
    """
    if other is None or other.id == file.id:
        return False
    if any(each.case.confidential or each.case.erased for each in (file, other)):
        return False
    if any(each.case.kind is Kind.WHISTLEBLOWING for each in (file, other)):
        return False
    where = standing(other.case)
    return where in OPEN and where not in {Pause.MERGED, CaseState.RESOLVED}


def _owns(context: Context) -> bool:
    case = context.file.case
    if context.agency is None:
        return standing(case) is Pause.HANDED_ON
    return context.agency.code == case.owner


_HOLDS: Mapping[Guard, Callable[[Context], bool]] = MappingProxyType(
    {
        Guard.FRESH: lambda c: c.quoted is None or not is_stale(c.file, c.quoted),
        Guard.PROOF: lambda c: all(_SHA256.fullmatch(each) for each in c.proof),
        Guard.READABLE: lambda c: not c.file.case.erased,
        Guard.CITY: lambda c: c.agency is not None and not c.agency.external,
        Guard.EXTERNAL: lambda c: c.agency is not None and c.agency.external,
        Guard.ANOTHER: lambda c: c.agency is not None and c.agency.code != c.file.case.owner,
        Guard.WORDS: lambda c: bool(c.note and c.note.strip()),
        Guard.ALIKE: lambda c: not c.parts and alike(c.file, c.other),
        Guard.OURS: lambda c: c.file.case.handed_on_at is None,
        Guard.ELSEWHERE: lambda c: c.file.case.handed_on_at is not None,
        Guard.UNKNOWN: lambda c: c.agency is None,
        Guard.OWNER: _owns,
    }
)
_RULES: Mapping[Guard, Rule] = MappingProxyType(
    {
        Guard.FRESH: refusals.STALE,
        Guard.PROOF: refusals.PROOF_NOT_A_HASH,
        Guard.READABLE: refusals.ERASED,
        Guard.CITY: refusals.NOT_OF_THE_CITY,
        Guard.EXTERNAL: refusals.OF_THE_CITY,
        Guard.ANOTHER: refusals.SAME_OWNER,
        Guard.WORDS: refusals.WORDS_NEEDED,
        Guard.ALIKE: refusals.NOT_ALIKE,
        Guard.OURS: refusals.HANDED_ON,
        Guard.ELSEWHERE: refusals.OF_THE_CITY,
        Guard.UNKNOWN: refusals.NO_SUCH_AGENCY,
        Guard.OWNER: refusals.NOT_THE_OWNER,
    }
)


def permitted(action: Action, role: Role, context: Context) -> Transition | None:
    """The row by which somebody may do this to the case as it stands; None: it is forbidden."""
    rows = transitions(standing(context.file.case), action, role)
    row = choose(rows, context) if rows else None
    return None if isinstance(row, Rule) else row


def choose(rows: tuple[Transition, ...], context: Context) -> Transition | Rule:
    """The first row whose guards all hold, else the rule that refuses the last one.

    Raises:
        ValueError: there is no row.
    """
    refused: Rule | None = None
    for row in rows:
        failed = next((guard for guard in row.guards if not _HOLDS[guard](context)), None)
        if failed is None:
            return row
        refused = _rule(failed, context)
    if refused is None:
        raise ValueError("no transition to choose from")
    return refused


def _rule(failed: Guard, context: Context) -> Rule:
    if failed in {Guard.CITY, Guard.EXTERNAL, Guard.ANOTHER} and context.agency is None:
        return refusals.NO_SUCH_AGENCY
    return _RULES[failed]
