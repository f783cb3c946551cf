"""A new report that tells of the same thing as an earlier one becomes a part of its case. Pure."""

from datetime import datetime

from mrk_routing.domain.case_file import ROUTING, CaseFile
from mrk_routing.domain.guards import Context, permitted
from mrk_routing.domain.machine import Action, Role
from mrk_routing.domain.merging import merged
from mrk_routing.domain.outcome import Moved


def linked(file: CaseFile, other: CaseFile, parts: int, now: datetime) -> Moved | None:
    """The case as a part of the other one, by the city's rules.

    Args:
        file: the newer case.
        other: the older one, or the case that this is a part of.
        parts: how many cases are parts of the newer one.
        now: when that is (UTC).

    Returns:
        None where the table does not allow it: a dispatcher sees the two side by side.
    """
    context = Context(file, other=other, parts=parts)
    if not permitted(Action.MERGE, Role.RULES, context):
        return None
    return merged(file, other, ROUTING, None, now)
