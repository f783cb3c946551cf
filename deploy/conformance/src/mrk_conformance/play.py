"""What routing would answer to an agency's commands, and what they say of the agency's system."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Final, assert_never

from mrk_conformance import agency_rules as rules
from mrk_conformance.findings import Findings
from mrk_conformance.ledger import Held, Ledger, Message, Story, message_of
from mrk_delivery.events import Fact, Record
from mrk_delivery.parse import Bad, Good, Ignored, parse
from mrk_delivery.subscription import Subscription
from mrk_routing.consumers.commands import UNREADABLE_MEND
from mrk_routing.domain import refusals
from mrk_routing.domain.answers import refusal_key
from mrk_routing.domain.case_file import for_inbox
from mrk_routing.domain.command import Order, decide
from mrk_routing.domain.outcome import Moved, NotYours, Refused
from mrk_routing.domain.refusals import Rule
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    CommandDone,
    CommandRefused,
    ResolveCase,
)
from mrk_schemas.registry import MODELS
from mrk_schemas.reports import (
    QuestionAnswered,
    ReportWithdrawn,
    SolutionConfirmed,
    SolutionDisputed,
)

_UNREADABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no-key": rules.KEY,
        "header": rules.HEADERS,
        "structured-mode": rules.HEADERS,
        "unknown-type": rules.HEADERS,
        "no-body": rules.SCHEMA,
        "body": rules.SCHEMA,
    }
)
_BROKEN_BY: Final[Mapping[Rule, str]] = MappingProxyType(
    {
        refusals.FUTURE_VERSION: rules.VERSION,
        refusals.ACCEPT_FIRST: rules.ACCEPT_FIRST,
        refusals.ALREADY_ACCEPTED: rules.ACTS_ONCE,
        refusals.ALREADY_RESOLVED: rules.ACTS_ONCE,
        refusals.ALREADY_ASKED: rules.ACTS_ONCE,
        refusals.NOBODY_TO_ASK: rules.BLANKED,
        refusals.PROOF_NOT_A_HASH: rules.SCHEMA,
    }
)
_WORDS: Final = 28
"""Characters of a made-up text by which it is known again; no two have the same."""


@dataclass(slots=True)
class Play:
    """Plays routing for one agency.

    Args:
        ledger: the made-up cases.
        subscription: routing's own, by which it reads the agency's outbox.
        findings: where what is seen is told.
        patience: how long a hand-over may wait for its first answer.
    """

    ledger: Ledger
    subscription: Subscription
    findings: Findings
    patience: timedelta
    _known: dict[str, bytes] = field(default_factory=dict)

    def receive(self, record: Record, now: datetime) -> list[Message]:
        """What routing says to one record of the outbox, in order."""
        parsed = parse(record, self.subscription, MODELS)
        match parsed:
            case Bad(code=code, reason=reason, type=type_):
                self.findings.failed(_UNREADABLE[code], f"{type_ or 'a record'}: {reason}")
                return [self._unreadable(record, reason, now)]
            case Good(fact=fact):
                return self._understood(record, fact, now)
            case Ignored():
                raise TypeError("commands are never ignored")
            case _:
                assert_never(parsed)

    def _understood(self, record: Record, fact: Fact, now: datetime) -> list[Message]:
        for code in (rules.HEADERS, rules.SCHEMA):
            self.findings.passed(code)
        digest = sha256(fact.type.encode() + b"\0" + (record.value or b"")).digest()
        if self._known.setdefault(fact.id, digest) != digest:
            reason = "this ce_id was used before with another body; use a new id"
            self.findings.failed(rules.COMMAND_ID, f"{fact.type}: {reason}")
            return [self._unreadable(record, reason, now)]
        if self._known[fact.id] is not digest:
            return []  # sent again, unchanged: it has happened
        self.findings.passed(rules.COMMAND_ID)
        held = self.ledger.cases.get(fact.body.complaint_id)
        if held is None:
            self.findings.failed(
                rules.OWN_CASES, f"{fact.type} for {fact.body.complaint_id}, never handed over"
            )
            return [self._refused(fact, refusals.NOT_THE_OWNER, None, now)]
        return self._of_case(held, fact, now)

    def _of_case(self, held: Held, fact: Fact, now: datetime) -> list[Message]:
        said = self._meanwhile(held, fact, now)
        if held.file.case.erased and held.words[:_WORDS] in fact.body.model_dump_json():
            self.findings.failed(
                rules.BLANKED, f"{fact.type} repeats the words of an erased report"
            )
        order = Order(self.ledger.agency, fact.key, fact.body)
        outcome = decide(held.file, order, held.version, now, self.ledger.dues)
        match outcome:
            case Moved(file, events, remark):
                self._moved(held, fact, now)
                self.ledger.took_effect(held, file, len(events))
                done = CommandDone(
                    command_id=fact.id,
                    command_type=fact.type,
                    case=for_inbox(file.case),
                    remark=remark,
                )
                return [*said, self.ledger.say(held, done, now), *self._then(held, fact, now)]
            case Refused(rule):
                self._broken(held, fact, rule)
                return [*said, self._refused(fact, rule, held, now)]
            case NotYours(rule):
                self._not_yours(held, fact, rule)
                return [*said, self._refused(fact, rule, None, now)]
            case _:
                assert_never(outcome)

    def _meanwhile(self, held: Held, fact: Fact, now: datetime) -> list[Message]:
        """What happened while the agency's first answer was under way."""
        if held.answered or len(held.said) != 1 or not isinstance(fact.body, AcceptCase):
            return []
        match held.story:
            case Story.TAKEN:
                return [self.ledger.take_away(held, now)]
            case Story.REFUSED:
                return [self.ledger.take_away(held, now), self.ledger.give_back(held, now)]
            case Story.BLANKED:
                return [self.ledger.blank(held, now)]
            case _:
                return []

    def _then(self, held: Held, fact: Fact, now: datetime) -> list[Message]:
        """What happens once the command took effect."""
        held.steps[fact.type] = held.did(fact.type) + 1
        first = held.did(fact.type) == 1
        match held.story, fact.body:
            case Story.WITHDRAWN, AcceptCase() if first:
                return [self.ledger.reporter(held, ReportWithdrawn, now)]
            case Story.REOPENED, ResolveCase() if first:
                # what is older comes again behind it: it must not win
                return [self.ledger.reporter(held, SolutionDisputed, now), held.said[0]]
            case Story.REOPENED, ResolveCase():
                return [self.ledger.reporter(held, SolutionConfirmed, now)]
            case Story.ASKED, AskReporter() if first:
                number = held.file.case.questions
                return [self.ledger.reporter(held, QuestionAnswered, now, question=number)]
            case _:
                return []

    def _moved(self, held: Held, fact: Fact, now: datetime) -> None:
        for code in (rules.KEY, rules.OWN_CASES, rules.VERSION, rules.ACCEPT_FIRST):
            self.findings.passed(code)
        if not held.answered:
            self._first_answer(held, fact, now)
        quoted = fact.body.case_version
        if held.story is Story.REOPENED and held.did(ResolveCase.TYPE) == 1:
            self.findings.passed(rules.REOPENED)
        if held.story is Story.ASKED and held.did(AskReporter.TYPE) and quoted > 1:
            self.findings.passed(rules.ANSWERED)

    def _first_answer(self, held: Held, fact: Fact, now: datetime) -> None:
        waited = now - held.opened_at
        if waited <= self.patience:
            self.findings.passed(rules.ACCEPTS)
        else:
            self.findings.failed(
                rules.ACCEPTS, f"{fact.type} came after {waited.total_seconds():.1f} s"
            )
        if held.story is Story.CONFIDENTIAL:
            self.findings.passed(rules.CONFIDENTIAL)
        elif held.story is Story.REFUSED:
            self.findings.passed(rules.REFUSED)
        elif held.story is Story.NEW_FIELD:
            self.findings.passed(rules.UNKNOWN_FIELD)

    def _broken(self, held: Held, fact: Fact, rule: Rule) -> None:
        seen = f"{fact.type} quoting version {fact.body.case_version}: {rule.reason}"
        if held.stopped:
            self.findings.failed(rules.ENDED, seen)
        elif rule in _BROKEN_BY:
            self.findings.failed(_BROKEN_BY[rule], seen)
        # stale, or an end that crossed the command on its way: the agency may still mend it

    def _not_yours(self, held: Held, fact: Fact, rule: Rule) -> None:
        if rule is refusals.WRONG_KEY:
            self.findings.failed(rules.KEY, f"{fact.type}: {rule.reason}")
        elif held.stopped or not self._had_it(held):
            self.findings.failed(rules.TAKEN_AWAY, f"{fact.type} after the case was taken away")

    @staticmethod
    def _had_it(held: Held) -> bool:
        return held.story in {Story.TAKEN, Story.REFUSED} or held.answered

    def _unreadable(self, record: Record, reason: str, now: datetime) -> Message:
        id_ = next(
            (v.decode(errors="replace") for n, v in record.headers if n == "ce_id" and v), ""
        )
        body = CommandRefused(
            agency=self.ledger.agency,
            command_id=id_ or None,
            rule="unreadable",
            reason=reason,
            mend=UNREADABLE_MEND,
        )
        key = refusal_key(id_ or f"{record.topic}/{record.partition}/{record.offset}")
        return message_of(key, body, 1, now)

    def _refused(self, fact: Fact, rule: Rule, held: Held | None, now: datetime) -> Message:
        command: Command = fact.body
        body = CommandRefused(
            agency=self.ledger.agency,
            command_id=fact.id,
            command_type=fact.type,
            complaint_id=command.complaint_id,
            rule=rule.code,
            reason=rule.reason,
            mend=rule.mend,
        )
        if held is None:
            return message_of(refusal_key(fact.id), body, 1, now)
        return self.ledger.say(held, body, now)
