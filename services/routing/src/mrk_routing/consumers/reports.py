"""``complaint.reports.v1``: a report becomes a case, once; what its reporter does takes effect."""

from collections.abc import Sequence
from typing import Any

from mrk_delivery.clock import Clock
from mrk_delivery.errors import Poison
from mrk_delivery.events import Fact
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_routing.consumers.report_batch import Batch
from mrk_routing.domain.assign import (
    Assigned,
    HandedOn,
    NeedsTriage,
    NoCase,
    Rules,
    assign,
    event_of,
    tombstone,
)
from mrk_routing.domain.case_file import (
    REPORTER,
    ROUTING,
    CaseFile,
    for_inbox,
    handed_over,
)
from mrk_routing.domain.duplicates import trait_of
from mrk_routing.domain.fate import followed
from mrk_routing.domain.followers import COUNTED, counted
from mrk_routing.domain.national import hear as hear_national
from mrk_routing.domain.priority import rated
from mrk_routing.domain.reporter import ACTS, hear
from mrk_routing.domain.waiting import goes_on
from mrk_routing.store import cases, desk_notes, duplicates, early, families
from mrk_routing.store.publishing import Publisher
from mrk_schemas.agencies import CaseBlanked
from mrk_schemas.cases import CaseErased, Priority
from mrk_schemas.registry import REPORTS
from mrk_schemas.reports import (
    Kind,
    Report,
    ReportContactChanged,
    ReporterActed,
    ReportErased,
    ReportReceived,
    ReportRestricted,
    ReportRestrictionLifted,
)
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

GROUP = "routing.reports"


