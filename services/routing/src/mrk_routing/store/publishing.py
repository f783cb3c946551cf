"""Events of a case on their way out: in the fact's trace, each raising the complaint's version."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mrk_delivery.events import Body, Event, Fact
from mrk_delivery.tx import Tx
from mrk_routing.domain.case_file import REPORTER, ROUTING, CaseFile, for_inbox, handed_over
from mrk_routing.domain.fate import fate
from mrk_routing.domain.outcome import Moved
from mrk_routing.store.families import Family
from mrk_schemas.agencies import CaseTakenAway
from mrk_schemas.cases import CaseEvent, CaseReopened
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import CASES, inbox_of
from mrk_telemetry.traces import SpanKind, current_traceparent, is_sampled, start_span


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes what follows from one fact.

    Attributes:
        now: when it happens (UTC).
        family: the cases that share others' fate; None where no case is told of.
        traceparent: of the fact's trace, so that one report is one trace over all services.
    """

    tx: Tx
    now: datetime
    traceparent: str | None = None
    correlation_id: str | None = None
    family: Family | None = None

    def case(
        self, key: str, body: Body, *, passes: bool = False, but: frozenset[str] = frozenset()
    ) -> int:
        """Tell everybody; returns the version. The key is locked.

        What happens to a parent happens to its parts: all of it comes by here.

        Args:
            but: parts that are told in another way.
        """
        version = self._emit(CASES, key, body, passes=passes)
        if self.family is not None and isinstance(body, CaseEvent):
            parts = [part for part in self.family.parts(key) if part.id not in but]
            for outcome in fate(parts, body, self.now) if parts else ():
                self.family.keep(self.moved(outcome))
        return version

    def inbox(self, agency: AgencyCode, key: str, body: Body, *, passes: bool = False) -> int:
        """Tell one agency; returns the version. The key is locked."""
        return self._emit(inbox_of(agency), key, body, passes=passes)

    def moved(self, outcome: Moved) -> CaseFile:
        """Tell what became of a case: everybody, and the agencies that did not do it themselves.

        Returns:
            The case after it; where somebody else than its owner turned it, older commands of the
            owner's are stale now.
        """
        file, version = outcome.file, 0
        for event in outcome.events:
            version = self.case(file.id, event)
        last = outcome.events[-1]
        if outcome.taken_from is not None:
            reason = last.note or file.case.rule or last.by
            gone = CaseTakenAway(case=for_inbox(file.case), reason=reason)
            self.inbox(outcome.taken_from, file.id, gone)
        if outcome.handed_over is not None:
            self.inbox(outcome.handed_over, file.id, handed_over(file))
        if outcome.told is not None:
            for event in outcome.events:
                told = event.model_copy(update={"case": for_inbox(event.case)})
                self.inbox(outcome.told, file.id, told)
        given = outcome.taken_from is not None or outcome.handed_over is not None
        turned = given or outcome.turned
        return file.turned_by_others(version, last.by) if turned else file

    def reopened(self, parent: CaseFile, part: str, note: str | None) -> CaseFile:
        """A parent is at work again by the dispute of a part's reporter, and so are its others.

        Args:
            parent: at work again.
            part: which was told of its own dispute.
            note: what its reporter said, for the owner alone.

        Returns:
            The parent after it; older commands of its owner's are stale now.
        """
        event = CaseReopened(case=parent.case, by=ROUTING)  # its own reporter said nothing
        version = self.case(parent.id, event, but=frozenset({part}))
        if parent.case.owner is not None and parent.case.handed_on_at is None:
            told = event.model_copy(update={"case": for_inbox(parent.case), "note": note})
            self.inbox(parent.case.owner, parent.id, told)
        return parent.turned_by_others(version, REPORTER)

    def _emit(self, topic: str, key: str, body: Body, *, passes: bool) -> int:
        return self.tx.emit(
            Event(
                topic=topic,
                key=key,
                body=body,
                time=self.now,
                traceparent=self.traceparent,
                correlation_id=self.correlation_id,
                passes=passes,
            )
        )


@contextlib.contextmanager
def publisher_of(
    tx: Tx, fact: Fact, now: datetime, name: str, family: Family | None = None
) -> Iterator[Publisher]:
    """A publisher within the fact's trace; a span of its own only where the trace is sampled.

    Args:
        tx: the batch's unit of work.
        fact: what is being applied.
        now: when that is (UTC).
        name: the span's, fixed words.
        family: the cases that share others' fate.
    """
    if not is_sampled(fact.traceparent):
        yield Publisher(tx, now, fact.traceparent, fact.correlation_id, family)
        return
    with start_span(name, traceparent=fact.traceparent, kind=SpanKind.CONSUMER):
        yield Publisher(tx, now, current_traceparent(), fact.correlation_id, family)
