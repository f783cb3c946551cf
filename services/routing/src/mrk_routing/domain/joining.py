"""Which of two alike cases a dispatcher would make a part of the other one. Pure."""

from dataclasses import dataclass

from mrk_routing.domain.case_file import CaseFile
from mrk_routing.domain.guards import Context, permitted
from mrk_routing.domain.machine import Action, Role


@dataclass(frozen=True, slots=True)
class Join:
    """One case as a part of another one."""

    part: CaseFile
    parent: CaseFile


def join(one: CaseFile, one_parts: int, other: CaseFile, other_parts: int) -> Join | None:
    """How the two are merged; None where the table allows it to nobody.

    A case that has parts stays their parent. Else the work stays where it is: what an agency has
    is no part of what waits for an owner. Else the older one is the parent, as by the rules.

    Args:
        one: a case.
        one_parts: how many cases are parts of it.
        other: another one, which may be the same thing.
        other_parts: how many are parts of that.
    """
    pair = ((one, one_parts), (other, other_parts))
    (parent, _), (part, parts) = sorted(pair, key=lambda each: _rank(*each))
    context = Context(part, other=parent, parts=parts)
    return Join(part, parent) if permitted(Action.MERGE, Role.DISPATCHER, context) else None


def _rank(file: CaseFile, parts: int) -> tuple[object, ...]:
    case = file.case
    return parts == 0, case.owner is None, case.received_at, file.id
