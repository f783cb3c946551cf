"""The seven invariants, each a function from what was found to what violates it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from tests.proof import followers, linked
from tests.proof.agencies import returns
from tests.proof.evidence import GROUPS, Evidence
from tests.proof.ledger import Ledger
from tests.proof.records import Seen, gaps
from tests.proof.residents import Resident, Residents

from mrk_notify.domain.letter import message_id
from mrk_schemas import cases, mirrors
from mrk_schemas.deliveries import MessageSent
from mrk_schemas.registry import CASES, DELIVERIES, MIRRORS, REPORTS
from mrk_schemas.reports import QuestionAnswered, Report, ReportFollowed, ReportReceived

SENDER: Final = "pengaduan@medan.example"
_ASSIGNED: Final = cases.CaseAssigned.TYPE
_TRIAGE: Final = (cases.CaseSentToTriage.TYPE,)
_RETURNED: Final = (_ASSIGNED, cases.CaseReturned.TYPE, cases.CaseSentToTriage.TYPE)
_SOLVED: Final = (
    _ASSIGNED,
    cases.CaseAccepted.TYPE,
    cases.CaseProgressed.TYPE,
    cases.CaseResolved.TYPE,
)
_ASKED: Final = (
    *_SOLVED[:2],
    cases.CaseAsked.TYPE,
    cases.CaseAnswered.TYPE,
    *_SOLVED[2:],
)
_HANDED_ON: Final = (cases.CaseHandedOn.TYPE,)
_UNTOLD: Final = {cases.CaseAnswered.TYPE, QuestionAnswered.TYPE, ReportFollowed.TYPE}
"""What tells the reporter nothing: what they did themselves, and who follows."""


@dataclass
class Judge:
    """Judges what was found.

    Args:
        found: the evidence.
        ledger: what the load client knows.
        residents: what was sent under each number.
        commands: distinct ids that the agencies sent, by topic.
        repeats_allowed: how many e-mails at most may have come twice: kills and lost answers.
        answers: whether a case is worked on by its agency.
        asks: whether its reporter is asked something, and answers.
    """

    found: Evidence
    ledger: Ledger
    residents: Residents
    commands: Mapping[str, set[str]]
    repeats_allowed: int
    answers: Callable[[str], bool]
    asks: Callable[[str], bool]

    def violations(self) -> dict[str, list[str]]:
        """All of them, by invariant."""
        return {
            "1 every ok is stored": self.stored(),
            "2 one case, one mirror, one message a step": self.once_outside(),
            "3 nothing without an ok or an info": self.nothing_else(),
            "4 one report a key": self.one_a_key(),
            "5 versions increase": self.versions(),
            "6 conservation": self.conservation(),
        }

    @cached_property
    def _facts(self) -> dict[str, dict[str, list[Seen]]]:
        """Distinct facts by topic and complaint, in the log's order, first occurrences."""
        known: set[str] = set()
        facts: dict[str, dict[str, list[Seen]]] = defaultdict(lambda: defaultdict(list))
        for record in self.found.log:
            if record.id not in known:
                known.add(record.id)
                facts[record.topic][record.key].append(record)
        return {topic: dict(by_key) for topic, by_key in facts.items()}

    def _of(self, topic: str, complaint: str) -> list[Seen]:
        """What a topic tells of a complaint."""
        return self._facts.get(topic, {}).get(complaint, [])

    @cached_property
    def _complaints(self) -> dict[str, str]:
        """Complaint id by tracking number, by intake's own table."""
        return {row["tracking_number"]: str(row["id"]) for row in self.found.reports}

    @cached_property
    def _by_resident(self) -> dict[int | None, str]:
        """Complaint id by the report's number."""
        known = self.ledger.by_tracking().items()
        return {entry.number: self._complaints[n] for n, entry in known if n in self._complaints}

    def stored(self) -> list[str]:
        """Invariant 1."""
        return [f"{n} is lost" for n in self.ledger.by_tracking() if n not in self._complaints]

    def once_outside(self) -> list[str]:
        """Invariant 2, counted where it was sent to."""
        owned = Counter(self.found.cases)
        wrong: list[str] = []
        for number, entry in self.ledger.by_tracking().items():
            complaint = self._complaints.get(number)
            if complaint is None or entry.number is None:
                continue
            resident = self.residents.report(entry.number)
            steps = self._of(CASES, complaint)
            if owned[complaint] != (0 if resident.whistle else 1):
                wrong.append(f"{number}: {owned[complaint]} cases")
            if (head := linked.head(steps)) is not None:
                wrong += linked.wrong(number, steps, self._of(CASES, head))
            elif not self._possible(complaint, resident, steps):
                wrong.append(f"{number}: its case went {[s.type.split('.')[4] for s in steps]}")
            if (other := self._by_resident.get(resident.neighbour)) is not None:
                wrong += linked.apart(self._facts.get(CASES, {}), complaint, other)
            wrong += self._mirrored(number, complaint, steps, resident)
            if resident.email is not None:
                wrong += self._letters(number, complaint, steps, self._mail[resident.email])
            if resident.follower is not None:
                facts, got = self._of(REPORTS, complaint), self._mail[resident.follower]
                wrong += followers.wrong(number, facts, steps, got, SENDER)
        repeats = sum(n - 1 for found in self._mail.values() for n in found.values())
        if repeats > self.repeats_allowed:
            wrong.append(f"{repeats} e-mails came again, at most {self.repeats_allowed} may have")
        return wrong

    @cached_property
    def _national(self) -> dict[str, list[dict[str, Any]]]:
        """The national system's records by our reference."""
        found = defaultdict(list)
        for record in self.found.national:
            found[record["reference"]].append(record)
        return found

    @cached_property
    def _mail(self) -> dict[str, Counter[str]]:
        """How often each Message-ID came to an address."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for message in self.found.mail:
            for address in message["to"]:
                found[address][message["message_id"]] += 1
        return found

    def _mirrored(
        self, number: str, complaint: str, steps: list[Seen], resident: Resident
    ) -> list[str]:
        wrong = []
        once = 0 if resident.whistle else 1
        filed = self._national.get(number, [])
        if len(filed) != once:
            wrong.append(f"{number}: {len(filed)} copies at the national system")
        # the first fact is the filing; what is not the city's is filed, and then handed on
        handed_on = tuple(fact.type for fact in steps[:1]) == _HANDED_ON
        later = steps if handed_on else steps[1:]
        expected = {f"Referensi: {number}/{fact.sequence}" for fact in later}
        for record in filed:
            told = (*record["followups"], *record["rejections"])
            came = Counter(f["content"].strip().splitlines()[-1] for f in told)
            if set(came) != expected or max(came.values(), default=1) > 1:
                wrong.append(f"{number}: follow-ups {dict(came)}, expected {sorted(expected)}")
        mirror = [fact.type for fact in self._of(MIRRORS, complaint)]
        if mirror.count(mirrors.MirrorFiled.TYPE) != once:
            wrong.append(f"{number}: mirrors {mirror}")
        return wrong

    def _letters(
        self, number: str, complaint: str, steps: list[Seen], got: Counter[str]
    ) -> list[str]:
        about = {
            message_id(fact.id, SENDER): fact
            for fact in (*self._of(REPORTS, complaint), *steps)
            if fact.type not in _UNTOLD
        }
        wrong = []
        if set(got) != set(about):
            lost = [about[m].type for m in about if m not in got]
            wrong.append(f"{number}: e-mails lost {lost}, and {len(set(got) - set(about))} strange")
        flagged = {
            sent.delivery.about
            for fact in self._of(DELIVERIES, complaint)
            if fact.type == MessageSent.TYPE
            and (sent := MessageSent.model_validate_json(fact.value)).delivery.reason == "repeated"
        }
        wrong += [
            f"{number}: an e-mail came {n} times, unflagged"
            for m, n in got.items()
            if n > 1 and m in about and about[m].id not in flagged
        ]
        return wrong

    def _possible(self, complaint: str, resident: Resident, steps: list[Seen]) -> bool:
        journey = tuple(fact.type for fact in steps)
        if resident.whistle:
            return not journey
        if journey == _HANDED_ON:
            case = cases.CaseHandedOn.model_validate_json(steps[0].value).case
            return case.owner in self.residents.elsewhere
        if not self.answers(complaint):
            return journey in {_TRIAGE, (_ASSIGNED,)}
        solved = _ASKED if self.asks(complaint) else _SOLVED
        return journey in {_TRIAGE, _RETURNED if returns(complaint) else solved}

    def nothing_else(self) -> list[str]:
        """Invariant 3."""
        known = self.ledger.by_tracking()
        unsure = len(self.ledger.of_state("info", "invoke"))
        strange = [number for number in self._complaints if number not in known]
        wrong = []
        if len(strange) > unsure:
            wrong.append(f"{len(strange)} reports that nobody was told of, {unsure} are unsure")
        refused = [r for r in self._texts().values() if r is not None and "keliru" in r]
        wrong += [f"a refused text was stored: {text}" for text in refused]
        numbers = set(self._complaints)
        wrong += [
            f"a copy at the national system belongs to nobody: {record['reference']}"
            for record in self.found.national
            if record["reference"] not in numbers
        ]
        complaints = set(self._complaints.values())
        wrong += [
            f"{topic} tells of {key}, which intake does not know"
            for topic in (REPORTS, CASES, MIRRORS, DELIVERIES)
            for key in self._facts.get(topic, {})
            if key not in complaints
        ]
        return wrong

    def one_a_key(self) -> list[str]:
        """Invariant 4."""
        wrong = [
            f"{entry.key}: {sorted(entry.tracking)}"
            for entry in self.ledger.entries.values()
            if len(entry.tracking) > 1
        ]
        texts = self._texts()
        for number, entry in self.ledger.by_tracking().items():
            if entry.number is None:
                wrong.append(f"{entry.key} was to be refused and is {number}")
                continue
            resident = self.residents.report(entry.number)
            text = texts.get(self._complaints.get(number, ""))
            mark = f"(Laporan ke-{entry.number} dari"
            if (text is None) != resident.whistle or (text is not None and mark not in text):
                wrong.append(f"{number}: another content than {entry.number}: {text!r}")
        return wrong

    def _texts(self) -> dict[str, str | None]:
        return {
            key: _report(facts[0]).text
            for key, facts in self._facts.get(REPORTS, {}).items()
            if facts and facts[0].type == ReportReceived.TYPE
        }

    def versions(self) -> list[str]:
        """Invariant 5; of what routing says, on whichever topic, no version is left out."""
        wrong = gaps(self.found.log, "/medan/routing")
        for topic, by_key in self._facts.items():
            for key, facts in by_key.items():
                of_source: dict[str, int] = {}
                for fact in facts:
                    if fact.sequence and fact.sequence <= of_source.get(fact.source, 0):
                        wrong.append(f"{topic} {key}: {[f.sequence for f in facts]}")
                        break
                    of_source[fact.source] = fact.sequence
        return wrong

    def conservation(self) -> list[str]:
        """Invariant 6, once nothing waits: published = processed + dead letters."""
        wrong = []
        for service, events in self.found.events.items():
            published = {r.id for r in self.found.log if r.source == f"/medan/{service}"}
            missing = events - self.found.outbox[service] - published
            if missing or published - events:
                strange = len(published - events)
                wrong.append(f"{service}: {len(missing)} unpublished, {strange} from nowhere")
            wrong += [
                f"{service}: a dead letter of {row['topic']} {row['key']}: {row['reason']}"
                for row in self.found.letters[service]
            ]
        for group in GROUPS:
            published_facts = {
                (r.topic, r.key, r.sequence)
                for r in self.found.log
                if r.topic in group.topics and r.type not in group.ignores
            }
            handled = {h for h in self.found.handled[group.service] if h[0] in group.topics}
            if published_facts != handled:
                lost, more = published_facts - handled, handled - published_facts
                wrong.append(f"{group.name}: {len(lost)} unprocessed, {len(more)} from nowhere")
        commands = {(topic, id_) for topic, ids in self.commands.items() for id_ in ids}
        if commands != self.found.handled_ids:
            lost_ids = commands - self.found.handled_ids
            wrong.append(f"{len(lost_ids)} commands unprocessed of {len(commands)}")
        return wrong


def _report(fact: Seen) -> Report:
    return ReportReceived.model_validate_json(fact.value).report
