"""Everything that the invariants are judged by, gathered once all has drained."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import asyncpg
from tests.proof.records import Seen, end_offsets, read_all, stored

from mrk_cli.supervisor import Stack
from mrk_schemas.cases import CaseAnswered, CaseErased
from mrk_schemas.mirrors import (
    MirrorAnswered,
    MirrorBecameUnknown,
    MirrorFollowedUp,
    MirrorHandedOver,
)
from mrk_schemas.registry import CASES, DELIVERIES, MIRRORS, REPORTS, types_of
from mrk_schemas.reports import QuestionAnswered, ReportFollowed, ReportUnfollowed

EVENT_TABLES: Final[Mapping[str, str]] = {
    "intake": "report_event",
    "routing": "case_event",
    "spanlapor-bridge": "mirror_event",
    "notify": "delivery_event",
}
DRAIN_S: Final = float(os.environ.get("MRK_TEST_DRAIN_S", "60"))
"""Invariant 7. Only on a machine that does much else at the same time may it be more."""
COMMANDS: Final = "routing.commands"


@dataclass(frozen=True)
class Group:
    """What one consumer group reads, and what of it means nothing to it."""

    service: str
    name: str
    topics: tuple[str, ...]
    ignores: frozenset[str] = frozenset()


GROUPS: Final = (
    Group(
        "intake",
        "intake.timeline",
        (CASES, MIRRORS, DELIVERIES),
        frozenset({MirrorFollowedUp.TYPE, MirrorBecameUnknown.TYPE}),
    ),
    Group("routing", "routing.reports", (REPORTS,)),
    Group(
        "routing",
        "routing.mirrors",
        (MIRRORS,),
        types_of(MIRRORS) - {MirrorHandedOver.TYPE, MirrorAnswered.TYPE},
    ),
    Group(
        "spanlapor-bridge",
        "spanlapor-bridge.complaints",
        (REPORTS, CASES),
        frozenset(
            {CaseErased.TYPE, QuestionAnswered.TYPE, ReportFollowed.TYPE, ReportUnfollowed.TYPE}
        ),
    ),
    Group(
        "notify",
        "notify.complaints",
        (REPORTS, CASES),
        frozenset({CaseErased.TYPE, CaseAnswered.TYPE, QuestionAnswered.TYPE}),
    ),
)
"""All but the agencies' commands, whose topics depend on the city."""

_WAITING: Final = """
select 'outbox' as what, count(*) as n from outbox
union all select 'events that the broker refused', count(*) from outbox_dead
union all select 'work ' || queue || ' ' || state, count(*) from work
    where state in ('ready', 'running', 'unknown', 'held') group by queue, state
"""
_CONSUMED: Final = """
select group_id, topic, partition_no, max(next_offset) as next_offset
from consumed group by group_id, topic, partition_no
"""


class NotDrainedError(AssertionError):
    """After the time that was given, something still waited; names it."""


