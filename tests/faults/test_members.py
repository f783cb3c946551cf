"""Members of routing's consumer come and go every 5 s, relays too: no event twice, all in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from tests.bench.reports import received
from tests.bench.world import World, role, world
from tests.proof.agencies import Agencies, agencies_at_work, one_in_four
from tests.proof.city_in_test import told
from tests.proof.members import LONGEST_S, Deaths, Member, Sharing, Watcher, first_dead
from tests.proof.records import end_offsets, read_all
from tests.proof.routed import CONSUMED, LETTERS, Routed, violations

from mrk_delivery.events import Event, headers_of
from mrk_intake.domain.report import Received
from mrk_intake.service import SERVICE as INTAKE
from mrk_intake.store.accept import event_of
from mrk_routing.consumers import commands, reports
from mrk_schemas.registry import REPORTS, outbox_of
from mrk_schemas.reports import InformationAdded

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

_PREFIX: Final = "MRK_ROUTING_"
_MEMBERS: Final = 3
_EVERY_S: Final = 5.0
_BEFORE, _AFTER = "consumer.before_commit", "consumer.after_commit"
_TURNS: Final = (None, None, _BEFORE, None, None, _AFTER)
"""How a member goes, every 5 s, while the one that went before it comes back: told to end (None),
or killed (-9) with a batch in its hands, one that is undone or one that is handed out once more.
For 15 s after a kill the broker waits for the dead one and gives nobody work: the two that go then
meet that, the others a group at work."""
_RELAYS_LEAVE, _RELAY_DIES = 0, 1
"""The turns in which each relay is told to end and comes back, and in which the one that sends is
killed with events in its hands. None of them has sent those: no record may be there twice."""
_BACKLOG: Final = 2_000
_TOGETHER: Final = 15
_PAUSE_S: Final = 0.5
_REPEATED: Final = 10
_AT_WORK: Final = """
select complaint_id from case_file
where state not in ('resolved', 'triage') and body ->> 'handed_on_at' is null
"""
_STREAMS: Final = "select key, version from stream"


@dataclass
class _Run:
    """What a run of the test has.

    Attributes:
        sent: complaint ids of the reports that the broker took.
    """

    world: World
    pool: asyncpg.Pool
    consumers: list[Member]
    relays: list[Member]
    agencies: Agencies
    watched: list[Watcher]
    sent: set[str] = field(default_factory=set)

    @property
    def topics(self) -> dict[str, tuple[str, ...]]:
        """What each group reads."""
        outboxes = tuple(outbox_of(code) for code in self.world.pack.agencies)
        return {reports.GROUP: (REPORTS,), commands.GROUP: outboxes}

    async def shared(self, others: Iterable[Sharing]) -> list[Sharing]:
        """Wait until all members share each group's partitions, none of the group's `others`."""
        pairs = zip(self.watched, others, strict=True)
        waits = [watcher.shared_by(_MEMBERS, other) for watcher, other in pairs]
        try:
            return await asyncio.wait_for(asyncio.gather(*waits), LONGEST_S)
        except TimeoutError:
            logs = [member.told() for member in self.consumers]
            pytest.fail("\n".join([*(str(w.sharings) for w in self.watched), *logs]))

    async def send(self, number: int) -> None:
        """So many reports at once."""
        async with AIOKafkaProducer(**self.world.kafka_options, linger_ms=5) as producer:
            await self._send(producer, received(self.world.pack, number))

    async def stream(self, enough: asyncio.Event) -> None:
        """Some reports every half second."""
        async with AIOKafkaProducer(**self.world.kafka_options, linger_ms=5) as producer:
            while not enough.is_set():
                await self._send(producer, received(self.world.pack, _TOGETHER))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(enough.wait(), _PAUSE_S)

    async def _send(self, producer: AIOKafkaProducer, items: Iterable[Received]) -> None:
        """Each with what its reporter adds; some come twice, as after a death of intake's relay."""
        for number, item in enumerate(items):
            event = event_of(item)
            added = InformationAdded(report=item.report, note="Sampai pagi ini masih begitu.")
            facts = (event, Event(REPORTS, event.key, added, event.time))
            for _ in range(1 if number % _REPEATED else 2):
                for sequence, fact in enumerate(facts, 1):
                    await _append(producer, fact, sequence)
            self.sent.add(event.key)

    async def churn(self) -> None:
        """Members come and go; at the end all are back."""
        gone: Member | None = None
        for turn, point in enumerate(_TURNS):
            next_at = monotonic() + _EVERY_S
            back, gone = gone, self.consumers[turn % _MEMBERS]
            if back is not None:
                await back.start()
            if point is None:
                await _told_to_end(gone)
            else:
                gone.deaths.order(point)
                await _soon(gone.dead())
            if turn == _RELAYS_LEAVE:
                for relay in self.relays:
                    await _told_to_end(relay)
                    await relay.start()
            elif turn == _RELAY_DIES:
                self.relays[0].deaths.order("relay.before_produce")
                await (await _soon(first_dead(self.relays))).start()
            await asyncio.sleep(max(0.0, next_at - monotonic()))
        if gone is not None:
            await gone.start()

    @property
    def killed(self) -> list[str]:
        """The points of work at which members were killed."""
        dying = (*(member.deaths for member in self.consumers), self.relays[0].deaths)
        return sorted(point for deaths in dying for point in deaths.points)

    async def drained(self) -> None:
        """Wait until all has been read, decided, answered and sent."""
        left: dict[str, int] = {}
        try:
            async with asyncio.timeout(LONGEST_S):
                while left := await self._left():
                    await asyncio.sleep(0.5)
        except TimeoutError:
            pytest.fail("\n".join([str(left), *(member.told() for member in self.consumers)]))

    async def _left(self) -> dict[str, int]:
        working = [row[0] for row in await self.pool.fetch(_AT_WORK)]
        found = {
            "outbox": await self.pool.fetchval("select count(*) from outbox"),
            "cases at work": sum(map(self.agencies.answers, working)),
        }
        done = await self._done()
        for part, end in (await self._ends()).items():
            found[part[0]] = found.get(part[0], 0) + end - done.get(part, 0)
        return {what: n for what, n in found.items() if n}

    async def _ends(self) -> dict[tuple[str, str, int], int]:
        return {
            (group, topic, number): end
            for group, topics in self.topics.items()
            for (topic, number), end in (await end_offsets(self.world.bootstrap, topics)).items()
        }

    async def _done(self) -> dict[tuple[str, str, int], int]:
        rows = await self.pool.fetch(CONSUMED)
        return {(r["group_id"], r["topic"], r["partition_no"]): r["next_offset"] for r in rows}

    async def found(self) -> Routed:
        """What routing has made of it all."""
        return Routed(
            sent=self.sent,
            answered=self.agencies.answers,
            commands=self.agencies.sent,
            refused=self.agencies.refused,
            ends=await self._ends(),
            consumed=await self._done(),
            log=await read_all(self.world.bootstrap),
            events=await self.pool.fetch("select * from case_event order by seq"),
            streams={row["key"]: row["version"] for row in await self.pool.fetch(_STREAMS)},
            cases=[row[0] for row in await self.pool.fetch("select complaint_id from case_file")],
            handled=await self.pool.fetch("select topic, key, sequence from handled"),
            handled_ids=await self.pool.fetch("select topic, id from handled_id"),
            letters=await self.pool.fetchval(LETTERS),
        )


