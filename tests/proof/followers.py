"""Invariant 2 for those who follow a report: a welcome, then each later step, once, to the last."""

from collections import Counter
from typing import Final

from tests.proof.records import Seen

from mrk_notify.domain.letter import message_id
from mrk_schemas import cases
from mrk_schemas.reports import ReportFollowed

_TOLD: Final = frozenset(
    model.TYPE
    for model in (
        cases.CaseAssigned,
        cases.CaseHandedOn,
        cases.CaseReturned,
        cases.CaseProgressed,
        cases.CaseResolved,
        cases.CaseReopened,
    )
)


def wrong(
    number: str, facts: list[Seen], steps: list[Seen], got: Counter[str], sender: str
) -> list[str]:
    """What the one follower of a report should have got and did not, or the other way round.

    Where in the case's journey a follow falls, nobody can say: the two topics have no common
    order. From there on each step is told, none left out.

    Args:
        facts: of intake about the complaint.
        steps: of its case.
        got: how often each Message-ID came to the follower's address.
        sender: the city's address.
    """
    follows = [fact for fact in facts if fact.type == ReportFollowed.TYPE]
    if not follows:
        return [f"{number}: {len(got)} e-mails to one who follows nothing"] if got else []
    if len(follows) > 1:
        return [f"{number}: {len(follows)} follows of one address"]
    ref = ReportFollowed.model_validate_json(follows[0].value).follower

    def of(fact: Seen) -> str:
        return message_id(f"{fact.id} {ref}", sender)

    later = [of(step) for step in steps if step.type in _TOLD]
    possible = [{of(follows[0]), *later[at:]} for at in range(len(later) + 1)]
    if set(got) not in possible:
        return [f"{number}: its follower got {len(got)} e-mails that are no welcome and last steps"]
    return []
