"""Webhooks: an agency's inbox is queued for each of its endpoints, and sent in order.

The feed is read as `GET …/inbox` reads it, so whatever is written to an inbox is sent, whoever
writes it, and writing costs nothing more.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final
from uuid import UUID

import asyncpg
from standardwebhooks.webhooks import Webhook

from mrk_delivery.clock import Clock
from mrk_delivery.tx import Tx, unit
from mrk_delivery.work import (
    Done,
    Held,
    Job,
    LookUp,
    Outcome,
    Resend,
    Retry,
    Skipped,
    Told,
    Work,
)
from mrk_routing.gateways.hooks import Hooks, NotSent, Reply
from mrk_routing.service import SERVICE
from mrk_routing.store import endpoints, feed
from mrk_routing.store.endpoints import QUEUE, Endpoint, key_of
from mrk_routing.store.feed import Horizon, Posted
from mrk_routing.store.secrets import Seal
from mrk_routing.workers.turns import turns
from mrk_telemetry import metrics
from mrk_telemetry.health import Beat, Condition
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
EVERY_S: Final = 0.2
_AT_ONCE: Final = 200
_MEASURE_EVERY_S: Final = 5.0
_OK: Final = range(200, 300)
_GONE: Final = 410
_LATER: Final = frozenset({408, 429})
_CLIENT_ERRORS: Final = range(400, 500)


class Pump:
    """Queues what came to inboxes for their endpoints; several may run.

    Args:
        pool: of routing's database.
        horizon: how far the feed is whole.
        beat: told at each turn.
        ready: whether the database answers.
    """

    def __init__(self, pool: asyncpg.Pool, horizon: Horizon, beat: Beat, ready: Condition) -> None:
        self._pool = pool
        self._horizon = horizon
        self._beat = beat
        self._ready = ready
        self._measured_at = float("-inf")

    async def run(self, stop: Stop) -> None:
        """Queue until stopped. A database that is away is asked again.

        Raises:
            Exception: a defect.
        """
        await turns(
            self._turn,
            stop,
            self._beat,
            every_s=EVERY_S,
            failed="webhooks.not_queued",
            ready=self._ready,
        )

    async def _turn(self) -> bool:
        more = await self.once()
        await self._measure()
        return more

    async def once(self) -> bool:
        """Queue some of what came; whether there is more."""
        upto = await self._horizon.now(self._pool)
        more = False
        async with unit(self._pool, SERVICE) as tx:
            behind = await endpoints.behind(tx.conn, upto)
            # a settling call holds this lock: a turn in a lane is then never missed
            await tx.lock(key_of(each.id) for each in behind)
            for each in behind:
                found = await feed.read(tx.conn, each.agency, each.position, upto, _AT_ONCE)
                for posted in found:
                    tx.enqueue(_work(each, posted))
                whole = len(found) < _AT_ONCE
                await endpoints.reached(tx.conn, each.id, upto if whole else found[-1].seq)
                more = more or not whole
        return more

    async def _measure(self) -> None:
        if monotonic() - self._measured_at >= _MEASURE_EVERY_S:
            metrics.webhook_endpoints(await endpoints.counted(self._pool))
            self._measured_at = monotonic()


def _work(endpoint: Endpoint, posted: Posted) -> Work:
    return Work(
        queue=QUEUE,
        lane=f"{posted.key}:{endpoint.id}",
        key=key_of(endpoint.id),
        kind="event",
        payload={
            "endpoint": str(endpoint.id),
            "key": posted.key,
            "version": posted.version,
            "topic": posted.topic,
        },
        dedupe=f"{endpoint.id}:{posted.id}",
        traceparent=posted.traceparent,
    )


class Sender:
    """The handler of the queue.

    Args:
        pool: of routing's database.
        hooks: makes the calls.
        seal: opens secrets.
        clock: the domain's.
        give_up: how long a message is offered to an endpoint that answers 4xx.
        real: real time, which receivers compare (UTC).
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what sending needs
        self,
        pool: asyncpg.Pool,
        hooks: Hooks,
        seal: Seal,
        clock: Clock,
        give_up: timedelta,
        real: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._hooks = hooks
        self._seal = seal
        self._clock = clock
        self._give_up = give_up
        self._real = real

    async def perform(self, job: Job) -> Outcome:
        """Send one message, as its event is now.

        Raises:
            SecretUnreadable: the key is not the one that sealed the secret.
        """
        given = job.payload
        endpoint = await endpoints.find(self._pool, UUID(given["endpoint"]))
        if endpoint is None:
            return Skipped("the endpoint was removed")
        if endpoint.stopped_at is not None:
            return Held("the endpoint is stopped")
        posted = await feed.one(self._pool, given["key"], given["version"], given["topic"])
        if posted is None:
            return Skipped("there is no such event")
        body = json.dumps(posted.structured(), ensure_ascii=False, separators=(",", ":"))
        secrets = opened(endpoint, self._seal, self._clock.now())
        headers = signed(secrets, str(posted.id), body, self._real())
        try:
            reply = await self._hooks.post(endpoint.url, headers, body.encode())
        except NotSent as error:
            return await self._failed(endpoint, error.why)
        return await self._answered(endpoint, job, reply)

    def may_have_left(self, job: Job, error: Exception) -> bool:
        """Twice is right: the receiver knows a message again by its id."""
        del job, error
        return False

    async def look_up(self, job: Job) -> LookUp:
        """An endpoint can't be asked; twice, with one id, is better than not at all."""
        del job
        return Resend()

    async def settled(self, tx: Tx, job: Job, outcome: Told) -> None:
        """All is well again, once a message got through."""
        if isinstance(outcome, Done):
            await endpoints.well(tx.conn, UUID(job.payload["endpoint"]))

    async def drained(self, tx: Tx, key: str) -> None:
        """No erasure is of an endpoint's own key."""
        del tx, key

    async def _answered(self, endpoint: Endpoint, job: Job, reply: Reply) -> Outcome:
        status = reply.status
        if status in _OK:
            return Done({"status": status})
        if status == _GONE:
            await endpoints.stop(self._pool, endpoint.id, "gone", self._clock.now())
            get_logger().warning("webhook.gone", endpoint=str(endpoint.id), agency=endpoint.agency)
            return Held("the endpoint is gone: HTTP 410")
        asked = reply.retry_after_s
        retry = await self._failed(
            endpoint, f"HTTP {status}", None if asked is None else timedelta(seconds=asked)
        )
        refused = status in _CLIENT_ERRORS and status not in _LATER
        if refused and self._clock.now() - job.created_at > self._give_up:
            return Held(f"refused for too long: HTTP {status}")
        return retry

    async def _failed(self, endpoint: Endpoint, why: str, after: timedelta | None = None) -> Retry:
        await endpoints.failed(self._pool, endpoint.id, why, self._clock.now())
        return Retry(why, after)


def opened(endpoint: Endpoint, seal: Seal, now: datetime) -> list[bytes]:
    """The secrets that sign at ``now`` (UTC): two while one is rotated.

    Raises:
        SecretUnreadable: the key is not the one that sealed them.
    """
    boxes = [endpoint.secret]
    if endpoint.former_secret is not None and endpoint.former_until is not None:
        boxes += [endpoint.former_secret] if now < endpoint.former_until else []
    return [seal.opened(endpoint.id, box) for box in boxes]


def signed(secrets: Sequence[bytes], message: str, body: str, at: datetime) -> dict[str, str]:
    """Headers of Standard Webhooks.

    Args:
        secrets: each of them signs.
        message: id of the message.
        body: what is sent.
        at: when it is sent, in real time (UTC).
    """
    return {
        "content-type": CONTENT_TYPE,
        "user-agent": "medan-rumah-kita",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(each).sign(message, at, body) for each in secrets),
    }