class Reports:
    """Applies batches of reports.

    Args:
        rules: the city's.
        clock: the domain's.
    """

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock

    def subscription(self) -> Subscription:
        """The contract of this consumer."""
        return Subscription(
            group=GROUP,
            topics=(REPORTS,),
            handles=frozenset(
                {
                    ReportReceived.TYPE,
                    ReportErased.TYPE,
                    ReportContactChanged.TYPE,
                    *(act.TYPE for act in ACTS),
                    *(change.TYPE for change in COUNTED),
                }
            ),
            # the case goes on; what is handed out of the report is intake's to withhold
            ignores=frozenset({ReportRestricted.TYPE, ReportRestrictionLifted.TYPE}),
            passes=frozenset({ReportErased.TYPE}),
            kin=_kin,
            apply=self,
        )

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Apply a batch: at most one read, one insert and one update of cases.

        Raises:
            Poison: a report under another's key, or a date without due dates.
        """
        touched = {fact.key for fact in facts}
        # A stream that never raised its version cannot have a case.
        known = {k for k in touched if tx.streams[k].version > 0 or tx.streams[k].erased}
        batch = Batch(
            tx,
            self._clock.now(),
            await families.gather(tx, known),
            erasing=frozenset(f.key for f in facts if isinstance(f.body, ReportErased)),
        )
        for fact in facts:
            report: Report = fact.body.report
            if fact.key != report.complaint_id:
                raise Poison("the record's key is not the complaint id in its body")
            if isinstance(fact.body, ReportErased):
                await self._erased(batch, fact, report)
            else:
                self._received(batch, fact, report)
                self._counted(batch, fact, report)
                if isinstance(fact.body, ReporterActed):
                    self._heard(batch, fact, fact.body)
                elif isinstance(fact.body, ReportContactChanged) and fact.newest:
                    _reached(batch, fact, report)
        await self._early(batch)
        after, dues = batch.family.to_store(), self._rules.dues
        await cases.insert(tx.conn, [file for file in after if file.id in batch.new], dues)
        await cases.update(tx.conn, [file for file in after if file.id not in batch.new], dues)
        scale = self._rules.pack.duplicates
        batch.alike = len(await duplicates.compare(tx.conn, batch.traits, scale, batch.now))
        tx.after_commit(lambda: self._tell(batch))

    def _received(self, batch: Batch, fact: Fact, report: Report) -> None:
        if batch.find(fact.key) is not None or fact.key in batch.erasing:
            return
        if batch.tx.streams[fact.key].erased:
            if report.kind is not Kind.WHISTLEBLOWING:
                batch.keep(tombstone(report, batch.now))
            return
        with batch.publishing(fact, "case.assign") as publish:
            try:
                decision = assign(report, self._rules, batch.now)
            except ValueError as error:
                raise Poison("the city's calendar has no due date for this report") from error
            if not isinstance(decision, NoCase):
                self._opened(batch, decision, publish)
                trait = trait_of(report, decision.file.case, self._rules.pack)
                if trait is not None:
                    batch.traits.append(trait)

    def _opened(
        self, batch: Batch, decision: Assigned | HandedOn | NeedsTriage, publish: Publisher
    ) -> None:
        file = decision.file
        version = publish.case(file.id, event_of(decision))
        batch.keep(file.turned_by_others(version))
        if isinstance(decision, Assigned):
            publish.inbox(decision.owner, file.id, handed_over(file))
            batch.assigned.append(file)
        elif isinstance(decision, HandedOn):
            batch.assigned.append(file)
        else:
            batch.triaged.append(file)

    async def _early(self, batch: Batch) -> None:
        """What was done at SP4N-LAPOR! before these cases were opened takes effect on them."""
        for key, facts in (await early.take(batch.tx.conn, batch.new)).items():
            if batch.tx.streams[key].erased:
                continue
            publish = Publisher(batch.tx, batch.now, family=batch.family)
            for fact in facts:
                file = batch.family.files[key]
                batch.keep(publish.moved(hear_national(file, fact, self._rules, batch.now)))

    def _counted(self, batch: Batch, fact: Fact, report: Report) -> None:
        """The case learns how many follow; every fact of a report says it."""
        file = batch.find(fact.key)
        if file is None or not fact.newest or batch.tx.streams[fact.key].erased:
            return
        after = counted(file, report.followers)
        if after is not file:
            batch.keep(rated(after, self._rules.pack))

    def _heard(self, batch: Batch, fact: Fact, act: ReporterActed) -> None:
        """What the reporter did takes effect on the case.

        The fact carries the whole report, so a case that should be there and is not was opened
        from it just before. Whistle-blowing has no case, and an erased one has no reporter.
        """
        file = batch.find(fact.key)
        if file is None or batch.tx.streams[fact.key].erased:
            return
        parent = batch.reopened(file, act)
        if parent is not None:
            file = followed(file, parent, batch.now)
        outcome = hear(file, act, fact.sequence, batch.now, self._rules.dues)
        after = outcome.file
        with batch.publishing(fact, "case.reporter_acted") as publish:
            version = publish.case(fact.key, outcome.event)
            if outcome.turned:
                after = after.turned_by_others(version, REPORTER)
            owner = after.case.owner
            # another authority hears of it by the national copy
            here = after.case.handed_on_at is None
            if outcome.to_owner and owner is not None and here:
                told = outcome.event.model_copy(update={"case": for_inbox(after.case)})
                publish.inbox(owner, fact.key, told)
            batch.keep(after)
            if parent is not None:
                batch.keep(publish.reopened(parent, after.id, act.note))
        batch.heard += 1

    async def _erased(self, batch: Batch, fact: Fact, report: Report) -> None:
        if batch.tx.streams[fact.key].erased:
            return
        await batch.tx.erase(fact.key)
        await duplicates.forget(batch.tx.conn, fact.key)
        await early.take(batch.tx.conn, [fact.key])  # what waited for its case is nobody's now
        await desk_notes.erase(batch.tx.conn, fact.key)
        found = batch.find(fact.key)
        if found is None:
            file = tombstone(report, batch.now)
        else:  # nobody can answer any more
            file = goes_on(found, batch.now, self._rules.dues).blanked(batch.now)
        if found is not None or report.kind is not Kind.WHISTLEBLOWING:
            batch.keep(file)
        batch.erased += 1
        with batch.publishing(fact, "case.erase") as publish:
            told = CaseErased(case=file.case, by=ROUTING, received_by=file.handed_to)
            publish.case(fact.key, told, passes=True)
            for agency in file.handed_to:
                blanked = CaseBlanked(case=for_inbox(file.case))
                publish.inbox(agency, fact.key, blanked, passes=True)

    def _tell(self, batch: Batch) -> None:
        """After the commit: the stage's metric, and one line a batch."""
        done = self._clock.now()
        for stage, files in (("assigned", batch.assigned), ("triage", batch.triaged)):
            for file in files:
                metrics.since_received(stage, (done - file.case.received_at).total_seconds())
                if file.case.priority is Priority.EMERGENCY:
                    metrics.emergency(_alarmed(file))
        metrics.likeness("suggested", batch.alike)
        log = get_logger()
        for file in batch.assigned:
            log.debug("case.assigned", complaint=file.id, agency=file.case.owner)
        for file in batch.triaged:
            log.debug("case.sent_to_triage", complaint=file.id, reason=file.case.triage_reason)
        if batch.assigned or batch.triaged or batch.heard or batch.erased:
            log.info(
                "cases.decided",
                assigned=len(batch.assigned),
                triage=len(batch.triaged),
                heard=batch.heard,
                erased=batch.erased,
            )


async def _kin(conn: Any, facts: Sequence[Fact]) -> set[str]:
    """A new report has no kin yet."""
    acted = [fact for fact in facts if not isinstance(fact.body, ReportReceived)]
    return await families.kin_of_facts(conn, acted)


def _reached(batch: Batch, fact: Fact, report: Report) -> None:
    """From the next event of the case on, its reporter is reached as they wish now.

    It is no step of the case: nothing is told of it by itself, and no command becomes stale.
    """
    file = batch.find(fact.key)
    if file is not None and not batch.tx.streams[fact.key].erased:
        batch.keep(file.reached(report))


def _alarmed(file: CaseFile) -> str:
    """Whom an emergency reached, as its metric tells it."""
    if file.case.handed_on_at is not None:
        return "handed-on"
    return "paged" if file.case.owner else "triage"
