"""intake over a real database: the application as role `http` builds it, without a socket."""

import asyncio
import base64
import json
import os
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from mrk_city import CityPack, load_pack
from mrk_delivery import work_store
from mrk_delivery.calls import Caller
from mrk_delivery.clock import FixedClock
from mrk_delivery.database import closing, open_pool
from mrk_delivery.events import Record, headers_of
from mrk_delivery.migrate import migrate
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.settlement import Settler
from mrk_delivery.work import WorkPolicy
from mrk_intake.applications import pages_for_residents, private_api, public_api, storing
from mrk_intake.consumers.timeline import subscription
from mrk_intake.domain.keys import Keys
from mrk_intake.service import ATTACHMENTS, SERVICE
from mrk_intake.settings import HttpSettings, InternalSettings
from mrk_intake.store.accept import Acceptance
from mrk_intake.store.objects import Objects
from mrk_intake.store.old_rows import OldRows
from mrk_intake.workers.attachments import Examine, Keeper
from mrk_intake.workers.examination import examined
from mrk_intake.workers.sweep import ORPHAN_AGE, Sweep
from mrk_local.testing import Databases
from mrk_schemas.base import EventBody
from mrk_schemas.registry import REPORTS
from mrk_telemetry.health import Health

sys.path.insert(0, str(Path(__file__).parent))

from web_visitors import Browser, visitor, web_settings  # found by the path above

PACK = Path(__file__).parents[3] / "deploy" / "city" / "medan"
NOW = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)
TOKENS = {
    "notify": "n" * 40,
    "spanlapor-bridge": "b" * 40,
    "routing": "r" * 40,
}


@dataclass
class Intake:
    """intake as its clients and its database see it."""

    dsn: str
    pool: asyncpg.Pool
    clock: FixedClock
    keys: Keys
    settings: HttpSettings
    acceptance: Acceptance
    public: httpx.AsyncClient
    internal: httpx.AsyncClient
    objects: Objects
    sent: list[dict[str, Any]] = field(default_factory=list)
    tokens = TOKENS

    def report(self, **changes: Any) -> dict[str, Any]:
        """A report that is accepted; None takes a field away."""
        body = {
            "kind": "complaint",
            "category": "roads",
            "text": "Jalan berlubang besar di depan pasar, sudah dua motor jatuh minggu ini.",
            "location": {"lat": 3.5897, "lon": 98.6738},
            "address": "Jalan Ahmad Yani, Kesawan, Medan Barat",
            "reporter": {"name": "Butet Simanjuntak", "email": "butet@warga.example"},
            **changes,
        }
        return {name: value for name, value in body.items() if value is not None}

    async def send(
        self, key: str | None = None, headers: dict[str, str] | None = None, **changes: Any
    ) -> httpx.Response:
        """Send a report, under a new key unless one is given."""
        return await self.public.post(
            "/api/v1/reports",
            json=self.report(**changes),
            headers={"Idempotency-Key": key or secrets.token_hex(16), **(headers or {})},
        )

    async def accepted(self, **changes: Any) -> dict[str, Any]:
        """Send a report that must be accepted; its answer and its id."""
        answer = await self.send(**changes)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body | {"id": await self.id_of(body["tracking_number"])}

    async def id_of(self, number: str) -> UUID:
        """The report's id."""
        found: UUID = await self.pool.fetchval(
            "select id from report where tracking_number = $1", number
        )
        return found

    async def event(self, complaint: UUID, type_: str = "received") -> dict[str, Any]:
        """The body of a report's event."""
        body: bytes = await self.pool.fetchval(
            "select body from report_event where key = $1 and type = $2",
            str(complaint),
            f"id.go.medan.report.{type_}.v1",
        )
        found: dict[str, Any] = json.loads(body)
        return found

    async def count(self, table: str) -> int:
        """Rows of a table."""
        found: int = await self.pool.fetchval(f"select count(*) from {table}")  # noqa: S608  # a test's own word
        return found

    async def begun(self, length: int, filetype: str | None = None) -> str:
        """The address of a new upload."""
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length)}
        if filetype is not None:
            named = base64.b64encode(filetype.encode()).decode()
            headers["Upload-Metadata"] = f"filetype {named}"
        answer = await self.public.post("/api/v1/uploads", headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    async def uploaded(self, data: bytes, filetype: str | None = None) -> str:
        """The address of an upload that is complete and examined."""
        url = await self.begun(len(data), filetype)
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": "0",
        }
        answer = await self.public.patch(url, headers=headers, content=data)
        assert answer.status_code == 204, answer.text
        await self.worked()
        return url

    async def worked(self, examine: Examine = examined) -> int:
        """Do what role `worker` has to do; how many examinations it was."""
        sealing = self.settings.sealing()
        keeper = Keeper(self.pool, self.objects, sealing, Path(tempfile.gettempdir()), examine)
        policy = WorkPolicy(8, None, 60, 60, 60, 0, 1)
        caller, done = Caller(ATTACHMENTS, Settler(self.pool, SERVICE, keeper, policy)), 0
        while True:
            async with self.pool.acquire() as conn, conn.transaction():
                jobs = await work_store.take(conn, ATTACHMENTS, 8, 60)
            if not jobs:
                return done
            for job in jobs:
                await caller.attempt(job)
            done += len(jobs)

    async def swept(self) -> None:
        """Sweep the store once."""
        sweep = Sweep(self.pool, self.objects, Health().progress("sweep", 60))
        await sweep.once()
        await sweep.orphans(datetime.now(UTC) - ORPHAN_AGE)

    def objects_kept(self) -> dict[str, int]:
        """How many objects of each kind lie in the store."""
        top = Path(urlsplit(self.settings.attachments_url).path)
        kinds = [f.relative_to(top).parts[0] for f in top.rglob("*") if f.is_file()]
        return dict(Counter(kinds))

    def raw_contains(self, data: bytes) -> bool:
        """Whether these bytes lie in the store as they are."""
        top = Path(urlsplit(self.settings.attachments_url).path)
        return any(data in f.read_bytes() for f in top.rglob("*") if f.is_file())

    async def contact(self, caller: str, reporter: str) -> httpx.Response:
        """Ask for a contact as another service."""
        headers = {"Authorization": f"Bearer {TOKENS[caller]}", "X-Purpose": "test.read"}
        return await self.internal.get(f"/internal/v1/contacts/{reporter}", headers=headers)

    async def place(self, caller: str, complaint: object) -> httpx.Response:
        """Ask for a confidential place as another service."""
        headers = {"Authorization": f"Bearer {TOKENS[caller]}", "X-Purpose": "test.read"}
        return await self.internal.get(f"/internal/v1/places/{complaint}", headers=headers)

    async def details(self, caller: str, complaint: object) -> httpx.Response:
        """Ask for a confidential report's details as another service."""
        headers = {"Authorization": f"Bearer {TOKENS[caller]}", "X-Purpose": "test.read"}
        return await self.internal.get(f"/internal/v1/details/{complaint}", headers=headers)


