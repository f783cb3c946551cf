"""How many residents follow a report: a number of the case, wherever the case stands.

A follow is nobody's act on the case: it makes no command stale, moves no state and no due date, and
is no event of the case. The number travels with the next event, to the public and to the owner.
"""

from dataclasses import replace

from mrk_routing.domain.case_file import CaseFile
from mrk_schemas.reports import FollowersChanged, ReportFollowed, ReportUnfollowed

COUNTED: tuple[type[FollowersChanged], ...] = (ReportFollowed, ReportUnfollowed)


def counted(file: CaseFile, followers: int | None) -> CaseFile:
    """The case with this many followers, as the newest fact about its report tells it.

    Args:
        file: the case; not an erased one.
        followers: None where nobody ever followed.
    """
    if file.case.followers == followers:
        return file
    return replace(file, case=file.case.model_copy(update={"followers": followers}))