async def _soon(work: Awaitable[Member]) -> Member:
    return await asyncio.wait_for(work, LONGEST_S)


async def _told_to_end(member: Member) -> None:
    """Tell it to end, and see that it did so by itself."""
    assert await member.leave() == 0, member.told()


async def _append(producer: AIOKafkaProducer, event: Event, sequence: int) -> None:
    headers = headers_of(
        INTAKE,
        id_=event.id,
        type_=event.body.TYPE,
        time=event.time,
        subject=event.key,
        sequence=sequence,
        traceparent=None,
        correlation_id=None,
    )
    await producer.send(REPORTS, event.body.to_json(), key=event.key.encode(), headers=headers)


@asynccontextmanager
async def _run(folder: Path) -> AsyncIterator[_Run]:
    """Servers, agencies, three consumers and two relays; all of them ended at the end."""
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(world())
        dsn = await made.database("mrk_routing")
        pool = await stack.enter_async_context(asyncpg.create_pool(dsn, min_size=1, max_size=2))
        environment = made.settings(_PREFIX, dsn)

        def member(name: str, number: int, deaths: Deaths) -> Member:
            log = folder / f"{name}-{number}.log"
            return Member(log, role("mrk_routing", name), environment, _PREFIX, deaths)

        sending = Deaths(folder / "relays", "routing.relay")
        relays = [member("relay", n, sending) for n in range(2)]
        consumers = [
            member("consumer", n, Deaths(folder / f"consumer-{n}", "routing.consumer"))
            for n in range(_MEMBERS)
        ]
        for each in (*consumers, *relays):
            stack.push_async_callback(each.end)
            await each.start()
        agencies = await stack.enter_async_context(agencies_at_work(made.bootstrap, one_in_four))
        watched = [Watcher(made.bootstrap, group) for group in (reports.GROUP, commands.GROUP)]
        for watcher in watched:
            await stack.enter_async_context(_beside(watcher.run()))
        yield _Run(made, pool, consumers, relays, agencies, watched)


@asynccontextmanager
async def _beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Work that goes on until the block ends; its failure is the block's."""
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_no_event_twice_and_all_in_order_while_members_come_and_go(tmp_path: Path) -> None:
    begun, enough = monotonic(), asyncio.Event()
    async with _run(tmp_path) as run:
        first = await run.shared([{} for _ in run.watched])
        await run.send(_BACKLOG)
        async with asyncio.TaskGroup() as group:
            group.create_task(run.stream(enough))
            await run.churn()
            enough.set()
        await run.drained()
        await run.shared(first)
        for member in (*run.consumers, *run.relays):
            await _told_to_end(member)
        found = await run.found()

    sharings = {watcher.group: len(watcher.sharings) for watcher in run.watched}
    print(f"{len(run.sent)} reports, partitions shared out {sharings}, {monotonic() - begun:.0f} s")
    wrong = violations(found)
    assert not any(wrong.values()), told(wrong)
    assert run.killed == sorted([_BEFORE, _AFTER, "relay.before_produce"])