def key_of_32(byte: int) -> str:
    """A key that a test can tell from others."""
    return base64.b64encode(bytes([byte]) + bytes(range(31))).decode()


def http_settings(dsn: str, **changes: Any) -> HttpSettings:
    """Role `http`'s settings, with limits that no test meets by accident."""
    values = {
        "environment": "test",
        "database_url": dsn,
        "listen": "127.0.0.1:0",
        "vault_key": key_of_32(1),
        "tracking_key": key_of_32(2),
        "public_url": "https://lapor.example/",
        "city_pack": PACK,
        "attachments_url": Path(tempfile.mkdtemp(dir=os.environ["MRK_TEST_RUN"])).as_uri(),
        "address_rate_per_second": 100_000,
        "address_rate_burst": 100_000,
        "read_rows_per_second": 1_000_000,
        "read_rows_burst": 1_000_000,
        **changes,
    }
    return HttpSettings(**values)


@pytest.fixture(scope="session")
def pack() -> CityPack:
    return load_pack(PACK)


async def _migrated(dsn: str) -> None:
    await migrate("mrk_intake", dsn)


@pytest.fixture
async def dsn(databases: Databases) -> str:
    """A fresh database of intake's."""
    return await databases.fresh("intake", _migrated)


@asynccontextmanager
async def running(
    dsn: str,
    pack: CityPack,
    *,
    pool_dsn: str | None = None,
    deadline_s: float = 8.0,
    **changes: Any,
) -> AsyncIterator[Intake]:
    """intake over a database; `pool_dsn` is another way to it."""
    settings = http_settings(dsn, **changes)
    inside = InternalSettings(
        environment="test",
        database_url=settings.database_url,
        listen="127.0.0.1:0",
        vault_key=settings.vault_key,
        vault_keys_former=settings.vault_keys_former,
        attachments_url=settings.attachments_url,
        service_credentials=json.dumps(TOKENS),
    )
    clock, keys = FixedClock(NOW), Keys.derive(settings.tracking_master)
    async with AsyncExitStack() as kept:
        pool = await kept.enter_async_context(closing(await open_pool(pool_dsn or dsn)))
        acceptance = Acceptance(pool, SERVICE, keys.numbers)
        coalescer = storing(settings, pack, acceptance.write, deadline_s)
        await kept.enter_async_context(coalescer.running())
        apps = (
            public_api(settings, pack, pool, clock, coalescer.submit, OldRows(pool).left_behind),
            private_api(inside, pool),
        )
        public, internal = [
            await kept.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app), base_url="https://lapor.example"
                )
            )
            for app in apps
        ]
        objects = Objects(settings.attachments_url)
        yield Intake(dsn, pool, clock, keys, settings, acceptance, public, internal, objects)


