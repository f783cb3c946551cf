"""The bridge on a real database, against the real simulator's process."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from mrk_city import load_pack
from mrk_delivery.clock import FixedClock
from mrk_delivery.events import Record
from mrk_delivery.migrate import migrate
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.work import WorkPolicy
from mrk_delivery.worker import run_worker
from mrk_local.ports import free_ports
from mrk_local.testing import Databases
from mrk_schemas.ids import ReporterRef
from mrk_schemas.internal import Contact
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import ReportReceived
from mrk_spanlapor_bridge.consumers.complaints import subscriptions
from mrk_spanlapor_bridge.domain.filing import Reporter
from mrk_spanlapor_bridge.gateways.splp import Access, Codes, Splp
from mrk_spanlapor_bridge.roles import names_of
from mrk_spanlapor_bridge.service import QUEUE, SERVICE
from mrk_spanlapor_bridge.workers.mirror import Contacts, Mirror
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "schemas/examples"
PACK = load_pack(ROOT / "deploy/city/medan")
KEY = "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01"
NOW = ReportReceived.model_validate_json(
    (EXAMPLES / "id.go.medan.report.received.v1.1.json").read_text()
).report.received_at
POLICY = WorkPolicy(
    concurrency=2, rate_per_s=None, base_s=0.1, cap_s=0.5, lease_s=10, grace_s=3.0,
    look_up_every_s=0.3,
)  # fmt: skip


class People:
    """Contacts of a twin that needs no HTTP; the HTTP one has its own contract test."""

    def __init__(self) -> None:
        self.contact: Contact | None = Contact(
            reporter=ReporterRef("5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a77"),
            name="Siti",
            email="siti@example.org",
        )
        self.asked = 0

    async def find(self, reporter: ReporterRef) -> Contact | None:
        del reporter
        self.asked += 1
        return self.contact


class Lapor:
    """The simulator's process, seen from outside."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def records(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.url}/_sim/records")).json()
            return found

    async def fault(self, **fault: Any) -> None:
        await self.plan(next=[fault])

    async def plan(self, **plan: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.put(f"{self.url}/_sim/faults", json=plan)
            assert answer.status_code < 300, answer.text


@dataclass
class Bridge:
    """The consumer's transaction and the worker, on one database."""

    pool: asyncpg.Pool
    lapor: Lapor
    codes: Codes

    def record(self, type_: str, sequence: int, **changes: Any) -> Record:
        """An example of schemas/examples as it would arrive."""
        number = changes.pop("example", 1)
        name = f"id.go.medan.{type_}.v1"
        body = json.loads((EXAMPLES / f"{name}.{number}.json").read_text())
        part = "report" if type_.startswith("report.") else "case"
        # the examples' category is none of Medan's pack
        body[part] = {k: v for k, v in body[part].items() if k != "category"} | changes
        headers = {
            "ce_specversion": "1.0", "ce_id": str(uuid4()), "ce_type": name, "ce_source": "/t",
            "ce_time": "2026-03-02T03:20:12Z", "ce_sequence": str(sequence),
            "content-type": "application/json",
        }  # fmt: skip
        return Record(
            topic=REPORTS if part == "report" else CASES, topic_id="life", partition=0,
            offset=sequence, key=KEY.encode(), value=json.dumps(body).encode(),
            headers=[(n, value.encode()) for n, value in headers.items()], logged_at=NOW,
        )  # fmt: skip

    async def consume(self, *records: Record) -> None:
        (subscription,) = subscriptions(names_of(PACK), FixedClock(NOW))
        await Pipeline(self.pool, SERVICE, subscription).process(list(records))

    @contextlib.asynccontextmanager
    async def working(
        self, people: Contacts | None = None, *, lookup: bool = True
    ) -> AsyncIterator[None]:
        stop = Stop()
        access = Access(self.lapor.url, "b" * 32, "t" * 32, timeout_s=1.0)
        account = Reporter("Pemerintah Kota Medan", "kota@medan.example", None)
        async with access.client() as client:
            national = Splp(client, self.codes, timeout_s=1.0, lookup=lookup)
            mirror = Mirror(self.pool, people or People(), national, account, FixedClock(NOW))
            task = asyncio.create_task(
                run_worker(self.pool, SERVICE, QUEUE, mirror, POLICY, stop, Health())
            )
            try:
                yield
            finally:
                stop.set()
                await task

    async def until(self, sql: str, expected: object, within_s: float = 25) -> None:
        async with asyncio.timeout(within_s):
            while await self.pool.fetchval(sql) != expected:
                await asyncio.sleep(0.03)

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The bridge's facts in their order: the type's middle, and the body."""
        rows = await self.pool.fetch("select type, body from mirror_event order by version")
        return [(row["type"].split(".")[-2], json.loads(row["body"])) for row in rows]

    def without(self, *categories: str) -> AbstractAsyncContextManager[None]:
        """While it runs, the pack's mapping lacks these categories."""

        @contextlib.asynccontextmanager
        async def lacking() -> AsyncIterator[None]:
            whole = self.codes
            left = {k: v for k, v in whole.categories.items() if k not in categories}
            self.codes = replace(whole, categories=left)
            try:
                yield
            finally:
                self.codes = whole

        return lacking()


@pytest.fixture
async def lapor(tmp_path: Path) -> AsyncIterator[Lapor]:
    (port,) = free_ports(1)
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps({"bearer": "b" * 32, "token": "t" * 32, "stream": "s" * 32}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_simulators", "lapor", f"--listen=127.0.0.1:{port}",
        f"--store={tmp_path / 'lapor'}", f"--token-file={tokens}",
        f"--reference={ROOT / 'deploy/city/medan/lapor.yaml'}",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while b"lapor.started" not in await process.stdout.readline():
            pass
    yield Lapor(f"http://127.0.0.1:{port}")
    process.terminate()
    await process.wait()


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    async def prepare(dsn: str) -> None:
        await migrate("mrk_spanlapor_bridge", dsn)

    dsn = await databases.fresh("bridge", prepare)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=6) as made:
        yield made


@pytest.fixture
def bridge(pool: asyncpg.Pool, lapor: Lapor) -> Bridge:
    numbers = PACK.lapor
    codes = Codes(
        institutions={str(c): n for c, n in numbers.institutions.items()},
        categories={str(c): n for c, n in numbers.categories.items()},
        classifications=numbers.classifications,
        desk="diskominfo",
        user_id=1,
        channel=1,
    )
    return Bridge(pool, lapor, codes)


@pytest.fixture
def complaint() -> str:
    return KEY


@pytest.fixture
def people() -> Callable[[], People]:
    return People
