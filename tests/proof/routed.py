"""What must hold of routing alone, once its topics are read and its outbox is empty."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import asyncpg
from tests.proof.agencies import returns
from tests.proof.records import Seen

from mrk_schemas import cases
from mrk_schemas.agencies import CommandDone
from mrk_schemas.registry import CASES, REPORTS

CONSUMED: Final = "select group_id, topic, partition_no, next_offset from consumed"
LETTERS: Final = "select (select count(*) from dead_letter) + (select count(*) from parked)"

_SOURCE: Final = "/medan/routing"
_UNOWNED: Final = {(cases.CaseSentToTriage.TYPE,), (cases.CaseHandedOn.TYPE,)}
_LEFT: Final = (cases.CaseAssigned.TYPE,)
_ADDED: Final = {cases.CaseInformationAdded.TYPE, cases.CaseActionSetAside.TYPE}
"""What is told of what the reporter added, wherever the case stands."""
_RETURNED: Final = (
    cases.CaseAssigned.TYPE,
    cases.CaseReturned.TYPE,
    cases.CaseSentToTriage.TYPE,
)
_SOLVED: Final = (
    cases.CaseAssigned.TYPE,
    cases.CaseAccepted.TYPE,
    cases.CaseProgressed.TYPE,
    cases.CaseResolved.TYPE,
)

Part = tuple[str, str, int]
"""Group, topic, partition."""


@dataclass(frozen=True)
class Routed:
    """All that was found.

    Attributes:
        sent: complaint ids of the reports; each was told of twice: received, and added to.
        answered: whether its agency works on a case.
        commands: ids that the agencies sent, by topic.
        refused: rules that refused a command.
        ends: where the log of each part ends.
        consumed: the offset that comes next, as the database has it.
        log: every record of every topic.
        events: rows of `case_event`, in the order in which they were committed.
        streams: the version that each key has reached.
        cases: complaint ids of the cases.
        handled: rows of `handled`.
        handled_ids: rows of `handled_id`.
        letters: how many dead letters and parked keys there are.
    """

    sent: set[str]
    answered: Callable[[str], bool]
    commands: Mapping[str, set[str]]
    refused: Mapping[str, int]
    ends: Mapping[Part, int]
    consumed: Mapping[Part, int]
    log: Sequence[Seen]
    events: Sequence[asyncpg.Record]
    streams: Mapping[str, int]
    cases: Sequence[str]
    handled: Sequence[asyncpg.Record]
    handled_ids: Sequence[asyncpg.Record]
    letters: int

    @cached_property
    def told(self) -> list[Seen]:
        """Records of routing's, each partition's in the log's order."""
        return [record for record in self.log if record.source == _SOURCE]


def violations(found: Routed) -> dict[str, list[str]]:
    """What violates each, by name."""
    return {
        "each report is one case": _cases(found),
        "no event twice": _events(found),
        "versions have no gap and leave in order": _order(found),
        "a case goes its way once": _journeys(found),
        "each command takes effect once": _commands(found),
        "all that was read was processed, once": _conserved(found),
    }


def _cases(found: Routed) -> list[str]:
    counted = Counter(found.cases)
    return [
        f"{key}: {counted[key]} cases" for key in found.sent | set(counted) if counted[key] != 1
    ]


def _events(found: Routed) -> list[str]:
    """One record an event, one event a version, and what was committed is what was sent."""
    records = Counter(record.id for record in found.told)
    wrong = [f"{id_}: {many} records" for id_, many in records.items() if many > 1]
    versions = Counter((record.key, record.sequence) for record in found.told)
    wrong += [f"{key} {n}: {many} events" for (key, n), many in versions.items() if many > 1]
    stored = {str(row["id"]): (row["topic"], row["key"], row["body"]) for row in found.events}
    sent = {record.id: (record.topic, record.key, record.value) for record in found.told}
    wrong += [f"{id_} was sent otherwise than stored" for id_ in _unlike(stored, sent)]
    return wrong


def _order(found: Routed) -> list[str]:
    """By complaint: committed as 1, 2, 3 …, to the last; each topic has its own in that order."""
    wrong = []
    committed = _by_key((row["key"], row["version"]) for row in found.events)
    for key, last in found.streams.items():
        if committed.get(key, []) != list(range(1, last + 1)):
            wrong.append(f"{key}: committed {committed.get(key)}, the last is {last}")
    sent: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record in found.told:
        sent[record.topic, record.key].append(record.sequence)
    wrong += [f"{topic} {key}: {n}" for (topic, key), n in sent.items() if n != sorted(n)]
    return wrong


def _journeys(found: Routed) -> list[str]:
    steps = _by_key((record.key, record.type) for record in found.told if record.topic == CASES)
    wrong = []
    for key in found.sent:
        went = tuple(type_ for type_ in steps.get(key, ()) if type_ not in _ADDED)
        added = len(steps.get(key, ())) - len(went)
        owned = (_RETURNED if returns(key) else _SOLVED) if found.answered(key) else _LEFT
        if (went not in _UNOWNED and went != owned) or added != 1:
            wrong.append(f"{key}: {[type_.split('.')[-2] for type_ in steps.get(key, ())]}")
    return wrong


def _commands(found: Routed) -> list[str]:
    done = Counter(
        CommandDone.model_validate_json(record.value).command_id
        for record in found.told
        if record.type == CommandDone.TYPE
    )
    sent = {id_ for ids in found.commands.values() for id_ in ids}
    wrong = [f"command {id_} was done {done[id_]} times" for id_ in sent if done[id_] != 1]
    return [*wrong, *(f"refused {n} times: {rule}" for rule, n in found.refused.items())]


def _conserved(found: Routed) -> list[str]:
    wrong = [
        f"{part}: {found.consumed.get(part, 0)} of {n}"
        for part, n in found.ends.items()
        if found.consumed.get(part, 0) != n
    ]
    handled = Counter((r["topic"], r["key"], r["sequence"]) for r in found.handled)
    published = {(r.topic, r.key, r.sequence) for r in found.log if r.topic == REPORTS}
    wrong += [
        f"{fact} was processed {handled[fact]} times"
        for fact in published | set(handled)
        if handled[fact] != 1
    ]
    ids = {(topic, id_) for topic, sent in found.commands.items() for id_ in sent}
    known = {(row["topic"], row["id"]) for row in found.handled_ids}
    wrong += [f"command {id_} was not processed" for id_ in ids ^ known]
    if found.letters:
        wrong.append(f"{found.letters} dead letters and parked keys")
    return wrong


def _by_key(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [id_ for id_ in one.keys() | other.keys() if one.get(id_) != other.get(id_)]
