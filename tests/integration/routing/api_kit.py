"""Role `api` within the test's own loop, a client of it, and access tokens."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_routing.consumers.commands import Commands
from mrk_routing.domain.access_tokens import Caller, SigningKey
from mrk_routing.domain.due import DueDates
from mrk_routing.http.api import LIMITS, Shares, api
from mrk_routing.http.inside import Door, Inside
from mrk_routing.store import agency_clients
from mrk_routing.store.feed import Horizon
from mrk_schemas.ids import AgencyCode
from mrk_web.server import harden

URL = "https://api.medan.example"
SEED = bytes(range(32))
KEY = SigningKey(SEED)
SEED_TEXT = base64.b64encode(SEED).decode()
AGENCY = "sdabmbk"
SECRETS = {"road-desk": (AGENCY, "s" * 43), "green-desk": ("dlh", "g" * 43)}


class Api:
    """What tests ask of the role."""

    def __init__(self, client: httpx.AsyncClient, clock: Clock) -> None:
        self.client = client
        self._clock = clock

    def token(self, client: str = "road-desk", agency: str = AGENCY) -> str:
        return KEY.issue(Caller(client, AgencyCode(agency)), URL, "t-1", self._clock.now())

    async def get(self, path: str, token: str | None = None, **query: Any) -> httpx.Response:
        return await self.client.get(
            f"/api/v1/agencies/{path}", params=query or None, headers=self._headers(token)
        )

    async def command(
        self,
        case: str,
        name: str,
        body: dict[str, Any],
        *,
        key: str | None = None,
        token: str | None = None,
        agency: str = AGENCY,
    ) -> httpx.Response:
        headers = {**self._headers(token), "idempotency-key": key or str(uuid4())}
        path = f"/api/v1/agencies/{agency}/cases/{case}/{name}"
        return await self.client.post(path, json=body, headers=headers)

    def _headers(self, token: str | None) -> dict[str, str]:
        given = self.token() if token is None else token
        return {"authorization": f"Bearer {given}", "accept-language": "en"}


@asynccontextmanager
async def serving(
    pool: asyncpg.Pool,
    pack: CityPack,
    clock: Clock,
    shares: Shares = Shares(1000, 1000, 1000),  # noqa: B008  # frozen
) -> AsyncIterator[Api]:
    """The guarded application on a migrated database, with the clients of `SECRETS`."""
    for client, (agency, secret) in SECRETS.items():
        await agency_clients.create(pool, client, agency, secret, clock.now())
    door = Door()
    door.open(Inside(pool, clock, Commands(pack.agencies, DueDates(pack), clock), Horizon()))
    app = harden(api(door, KEY, URL, shares), LIMITS)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # an ASGI app
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Api(client, clock)
