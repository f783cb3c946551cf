"""An agency's endpoint: a real HTTP server that keeps what it gets and answers as told."""

import base64
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrk_delivery.clock import Clock
from mrk_delivery.settlement import Settler
from mrk_delivery.work import Job, Outcome, WorkPolicy
from mrk_delivery.work_store import take
from mrk_routing.gateways.hooks import Hooks, hook_client
from mrk_routing.service import SERVICE
from mrk_routing.store import endpoints
from mrk_routing.store.feed import Horizon
from mrk_routing.store.secrets import Seal
from mrk_routing.workers.hooks import Pump, Sender
from mrk_telemetry.health import Health
from mrk_web.server import serve_http

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()
SECRET = b"s" * 32
POLICY = WorkPolicy(4, None, base_s=0.001, cap_s=0.001, lease_s=30, grace_s=0, look_up_every_s=1)
GIVE_UP = timedelta(hours=120)


class Receiver:
    """What an agency builds: it verifies each message and knows it again by its id."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[dict[str, Any]], Response] = lambda _: Response(status_code=204)

    @property
    def types(self) -> list[str]:
        return [event["type"].removeprefix("id.go.medan.") for _, event in self.got]

    async def take(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        self.raw.append((headers, body))
        event = Webhook(SECRET).verify(body, headers)
        self.got.append((headers["webhook-id"], event))
        return self.answer(event)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = Starlette(routes=[Route("/hooks", receiver.take, methods=["POST"])])
    async with serve_http(app, "127.0.0.1", 0) as listening:
        receiver.url = f"http://127.0.0.1:{listening.port}/hooks"
        yield receiver


async def registered(
    pool: asyncpg.Pool, url: str, agency: str = "sdabmbk", secret: bytes = SECRET
) -> UUID:
    id_ = uuid4()
    box, now = Seal(KEY).sealed(id_, secret), Clock().now()
    place = await Horizon().now(pool)
    assert await endpoints.add(pool, id_, agency, url, box, place, now)
    return id_


class Worker:
    """The role's parts, turned by hand."""

    def __init__(self, pool: asyncpg.Pool, hooks: Hooks, clock: Clock) -> None:
        health = Health()
        self.pool = pool
        self.pump = Pump(pool, Horizon(), health.progress("p", 60), health.condition("d"))
        self.sender = Sender(pool, hooks, Seal(KEY), clock, GIVE_UP)
        self.settler = Settler(pool, SERVICE, self.sender, POLICY)

    async def took(self) -> list[Job]:
        async with self.pool.acquire() as conn, conn.transaction():
            return await take(conn, endpoints.QUEUE, 10, POLICY.lease_s)

    async def turn(self) -> list[Outcome]:
        """Queue what came, and make each call that is due, once."""
        while await self.pump.once():
            pass
        outcomes = []
        for job in await self.took():
            outcome = await self.sender.perform(job)
            await self.settler.answer(job, outcome)
            outcomes.append(outcome)
        return outcomes

    async def drain(self) -> None:
        """Until nothing is due any more."""
        while await self.turn():
            pass

    async def states(self) -> list[str]:
        rows = await self.pool.fetch("select state from work where queue = 'webhook' order by id")
        return [row["state"] for row in rows]


@asynccontextmanager
async def working(pool: asyncpg.Pool, clock: Clock | None = None) -> AsyncIterator[Worker]:
    async with hook_client() as client:
        yield Worker(pool, Hooks(client, LOOPBACK), clock or Clock())
