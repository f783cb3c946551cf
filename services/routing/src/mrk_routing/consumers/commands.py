"""``agency.<code>.outbox.v1``: what agencies want done with their cases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from mrk_delivery.clock import Clock
from mrk_delivery.events import Fact, Record
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx
from mrk_routing.domain.answers import refusal_key
from mrk_routing.domain.case_file import for_inbox
from mrk_routing.domain.command import COMMANDS, Order, decide
from mrk_routing.domain.due import DueDates
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.refusals import Rule
from mrk_routing.store import cases, families
from mrk_routing.store.families import Family
from mrk_routing.store.publishing import Publisher, publisher_of
from mrk_schemas.agencies import Command, CommandDone, CommandRefused
from mrk_schemas.ids import AgencyCode
from mrk_schemas.registry import agency_of, outbox_of
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

GROUP = "routing.commands"

DONE = "done"
"""What the metric calls a command that took effect."""

UNREADABLE = "unreadable"
"""The rule that refuses what cannot be understood."""

UNREADABLE_MEND = (
    "Send CloudEvents 1.0 in binary mode, one of the case commands of the published schema, with"
    " a new ce_id and the complaint id as the record's key."
)
_LONGEST_ID = 100


@dataclass(slots=True)
class _Batch:
    tx: Tx
    now: datetime
    family: Family
    strangers: list[tuple[Fact, AgencyCode, Rule]] = field(default_factory=list)
    done: list[tuple[str, AgencyCode, str]] = field(default_factory=list)
    refused: list[tuple[str, Rule]] = field(default_factory=list)
    """By topic."""


class Commands:
    """Applies batches of agencies' commands.

    Args:
        agencies: codes of all agencies of the city.
        dues: the city's.
        clock: the domain's.
    """

    def __init__(self, agencies: Iterable[AgencyCode], dues: DueDates, clock: Clock) -> None:
        self._agencies = tuple(sorted(agencies))
        self._dues = dues
        self._clock = clock

    def subscription(self) -> Subscription:
        """The contract of this consumer: it never parks, and answers what it cannot read."""
        return Subscription(
            group=GROUP,
            topics=tuple(outbox_of(code) for code in self._agencies),
            handles=frozenset(command.TYPE for command in COMMANDS),
            guard="id",
            park=False,
            unreadable=self.refuse_unreadable,
            kin=families.kin_of_facts,
            apply=self,
        )

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Apply a batch, each case's commands in order: one read and one update of cases."""
        existing = {fact.key for fact in facts if fact.key in tx.streams}
        batch = _Batch(tx, self._clock.now(), await families.gather(tx, existing))
        for fact in facts:
            self._apply(batch, fact)
        await self._refuse_strangers(batch)
        await cases.update(tx.conn, batch.family.to_store(), self._dues)
        tx.after_commit(lambda: _tell(batch))

    async def refuse_unreadable(self, tx: Tx, record: Record, reason: str) -> None:
        """Answer a record that cannot be understood; the library keeps its bytes."""
        id_ = _id_of(record)
        key = refusal_key(id_ or f"{record.topic}/{record.partition}/{record.offset}")
        await tx.lock([key])
        agency = _agency(record.topic)
        tx.after_commit(lambda: metrics.command(record.topic, UNREADABLE))
        Publisher(tx, self._clock.now()).inbox(
            agency,
            key,
            CommandRefused(
                agency=agency,
                command_id=id_,
                rule=UNREADABLE,
                reason=reason,
                mend=UNREADABLE_MEND,
            ),
        )

    def _apply(self, batch: _Batch, fact: Fact) -> None:
        command: Command = fact.body
        agency = _agency(fact.topic)
        stream = batch.tx.streams.get(fact.key)
        order = Order(agency, fact.key, command, self._agencies)
        outcome = decide(
            batch.family.files.get(fact.key),
            order,
            stream.version if stream else 0,
            batch.now,
            self._dues,
        )
        match outcome:
            case Moved(file=file, remark=remark):
                batch.family.keep(file)
                batch.done.append((file.id, agency, fact.type))
                opened = publisher_of(batch.tx, fact, batch.now, "case.command", batch.family)
                with opened as publish:
                    publish.moved(outcome)
                    done = CommandDone(
                        command_id=fact.id,
                        command_type=fact.type,
                        case=for_inbox(file.case),
                        remark=remark,
                    )
                    publish.inbox(agency, file.id, done)
            case Refused(rule):
                batch.refused.append((fact.topic, rule))
                with publisher_of(batch.tx, fact, batch.now, "case.command") as publish:
                    publish.inbox(agency, fact.key, _refusal(fact, agency, rule))
            case NotYours(rule):
                batch.strangers.append((fact, agency, rule))
            case _:
                assert_never(outcome)

    async def _refuse_strangers(self, batch: _Batch) -> None:
        """Under keys of their own: a case's versions must not tell a stranger that it exists."""
        if not batch.strangers:
            return
        batch.refused += [(fact.topic, rule) for fact, _, rule in batch.strangers]
        await batch.tx.lock(refusal_key(fact.id) for fact, _, _ in batch.strangers)
        for fact, agency, rule in batch.strangers:
            with publisher_of(batch.tx, fact, batch.now, "case.command") as publish:
                publish.inbox(agency, refusal_key(fact.id), _refusal(fact, agency, rule))


def _refusal(fact: Fact, agency: AgencyCode, rule: Rule) -> CommandRefused:
    return CommandRefused(
        agency=agency,
        command_id=fact.id,
        command_type=fact.type,
        complaint_id=fact.body.complaint_id,
        rule=rule.code,
        reason=rule.reason,
        mend=rule.mend,
    )


def _agency(topic: str) -> AgencyCode:
    code = agency_of(topic)
    if code is None:
        raise ValueError(f"{topic} is no agency's topic")
    return AgencyCode(code)


def _id_of(record: Record) -> str | None:
    """The command's id, where it has one that is text; the record itself may be damaged."""
    for name, value in record.headers:
        if name == "ce_id" and value:
            text = value.decode(errors="replace").replace("\x00", "�")
            return text[:_LONGEST_ID]
    return None


def _tell(batch: _Batch) -> None:
    """After the commit: one line a batch."""
    log = get_logger()
    for complaint, agency, type_ in batch.done:
        log.debug("case.command_done", complaint=complaint, agency=agency, type=type_)
        metrics.command(outbox_of(agency), DONE)
    for topic, rule in batch.refused:
        metrics.command(topic, rule.code)
    if batch.done or batch.refused:
        log.info("commands.decided", done=len(batch.done), refused=len(batch.refused))
