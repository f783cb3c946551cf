"""What routing published, against the reckoning: case by case, fact by fact."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from tests.week.almanac import Almanac
from tests.week.deeds import OPENINGS, Done
from tests.week.hearing import Heard
from tests.week.reckoning import Alarm, Reckoning
from tests.week.wall import Looks

_BY_TIME = {"reminded", "escalated", "resumed"}
_BY_KIN = {"merged", "unmerged"}


def _is_by_time(heard: Heard) -> bool:
    closed = heard.kind == "closed" and heard.body["reason"] == "confirmation-window"
    return closed or heard.kind in _BY_TIME


def _alarm(heard: Heard) -> Alarm:
    match heard.kind:
        case "reminded":
            return Alarm("reminded", heard.body["clock"], str(heard.body["share"]))
        case "escalated":
            level = heard.case["escalation"]
            skipped = tuple(heard.body.get("skipped", ()))
            return Alarm("escalated", level["clock"], level["level"], skipped)
        case kind:
            return Alarm(kind)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Verdict:
    """All differences, and how much was compared.

    Attributes:
        counts: what was found right.
        late: by how long what was due was told, in seconds, where time had passed by itself.
        differences: a difference each, as it was published and as it was reckoned.
        stories: of each case that differs: its facts, with the derivations that were published.
    """

    counts: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)


class Judge:
    """Compares.

    Args:
        almanac: the city's time.
        looks: when what is due must have been told.
        until: the end of the play.
    """

    def __init__(self, almanac: Almanac, looks: Looks, until: datetime) -> None:
        self._almanac = almanac
        self._looks = looks
        self._until = until
        self.verdict = Verdict()

    def case(
        self,
        facts: Sequence[Heard],
        inbox: Sequence[Heard],
        done: Sequence[Done],
        parents: Mapping[str, Sequence[Heard]] = MappingProxyType({}),
    ) -> None:
        """Judge one case.

        Args:
            facts: what `complaint.cases.v1` says of it.
            inbox: what all agencies' inboxes say of it.
            done: what was done with it, or with another of its family and so with it, in order.
            parents: what is told of cases of which it was part, by their ids.
        """
        found = _OneCase(self._almanac, self._looks, self.verdict, facts, done, parents)
        wrong = [
            *_in_order(facts),
            *found.walk(self._until),
            *_inboxes(self._almanac, facts, inbox),
        ]
        if wrong:
            first = facts[0].case
            who = f"{first['tracking_number']} ({facts[0].complaint}, {first.get('category')})"
            self.verdict.differences += [f"{who}: {each}" for each in wrong]
            self.verdict.stories.append("\n".join([who, *_story(facts)]))
        self.verdict.counts["cases"] += 1


class _OneCase:
    def __init__(  # all that one is judged by
        self,
        almanac: Almanac,
        looks: Looks,
        verdict: Verdict,
        facts: Sequence[Heard],
        done: Sequence[Done],
        parents: Mapping[str, Sequence[Heard]],
    ) -> None:
        self._almanac = almanac
        self._looks = looks
        self._verdict = verdict
        self._parents = parents
        self._facts = list(facts)
        self._told = [(kind, one) for one in done for kind in one.deed.meaning.told]
        self._wrong: list[str] = []
        self._since = facts[0].at
        self._parent: Sequence[Heard] = ()
        case = facts[0].case
        received = _moment(case["received_at"])
        self._mine = Reckoning(almanac, received, case["kind"], case.get("category"))

    def walk(self, until: datetime) -> list[str]:
        first, rest = self._facts[0], self._facts[1:]
        OPENINGS[first.kind](self._mine, first.at)
        self._compare(first)
        while rest and not self._wrong:
            fact = rest[0]
            if _is_by_time(fact):
                many = sum(each.at == fact.at and _is_by_time(each) for each in rest)
                self._by_time(fact.at, rest[:many])
                rest = rest[many:]
            elif fact.kind in _BY_KIN and fact.body["by"] == "routing":
                self._by_kin(fact)
                rest = rest[1:]
            else:
                self._by_hand(fact)
                rest = rest[1:]
        if not self._wrong:
            self._nothing_left_out(until)
            self._wrong += [f"{kind} was done and never told" for kind, _ in self._told]
            if self._mine.is_part and not self._mine.ended and self._parent_ended() is not None:
                self._say("it is still part of a case that ended")
        return self._wrong

    def _by_time(self, at: datetime, told: Sequence[Heard]) -> None:
        due = self._due()
        expected = self._mine.pass_time(at)
        found = [_alarm(each) for each in told]
        if due is None or found != expected:
            self._say(f"at {self._local(at)} told {found}, reckoned {expected}, due {due}")
            return
        latest = self._looks.latest(due)
        if latest is not None and at > latest:
            self._say(f"{found} due {self._local(due)}, told only {self._local(at)}")
        elif self._looks.passes(due, at):
            self._verdict.late.append((at - due).total_seconds())
        for each, alarm in zip(told, found, strict=True):
            self._verdict.counts[f"{alarm.what} {alarm.step or ''}".strip()] += 1
            self._verdict.counts["levels skipped after the outage"] += len(alarm.skipped)
            if alarm.what == "escalated":
                self._same("escalated at", _moment(each.case["escalation"]["at"]), at)
        # the state is whole after the last of them alone
        self._compare(told[-1])

    def _by_hand(self, fact: Heard) -> None:
        self._nothing_left_out(fact.at)
        if not self._told or self._told[0][0] != fact.kind:
            self._say(f"{fact.kind} at {self._local(fact.at)} was told, and nobody did it")
            return
        kind, one = self._told.pop(0)
        if not one.began - timedelta(seconds=2) <= fact.at <= one.seen:
            self._say(f"{kind} was done {one.began} to {one.seen}, and told as of {fact.at}")
        if kind == one.deed.meaning.told[0]:
            one.deed.meaning.reckon(self._mine, fact.at)
        self._since = fact.at
        self._verdict.counts["deeds"] += kind == one.deed.meaning.told[-1]
        self._compare(fact)

    def _by_kin(self, fact: Heard) -> None:
        """It became part of another case by itself, or its parent ended."""
        self._nothing_left_out(fact.at)
        if fact.kind == "merged":
            self._parent = self._parents[fact.case["part_of"]]
            first = self._parent[0]
            self._mine.joined(first.at if first.kind == "handed-on" else None)
        elif self._parent_ended() != fact.at:
            self._say(f"alone as of {fact.at}, its parent ended {self._parent_ended()}")
        else:
            self._mine.left()
        self._since = fact.at
        self._verdict.counts[f"{fact.kind} by itself"] += 1
        self._compare(fact)

    def _parent_ended(self) -> datetime | None:
        return next((each.at for each in self._parent if "ending" in each.case), None)

    def _due(self) -> datetime | None:
        """What passed while a clock stood still is due once it runs again."""
        due = self._mine.next_at()
        return due if due is None else max(due, self._since)

    def _nothing_left_out(self, until: datetime) -> None:
        due = self._due()
        latest = self._looks.latest(due) if due is not None else None
        if due is not None and latest is not None and latest < until:
            ahead = self._mine.pass_time(due)
            self._say(f"{ahead} was due {self._local(due)}, and not told before {until}")

    def _compare(self, fact: Heard) -> None:
        case = fact.case
        dues = {each["clock"]: _moment(each["due_at"]) for each in case.get("deadlines", ())}
        self._same(f"due dates after {fact.kind}", dues, self._mine.due_dates)
        self._verdict.counts["due dates"] += len(dues)
        until = _moment(case["waiting"]["until"]) if "waiting" in case else None
        self._same(f"wait after {fact.kind}", until, self._mine.waits_until)
        self._same(f"ended after {fact.kind}", "ending" in case, self._mine.ended)
        self._same(f"part after {fact.kind}", "part_of" in case, self._mine.is_part)

    def _same(self, what: str, theirs: object, mine: object) -> None:
        if theirs != mine:
            self._say(f"{what}: published {self._told_of(theirs)}, reckoned {self._told_of(mine)}")

    def _told_of(self, value: object) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{name} {self._told_of(each)}" for name, each in value.items())
        return self._local(value) if isinstance(value, datetime) else str(value)

    def _local(self, at: datetime) -> str:
        return f"{self._almanac.local(at):%a %d %b %H:%M:%S.%f}"[:-3]

    def _say(self, wrong: str) -> None:
        self._wrong.append(wrong)


def _story(facts: Sequence[Heard]) -> Iterable[str]:
    for fact in facts:
        what = f"{fact.body.get('clock', '')} {fact.body.get('share', '')}".strip()
        if fact.kind == "escalated":
            what = f"{fact.case['escalation']['clock']} {fact.case['escalation']['level']}"
        yield f"  {fact.at:%a %d %b %H:%M:%S} UTC {fact.kind} {what} ({fact.case.get('owner')})"
    for due in facts[-1].case.get("deadlines", ()):
        yield f"  {due['clock']}: {due['due_at']}, {due['derivation']}"


def _in_order(facts: Sequence[Heard]) -> Iterable[str]:
    """Versions grow, time never goes back, and no fact comes twice."""
    for before, after in pairwise(facts):
        if after.sequence <= before.sequence or after.at < before.at:
            yield f"{after.kind} {after.sequence} came after {before.kind} {before.sequence}"
    if len({fact.id for fact in facts}) != len(facts):
        yield "a fact was told twice"


def _inboxes(almanac: Almanac, facts: Sequence[Heard], inbox: Sequence[Heard]) -> Iterable[str]:
    """What time did is on the inbox of whoever had the case then, once, and on no other.

    Authorities that are not the city's have none: they hear by the national copy.
    """

    def told(heard: Heard, topic: str) -> tuple[Any, ...]:
        return (heard.at, topic, _alarm(heard))

    wanted = Counter(
        told(fact, f"agency.{fact.case.get('owner', almanac.stands_in)}.inbox.v1")
        for fact in facts
        if _is_by_time(fact) and fact.case.get("owner") not in almanac.elsewhere
    )
    found = Counter(told(each, each.topic) for each in inbox if _is_by_time(each))
    for what, count in (wanted - found).items():
        yield f"not on its inbox {count} times: {what}"
    for what, count in (found - wanted).items():
        yield f"on an inbox {count} times too often: {what}"