async def fetch(stack: Stack, service: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    """Rows of a service's database, over a connection of their own."""
    conn = await asyncpg.connect(stack.databases[service], timeout=10)
    try:
        rows: list[asyncpg.Record] = await conn.fetch(sql, *arguments)
        return rows
    finally:
        await conn.close()


async def waiting(
    stack: Stack, outboxes: tuple[str, ...], answers: Callable[[str], bool]
) -> dict[str, int]:
    """What still waits anywhere, by name; empty: everything has drained.

    Args:
        stack: the city's.
        outboxes: topics of the agencies' commands.
        answers: whether a case is worked on; one that is not may stay assigned.
    """
    found: dict[str, int] = {}
    for service in EVENT_TABLES:
        for row in await fetch(stack, service, _WAITING):
            found[f"{service}: {row['what']}"] = row["n"]
    mirrored = "select count(*) from report where kind <> 'whistleblowing'"
    reports = (await fetch(stack, "intake", mirrored))[0][0]
    # what is with another authority waits for nobody here
    cases = await fetch(
        stack,
        "routing",
        "select complaint_id, coalesce(body ->> 'part_of', complaint_id) as head,"
        " case when body ? 'handed_on_at' then 'handed on' else state end as state from case_file",
    )
    found["reports without a case"] = reports - len(cases)
    pairs = "select count(*) from duplicate_suggestion where pending"
    found["pairs to be linked"] = (await fetch(stack, "routing", pairs))[0][0]
    for row in cases:
        if row["state"] not in {"resolved", "triage", "handed on"} and answers(row["head"]):
            what = f"cases {row['state']}"
            found[what] = found.get(what, 0) + 1
    for group in (*GROUPS, Group("routing", COMMANDS, outboxes)):
        ends = await end_offsets(stack.kafka.bootstrap, group.topics)
        rows = await fetch(stack, group.service, _CONSUMED)
        done = {
            (row["topic"], row["partition_no"]): row["next_offset"]
            for row in rows
            if row["group_id"] == group.name
        }
        found[f"lag of {group.name}"] = sum(
            max(0, end - done.get(part, 0)) for part, end in ends.items()
        )
    return {what: n for what, n in found.items() if n}


async def drain(
    stack: Stack,
    outboxes: tuple[str, ...],
    answers: Callable[[str], bool],
    within_s: float = DRAIN_S,
    tell: Callable[[str], None] = print,
) -> float:
    """Wait until nothing waits any more; returns the seconds that it took.

    Raises:
        NotDrainedError: it took longer.
    """
    begun = monotonic()
    left: dict[str, int] = {}
    told = 0.0
    while (passed := monotonic() - begun) < within_s:
        left = await waiting(stack, outboxes, answers)
        if not left:
            return passed
        if passed - told > 10:
            tell(f"waiting at {passed:.0f} s: {left}")
            told = passed
        await asyncio.sleep(0.5)
    raise NotDrainedError(f"after {within_s:g} s: {left}")


@dataclass(frozen=True)
class Evidence:
    """All that was found.

    Attributes:
        reports: rows of intake.
        cases: complaint ids of routing's cases.
        log: every record of every topic.
        national: the store of SP4N-LAPOR!'s simulator.
        mail: the store of the mail server.
        events: ids in each service's event table.
        outbox: ids of those that still wait.
        handled: (topic, key, sequence) that each service has processed.
        handled_ids: (topic, id) of the commands that routing has processed.
        letters: open dead letters by service: topic, key, headers, reason.
    """

    reports: list[asyncpg.Record]
    cases: list[str]
    log: list[Seen]
    national: list[dict[str, Any]]
    mail: list[dict[str, Any]]
    events: dict[str, set[str]]
    outbox: dict[str, set[str]]
    handled: dict[str, set[tuple[str, str, int]]]
    handled_ids: set[tuple[str, str]]
    letters: dict[str, list[asyncpg.Record]]


async def gather(stack: Stack) -> Evidence:
    """Read it all."""
    events, outbox, handled, letters = {}, {}, {}, {}
    for service, table in EVENT_TABLES.items():
        rows = await fetch(stack, service, f"select id from {table}")  # noqa: S608  # a constant
        events[service] = {str(row["id"]) for row in rows}
        join = f"select e.id from outbox join {table} e using (key, version, topic)"  # noqa: S608
        outbox[service] = {str(row["id"]) for row in await fetch(stack, service, join)}
        seen = await fetch(stack, service, "select topic, key, sequence from handled")
        handled[service] = {(row["topic"], row["key"], row["sequence"]) for row in seen}
        letters[service] = await fetch(
            stack,
            service,
            "select topic, key, type, headers, reason from dead_letter"
            " where state in ('bad', 'queued', 'kept')",
        )
    ids = await fetch(stack, "routing", "select topic, id from handled_id")
    cases = await fetch(stack, "routing", "select complaint_id from case_file")
    return Evidence(
        reports=await fetch(stack, "intake", "select * from report"),
        cases=[row["complaint_id"] for row in cases],
        log=await read_all(stack.kafka.bootstrap),
        national=await stored(stack.plan.url("lapor")),
        mail=await stored(stack.plan.url("mail")),
        events=events,
        outbox=outbox,
        handled=handled,
        handled_ids={(row["topic"], row["id"]) for row in ids},
        letters=letters,
    )
