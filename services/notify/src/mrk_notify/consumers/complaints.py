"""Facts about a complaint become messages to send: rows, no call."""

from collections.abc import Sequence
from typing import Final

from mrk_delivery.clock import Clock
from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_delivery.work import Work
from mrk_notify.domain.followers import Change, Follower, after, told, welcome
from mrk_notify.domain.followers import changes as changes_of
from mrk_notify.domain.messages import Notice, of_case, of_contact, of_report
from mrk_notify.service import QUEUE
from mrk_notify.store import followers
from mrk_notify.store.receipts import erased
from mrk_schemas.base import EventBody
from mrk_schemas.cases import (
    CaseAccepted,
    CaseActionSetAside,
    CaseAnswered,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseConfirmed,
    CaseErased,
    CaseEscalated,
    CaseEvent,
    CaseHandedOn,
    CaseInformationAdded,
    CaseMerged,
    CaseProgressed,
    CaseRated,
    CaseReminded,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseReturned,
    CaseSentToTriage,
    CaseUnmerged,
    CaseWithdrawn,
)
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import (
    InformationAdded,
    QuestionAnswered,
    ReportContactChanged,
    ReportErased,
    ReportFollowed,
    ReportReceived,
    ReportRestricted,
    ReportRestrictionLifted,
    ReportUnfollowed,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
    SolutionRated,
)

HANDLES: Final = frozenset(
    model.TYPE
    for model in (
        ReportReceived,
        ReportContactChanged,
        ReportErased,
        CaseSentToTriage,
        CaseAssigned,
        CaseHandedOn,
        CaseAccepted,
        CaseReturned,
        CaseProgressed,
        CaseAsked,
        CaseResumed,
        CaseResolved,
        CaseWithdrawn,
        CaseConfirmed,
        CaseClosed,
        CaseEscalated,
        CaseReopened,
        CaseMerged,
        ReportFollowed,
        ReportUnfollowed,
        # to followers alone: reporters are told what routing made of their act, not that they acted
        ReportWithdrawn,
        SolutionConfirmed,
    )
)
# that words were passed on, a rating recorded or a report parted again stands on the timeline
IGNORES: Final = frozenset(
    model.TYPE
    for model in (
        InformationAdded,
        QuestionAnswered,
        SolutionDisputed,
        SolutionRated,
        # whoever is restricted has no contact at intake while it lasts: messages are skipped
        ReportRestricted,
        ReportRestrictionLifted,
        CaseInformationAdded,
        CaseAnswered,
        CaseUnmerged,
        # whoever has the case is reminded, nobody else
        CaseReminded,
        CaseRated,
        CaseActionSetAside,
        CaseErased,
    )
)


class Complaints:
    """Applies facts. `clock` is the domain's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """A work row a fact for each whom it concerns and who can be reached."""
        following = await followers.live(tx.conn, {fact.key for fact in facts})
        changed: list[Change] = []
        for fact in facts:
            here = following[fact.key]
            if isinstance(fact.body, ReportErased):
                await self._erase(tx, fact)
                following[fact.key] = []
                changed = [each for each in changed if each.complaint != fact.key]
            elif not tx.streams[fact.key].erased:
                for notice in _notices(fact.body, here):
                    tx.enqueue(_work(fact, notice))
                changes = changes_of(fact.key, fact.body, here)
                following[fact.key] = after(here, changes)
                changed += changes
        await followers.keep(tx.conn, changed)

    async def _erase(self, tx: Tx, fact: Fact) -> None:
        await followers.forget(tx.conn, fact.key)
        erasure = await tx.erase(fact.key)
        if not erasure.in_flight:
            tx.emit(await erased(tx, fact.key, self._clock.now()))


def _notices(body: EventBody, here: Sequence[Follower]) -> list[Notice]:
    """What a fact tells the reporter, then what it tells each who follows."""
    notice = None
    if isinstance(body, ReportReceived):
        notice = of_report(body)
    elif isinstance(body, ReportContactChanged):
        notice = of_contact(body)
    elif isinstance(body, ReportFollowed):
        notice = welcome(body)
    elif isinstance(body, CaseEvent):
        notice = of_case(body)
    others = [told(body, follower) for follower in here]
    return [each for each in (notice, *others) if each is not None]


def _work(fact: Fact, notice: Notice) -> Work:
    whose = f":{notice.follower}" if notice.follower is not None else ""
    return Work(
        queue=QUEUE,
        lane=f"{fact.key}:{notice.reporter}:{QUEUE}",
        key=fact.key,
        kind=notice.message.value,
        payload=notice.to_payload(fact.id),
        dedupe=f"{fact.id}{whose}:{QUEUE}",
        traceparent=fact.traceparent,
    )


def subscriptions(clock: Clock) -> tuple[Subscription, ...]:
    """Everything that notify consumes."""
    return (
        Subscription(
            group="notify.complaints",
            topics=(REPORTS, CASES),
            handles=HANDLES,
            ignores=IGNORES,
            passes=frozenset({ReportErased.TYPE}),
            apply=Complaints(clock),
        ),
    )
