"""Facts about a complaint become messages to send: rows, no call."""

from collections.abc import Sequence
from typing import Final

from mrk_delivery.clock import Clock
from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_delivery.work import Work
from mrk_notify.domain.messages import Notice, of_case, of_contact, of_report
from mrk_notify.service import QUEUE
from mrk_notify.store.receipts import erased
from mrk_schemas.cases import (
    CaseAccepted,
    CaseActionSetAside,
    CaseAssigned,
    CaseConfirmed,
    CaseErased,
    CaseEvent,
    CaseInformationAdded,
    CaseProgressed,
    CaseRated,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseSentToTriage,
    CaseWithdrawn,
)
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import (
    InformationAdded,
    ReportContactChanged,
    ReportErased,
    ReportReceived,
    ReportRestricted,
    ReportRestrictionLifted,
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
        CaseAccepted,
        CaseReturned,
        CaseProgressed,
        CaseResolved,
        CaseWithdrawn,
        CaseConfirmed,
        CaseReopened,
    )
)
# reporters are told what routing made of their act, not that they acted; that words were passed on
# and a rating recorded stands on the timeline
IGNORES: Final = frozenset(
    model.TYPE
    for model in (
        InformationAdded,
        ReportWithdrawn,
        SolutionConfirmed,
        SolutionDisputed,
        SolutionRated,
        # whoever is restricted has no contact at intake while it lasts: messages are skipped
        ReportRestricted,
        ReportRestrictionLifted,
        CaseInformationAdded,
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
        """One work row a fact that concerns a reporter who can be reached."""
        for fact in facts:
            if isinstance(fact.body, ReportErased):
                await self._erase(tx, fact)
                continue
            if tx.streams[fact.key].erased:
                continue
            notice = self._notice(fact)
            if notice is not None:
                tx.enqueue(self._work(fact, notice))

    def _notice(self, fact: Fact) -> Notice | None:
        if isinstance(fact.body, ReportReceived):
            return of_report(fact.body)
        if isinstance(fact.body, ReportContactChanged):
            return of_contact(fact.body)
        if isinstance(fact.body, CaseEvent):
            return of_case(fact.body)
        return None

    def _work(self, fact: Fact, notice: Notice) -> Work:
        return Work(
            queue=QUEUE,
            lane=f"{fact.key}:{notice.reporter}:{QUEUE}",
            key=fact.key,
            kind=notice.message.value,
            payload=notice.to_payload(fact.id),
            dedupe=f"{fact.id}:{QUEUE}",
            traceparent=fact.traceparent,
        )

    async def _erase(self, tx: Tx, fact: Fact) -> None:
        erasure = await tx.erase(fact.key)
        if not erasure.in_flight:
            tx.emit(await erased(tx, fact.key, self._clock.now()))


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
