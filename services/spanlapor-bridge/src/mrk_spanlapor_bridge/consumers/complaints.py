"""Reports and cases become lines of the ledger and work for the national system: no call."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from mrk_delivery.clock import Clock
from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_delivery.work import Work
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
from mrk_schemas.ids import ComplaintId
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
from mrk_spanlapor_bridge.domain import ledger
from mrk_spanlapor_bridge.domain.filing import Names, compose
from mrk_spanlapor_bridge.domain.follow_up import follow_up_of
from mrk_spanlapor_bridge.domain.ledger import Entry, File, Follow, Task
from mrk_spanlapor_bridge.domain.task import FilingTask, to_payload
from mrk_spanlapor_bridge.service import FILE, FOLLOW_UP, QUEUE
from mrk_spanlapor_bridge.store import events
from mrk_spanlapor_bridge.store import ledger as rows

HANDLES: Final = frozenset(
    model.TYPE
    for model in (
        ReportReceived,
        ReportRestricted,
        ReportRestrictionLifted,
        ReportErased,
        CaseSentToTriage,
        CaseAssigned,
        CaseHandedOn,
        CaseAccepted,
        CaseReturned,
        CaseProgressed,
        CaseAsked,
        CaseAnswered,
        CaseResumed,
        CaseResolved,
        CaseInformationAdded,
        CaseWithdrawn,
        CaseConfirmed,
        CaseClosed,
        CaseReopened,
        CaseMerged,
        CaseUnmerged,
    )
)
# what a reporter did is told as routing took it up, in the order of the case; a rating and what
# what a reporter did is told as routing took it up, in the order of the case; a rating and what
# changed nothing are the city's own, and so is who follows a report. A corrected contact changes no
# copy: the national system has no call for it, and a filing that still waits asks for the contact
# when it is sent
IGNORES: Final = frozenset(
    model.TYPE
    for model in (
        InformationAdded,
        QuestionAnswered,
        ReportWithdrawn,
        SolutionConfirmed,
        SolutionDisputed,
        SolutionRated,
        ReportFollowed,
        ReportUnfollowed,
        ReportContactChanged,
        # who is told that a clock runs or has run out is the city's own
        CaseReminded,
        CaseEscalated,
        CaseRated,
        CaseActionSetAside,
        CaseErased,
    )
)


class Complaints:
    """Applies facts. `clock` is the domain's."""

    def __init__(self, names: Names, clock: Clock) -> None:
        self._names = names
        self._clock = clock

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Fold each complaint's facts in order: one row written, all its work queued."""
        known = await rows.entries(tx.conn, {fact.key for fact in facts})
        changed: dict[str, Entry] = {}
        for fact in facts:
            before = known.get(fact.key)
            if isinstance(fact.body, ReportErased):
                # rows that wait for the flush must be there before they are blanked
                await rows.write(tx.conn, changed)
                after: Entry | None = await self._erase(tx, fact, before)
                tasks: tuple[Task, ...] = ()
            elif isinstance(fact.body, ReportRestricted | ReportRestrictionLifted):
                after, tasks = await self._restrict(tx, fact, before), ()
            else:
                after, tasks = self._apply(fact, before)
                if after is not None and before != after and _news(fact, after):
                    tx.emit(events.filed(after))
            if after is not None:
                known[fact.key] = changed[fact.key] = after
                for task in tasks:
                    tx.enqueue(self._work(after, task, fact))
        await rows.write(tx.conn, changed)

    def _apply(self, fact: Fact, before: Entry | None) -> tuple[Entry | None, tuple[Task, ...]]:
        now = self._clock.now()
        if isinstance(fact.body, ReportReceived):
            if fact.body.report.erased:
                return before, ()
            return ledger.receive(before, fact.body.report, now)
        body: CaseEvent = fact.body
        told = follow_up_of(body, fact.sequence)
        return ledger.advance(before, body.case, told, now, newest=fact.newest)

    async def _restrict(self, tx: Tx, fact: Fact, before: Entry | None) -> Entry | None:
        """What is to be told waits from now on, or goes in its old order."""
        restricted = isinstance(fact.body, ReportRestricted)
        if not fact.newest or (before is not None and before.erased):
            return before
        if not ledger.mirrored(fact.body.report.kind):
            return before
        if not restricted:
            await tx.release(QUEUE, fact.key)
        entry = before or Entry(ComplaintId(fact.key), self._clock.now())
        return replace(entry, restricted=restricted)

    async def _erase(self, tx: Tx, fact: Fact, before: Entry | None) -> Entry:
        now = self._clock.now()
        entry = ledger.erase(before or Entry(ComplaintId(fact.key), now), now)
        erasure = await tx.erase(fact.key)
        if not erasure.in_flight:
            tx.emit(events.erased(entry, ledger.received_by(entry)))
        return entry

    def _work(self, entry: Entry, task: Task, fact: Fact) -> Work:
        match task:
            case File():
                return Work(
                    queue=QUEUE,
                    lane=entry.complaint_id,
                    key=entry.complaint_id,
                    kind=FILE,
                    payload=to_payload(self._filing(entry)),
                    dedupe=f"{FILE}:{entry.complaint_id}",
                    traceparent=fact.traceparent,
                )
            case Follow(told):
                return Work(
                    queue=QUEUE,
                    lane=entry.complaint_id,
                    key=entry.complaint_id,
                    kind=FOLLOW_UP,
                    payload=told.model_dump(mode="json"),
                    dedupe=f"{FOLLOW_UP}:{entry.complaint_id}:{told.sequence}",
                    traceparent=fact.traceparent,
                )
            case _:
                assert_never(task)

    def _filing(self, entry: Entry) -> FilingTask:
        if entry.report is None or entry.case is None:
            raise ValueError("a filing needs the report and its case")
        report = entry.report
        return FilingTask(
            filing=compose(report, entry.case, self._names),
            # an anonymous reporter is never asked for, whatever intake would answer
            reporter=None if report.anonymous else report.reporter,
        )


def _news(fact: Fact, entry: Entry) -> bool:
    """Whether a report says where its national copy is: timelines show it."""
    return isinstance(fact.body, ReportReceived) and ledger.began_there(entry)


def subscriptions(names: Names, clock: Clock) -> tuple[Subscription, ...]:
    """Everything that the bridge consumes."""
    return (
        Subscription(
            group="spanlapor-bridge.complaints",
            topics=(REPORTS, CASES),
            handles=HANDLES,
            ignores=IGNORES,
            passes=frozenset({ReportErased.TYPE}),
            apply=Complaints(names, clock),
        ),
    )