@pytest.fixture
async def intake(dsn: str, pack: CityPack) -> AsyncIterator[Intake]:
    async with running(dsn, pack) as started:
        yield started


class Told:
    """What other services say, applied as the consumer applies it."""

    def __init__(self, intake: Intake) -> None:
        self._pipeline = Pipeline(intake.pool, SERVICE, subscription())
        self._offset = 0

    async def by(self, topic: str, *bodies: tuple[int, datetime, EventBody, str]) -> None:
        """Apply one batch of (sequence, time, body, complaint's id) from a topic."""
        await self._pipeline.process([self._record(topic, *each) for each in bodies])

    def _record(self, topic: str, sequence: int, at: datetime, body: EventBody, key: str) -> Record:
        self._offset += 1
        headers = headers_of(
            SERVICE,
            id_=uuid4(),
            type_=body.TYPE,
            time=at,
            subject=key,
            sequence=sequence,
            traceparent=None,
            correlation_id=None,
        )
        return Record(
            topic, "life", 0, self._offset, key.encode(), body.to_json(), headers, datetime.now(UTC)
        )


@pytest.fixture
def told(intake: Intake) -> Told:
    return Told(intake)


@pytest.fixture
def start() -> Any:
    """Starts intake with settings of the test's own."""
    return running


class Cutter:
    """Stands before PostgreSQL; may cut the connection at a commit's answer, or hang.

    Attributes:
        mark: what is found in a statement that stores reports: the topic, among its values.
        armed: the next such statement commits, and its answer never arrives.
        stored: set when such a statement is on its way to the server.
    """

    def __init__(self) -> None:
        self.mark = REPORTS.encode()
        self.armed = False
        self.stored = asyncio.Event()
        self.cuts = 0
        self._flowing = asyncio.Event()
        self._flowing.set()

    def hang(self) -> None:
        """No answer arrives any more."""
        self._flowing.clear()

    def flow(self) -> None:
        """Answers arrive again."""
        self._flowing.set()

    @asynccontextmanager
    async def between(self, dsn: str) -> AsyncIterator[str]:
        """The address of the same database, by way of here."""
        parts = urlsplit(dsn)
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            up_reader, up_writer = await asyncio.open_connection(parts.hostname, parts.port)
            commit = asyncio.Event()
            both = [
                asyncio.create_task(self._upward(reader, up_writer, commit)),
                asyncio.create_task(self._downward(up_reader, writer, commit)),
            ]
            tasks.update(both)
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for each in both:
                each.cancel()
            writer.transport.abort()
            up_writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        login = parts.netloc.rpartition("@")[0]
        yield urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))
        server.close()
        for task in tasks:
            task.cancel()

    async def _upward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commit: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if self.mark in data:
                self.stored.set()
                if self.armed:
                    commit.set()
            writer.write(data)
            await writer.drain()

    async def _downward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commit: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if commit.is_set():
                self.armed = False
                self.cuts += 1
                return
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()


@pytest.fixture
async def cutter() -> Cutter:
    return Cutter()


@pytest.fixture
async def app(intake: Any, pack: CityPack) -> AsyncIterator[Any]:
    settings = web_settings(intake)
    coalescer = storing(settings, pack, intake.acceptance.write)
    async with coalescer.running():
        yield pages_for_residents(settings, pack, intake.pool, intake.clock, coalescer.submit)


@pytest.fixture
async def browser(app: Any) -> AsyncIterator[Browser]:
    async with visitor(app) as client:
        yield Browser(client)


@pytest.fixture
async def stranger(app: Any) -> AsyncIterator[Browser]:
    async with visitor(app) as client:
        yield Browser(client)
