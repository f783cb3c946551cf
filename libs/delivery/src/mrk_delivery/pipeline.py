"""A batch of records becomes one transaction: guard, state, events, dead letters, offsets.

A batch that fails is done again key by key, each in a savepoint, so that a bad record costs its
own key alone.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from mrk_delivery import guard, letters
from mrk_delivery.blank import blank_dead_letters
from mrk_delivery.errors import Poison, TooManyBadError, is_transient
from mrk_delivery.events import Fact, Record
from mrk_delivery.parse import Bad, Good, Ignored, parse
from mrk_delivery.service import Service
from mrk_delivery.subscription import Subscription
from mrk_delivery.tx import Tx, unit
from mrk_telemetry import metrics
from mrk_telemetry.logs import get_logger

MANY_KEYS = 20
"""From this many distinct keys on, more than half bad ones stop the consumer."""
_REMEMBERED_KEYS = 100

_OFFSETS = """
insert into consumed (group_id, topic, topic_id, partition_no, next_offset)
select $1, * from unnest($2::text[], $3::text[], $4::int[], $5::bigint[])
on conflict (group_id, topic, topic_id, partition_no)
do update set next_offset = greatest(consumed.next_offset, excluded.next_offset)
"""


class Pipeline:
    """Processes batches of one subscription. One batch at a time."""

    def __init__(self, pool: asyncpg.Pool, service: Service, subscription: Subscription) -> None:
        self._pool = pool
        self._service = service
        self._subscription = subscription
        self._recent: OrderedDict[str, bool] = OrderedDict()

    async def process(self, records: Sequence[Record]) -> None:
        """Process a batch; when it returns, everything is committed.

        Raises:
            TooManyBadError: most recent keys are bad; nothing of this batch was committed.
            Exception: transient ones as they are; the same batch may be tried again.
        """
        if not records:
            return
        parsed = [parse(r, self._subscription, self._service.models) for r in records]
        try:
            failed = await self._attempt(records, parsed, isolate=False)
        except TooManyBadError:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            failed = await self._attempt(records, parsed, isolate=True)
        self._remember(parsed, failed)
        self._count(records, parsed)

    async def _attempt(
        self, records: Sequence[Record], parsed: Sequence[Good | Ignored | Bad], *, isolate: bool
    ) -> set[str]:
        sub = self._subscription
        async with unit(self._pool, self._service, points="consumer") as tx:
            ready, queued, bad = await self._sort_out(tx, parsed)
            await self.lock(tx, ready)
            await tx.lock({b.key for b in (*queued, *bad) if b.key is not None}, create=False)
            if sub.guard == "id":
                ready, reused = await guard.fresh_by_id(tx.conn, ready) if ready else ([], [])
                bad += reused
            elif not isolate and ready:
                offered = len(ready)
                ready = await guard.fresh_by_sequence(tx.conn, ready)
                metrics.duplicates(sub.topics[0], offered - len(ready))
            if isolate:
                bad_now, queued_now = await self._one_by_one(tx, ready)
                bad += bad_now
                queued += queued_now
            elif ready:
                await sub.apply(tx, self._facts(tx, ready))
            self._stop_when_most_are_bad(parsed, bad)
            await self._keep(tx, bad, queued)
            await tx.conn.execute(_OFFSETS, sub.group, *_next_offsets(records))
        return {b.key or f"{b.record.topic}/{b.record.partition}/{b.record.offset}" for b in bad}

    async def lock(self, tx: Tx, ready: Sequence[Good]) -> None:
        """All streams that the facts concern, in one sorted go."""
        sub = self._subscription
        keys = {g.fact.key for g in ready}
        if sub.kin is not None and ready:
            keys |= await sub.kin(tx.conn, [g.fact for g in ready])
        await tx.lock(keys, create=sub.guard == "sequence")

    async def _sort_out(
        self, tx: Tx, parsed: Sequence[Good | Ignored | Bad]
    ) -> tuple[list[Good], list[Bad], list[Bad]]:
        """Split into ready, queued behind a parked key, and bad, in the order of arrival."""
        keyed = {
            (p.record.topic, key)
            for p in parsed
            if not isinstance(p, Ignored) and (key := _key(p)) is not None
        }
        blocked = await letters.parked(tx.conn, keyed) if self._subscription.park else set()
        ready: list[Good] = []
        queued: list[Bad] = []
        bad: list[Bad] = []
        for item in parsed:
            if isinstance(item, Ignored):
                continue
            key = _key(item)
            passes = isinstance(item, Good) and item.fact.type in self._subscription.passes
            if key is not None and (item.record.topic, key) in blocked and not passes:
                queued.append(_waiting(item))
            elif isinstance(item, Bad):
                bad.append(item)
                if key is not None and self._subscription.park:
                    blocked.add((item.record.topic, key))
            else:
                ready.append(item)
        return ready, queued, bad

    def _facts(self, tx: Tx, goods: Sequence[Good]) -> list[Fact]:
        """Facts by key, in order per key; those of erased keys without any words."""
        return [
            _without_words(g.fact)
            if (stream := tx.streams.get(g.fact.key)) is not None and stream.erased
            else g.fact
            for g in sorted(goods, key=lambda g: g.fact.key)
        ]

    async def _one_by_one(self, tx: Tx, goods: Sequence[Good]) -> tuple[list[Bad], list[Bad]]:
        bad: list[Bad] = []
        queued: list[Bad] = []
        blocked: set[tuple[str, str]] = set()
        for good in sorted(goods, key=lambda g: g.fact.key):
            pair = (good.fact.topic, good.fact.key)
            if pair in blocked:
                queued.append(_waiting(good))
                continue
            failure = await self.apply_one(tx, good)
            if failure is not None:
                bad.append(failure)
                if self._subscription.park:
                    blocked.add(pair)
        return bad, queued

    async def apply_one(self, tx: Tx, good: Good) -> Bad | None:
        """Apply one fact in a savepoint; its key must be locked.

        Returns:
            None when it took effect or had done so before, else why it is bad.
        """
        try:
            async with tx.savepoint():
                fresh = [good]
                if self._subscription.guard == "sequence":
                    fresh = await guard.fresh_by_sequence(tx.conn, fresh)
                if fresh:
                    await self._subscription.apply(tx, self._facts(tx, fresh))
        except Poison as error:
            return Bad(good.record, good.fact.key, good.fact.type, "poison", str(error))
        except Exception as error:
            if is_transient(error):
                raise
            # the error's own text may quote the record: its type and place are enough
            get_logger().exception("consumer.record_failed", topic=good.record.topic)
            reason = f"the handler failed: {type(error).__name__}"
            return Bad(good.record, good.fact.key, good.fact.type, "handler", reason)
        return None

    async def _keep(self, tx: Tx, bad: Sequence[Bad], queued: Sequence[Bad]) -> None:
        sub = self._subscription
        for item in bad:
            await letters.store(tx, sub.group, item, "bad" if sub.park else "kept")
            if sub.unreadable is not None:
                await sub.unreadable(tx, item.record, item.reason)
        for item in queued:
            await letters.store(tx, sub.group, item, "queued")
        kept = {item.key for item in (*bad, *queued) if item.key is not None}
        for key in sorted(kept & {key for key, s in tx.streams.items() if s.erased}):
            await blank_dead_letters(tx.conn, self._service, key)

    def _stop_when_most_are_bad(
        self, parsed: Sequence[Good | Ignored | Bad], bad: Sequence[Bad]
    ) -> None:
        if not self._subscription.park or not bad:
            return
        verdicts = dict(self._recent)
        verdicts.update({_name(p): False for p in parsed if not isinstance(p, Ignored)})
        verdicts.update({_name(b): True for b in bad})
        wrong = sum(verdicts.values())
        if len(verdicts) >= MANY_KEYS and wrong * 2 > len(verdicts):
            reasons = sorted({b.code for b in bad})
            raise TooManyBadError(
                f"{self._subscription.group}: {wrong} of the last {len(verdicts)} keys are bad"
                f" ({', '.join(reasons)}); nothing of this batch was taken. Mend the producer or"
                " roll back this release, then start again"
            )

    def _remember(self, parsed: Sequence[Good | Ignored | Bad], failed: set[str]) -> None:
        for item in parsed:
            if isinstance(item, Ignored):
                continue
            name = _name(item)
            self._recent.pop(name, None)
            self._recent[name] = name in failed
        while len(self._recent) > _REMEMBERED_KEYS:
            self._recent.popitem(last=False)

    def _count(self, records: Sequence[Record], parsed: Sequence[Good | Ignored | Bad]) -> None:
        metrics.batch("consumer", len(parsed))
        for topic in {r.topic for r in records}:
            metrics.events_in(topic, sum(1 for r in records if r.topic == topic))


def _key(item: Good | Bad) -> str | None:
    return item.fact.key if isinstance(item, Good) else item.key


def _name(item: Good | Bad) -> str:
    record = item.record
    return _key(item) or f"{record.topic}/{record.partition}/{record.offset}"


def _waiting(item: Good | Bad) -> Bad:
    type_ = item.fact.type if isinstance(item, Good) else item.type
    return Bad(item.record, _key(item), type_, "parked", "waits behind a dead letter of its key")


def _without_words(fact: Fact) -> Fact:
    return replace(fact, body=fact.body.blanked())


def _next_offsets(
    records: Sequence[Record],
) -> tuple[list[str], list[str], list[int], list[int]]:
    ends: dict[tuple[str, str, int], int] = {}
    for r in records:
        place = (r.topic, r.topic_id, r.partition)
        ends[place] = max(ends.get(place, 0), r.offset + 1)
    places = sorted(ends)
    return (
        [p[0] for p in places],
        [p[1] for p in places],
        [p[2] for p in places],
        [ends[p] for p in places],
    )
