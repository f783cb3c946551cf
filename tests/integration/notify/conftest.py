"""The real database, the real mail server's process, intake's contacts over HTTP."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import uvicorn

from mrk_delivery.clock import FixedClock
from mrk_delivery.events import Record
from mrk_delivery.migrate import migrate
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.work import WorkPolicy
from mrk_delivery.worker import run_worker
from mrk_local.ports import free_ports
from mrk_local.testing import Databases
from mrk_notify.consumers.complaints import subscriptions
from mrk_notify.domain.letter import Letters
from mrk_notify.gateways.contacts import IntakeContacts, intake_client
from mrk_notify.gateways.smtp import Server, Smtp
from mrk_notify.service import QUEUE, SERVICE
from mrk_notify.workers.send import Sender
from mrk_schemas.registry import CASES, REPORTS
from mrk_schemas.reports import ReportReceived
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

EXAMPLES = Path(__file__).parents[3] / "schemas/examples"
SENDER = "pengaduan@medan.example"
KEY = "01933a7e-5b1c-7a30-8f00-2b6f4c1d9e01"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
REPORTER = "5f0c7a52-6f0e-4f6b-9a54-0d8c3f1b2a77"
NOW = ReportReceived.model_validate_json(
    (EXAMPLES / "id.go.medan.report.received.v1.1.json").read_text()
).report.received_at  # fmt: skip
POLICY = WorkPolicy(
    concurrency=2, rate_per_s=None, base_s=0.1, cap_s=0.3, lease_s=20, grace_s=0,
    look_up_every_s=0.1,
)  # fmt: skip


class Mail:
    """The mail simulator's process, asked over its HTTP side."""

    def __init__(self, port: int, smtp: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.smtp = smtp

    async def records(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.url}/_sim/records")).json()
            return found

    async def fault(self, **fault: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.put(f"{self.url}/_sim/faults", json={"next": [fault]})
            answer.raise_for_status()

    async def until(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(20):
            while len(found := await self.records()) < count:
                await asyncio.sleep(0.05)
        return found


@pytest.fixture
async def mail(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Mail]:
    """The mail server; an indirect parameter is the one account that may send."""
    account: list[str] = []
    if hasattr(request, "param"):
        (tmp_path / "account").write_text(request.param)
        account = [f"--auth-file={tmp_path / 'account'}"]
    smtp, port = free_ports(2)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_simulators", "mail", f"--smtp=127.0.0.1:{smtp}",
        f"--listen=127.0.0.1:{port}", f"--store={tmp_path / 'mail'}", *account,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while b"mail.started" not in await process.stdout.readline():
            pass
    yield Mail(port, smtp)
    process.terminate()
    await process.wait()


@pytest.fixture
async def contacts() -> AsyncIterator[dict[str, Any]]:
    """intake's role internal, as far as notify sees it: `answer` is (status, body)."""
    state: dict[str, Any] = {
        "answer": (200, {"reporter": REPORTER, "name": "Siti", "email": "siti@example.org"}),
        "purposes": [],
        "traces": [],
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive
        headers = dict(scope["headers"])
        state["purposes"].append(headers.get(b"x-purpose"))
        state["traces"].append(headers.get(b"traceparent", b"").split(b"-")[1:2])
        status, body = state["answer"]
        if headers.get(b"authorization") != b"Bearer " + b"t" * 32:
            status, body = 401, {}
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    (port,) = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="error"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    state["url"] = f"http://127.0.0.1:{port}"
    yield state
    server.should_exit = True
    await task


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    async def prepare(dsn: str) -> None:
        await migrate("mrk_notify", dsn)

    dsn = await databases.fresh("notify", prepare)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=6) as made:
        yield made


@dataclass
class Desk:
    """notify with its database, between a real mail server and a stand-in of intake.

    Attributes:
        contacts: what intake answers (`answer`: status and body), and what it was asked with.
        now: the domain's time.
    """

    pool: asyncpg.Pool
    mail: Mail
    contacts: dict[str, Any]
    now: datetime = NOW

    def record(self, type_: str, sequence: int, **case: Any) -> Record:
        """An example of the contracts, as a record of the one complaint."""
        body = json.loads((EXAMPLES / f"{type_}.1.json").read_text())
        if "case" in body:
            body["case"] |= {"reporter": REPORTER} | case
        headers = {
            "ce_specversion": "1.0", "ce_id": str(uuid4()), "ce_type": type_, "ce_source": "/t",
            "ce_time": "2026-03-02T03:20:12Z", "ce_sequence": str(sequence),
            "content-type": "application/json", "traceparent": TRACE,
        }  # fmt: skip
        return Record(
            topic=REPORTS if ".report." in type_ else CASES, topic_id="life", partition=0,
            offset=sequence, key=KEY.encode(), value=json.dumps(body).encode(),
            headers=[(name, value.encode()) for name, value in headers.items()], logged_at=NOW,
        )  # fmt: skip

    async def consume(self, *records: Record) -> None:
        (subscription,) = subscriptions(FixedClock(NOW))
        await Pipeline(self.pool, SERVICE, subscription).process(list(records))

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The worker runs while the block does."""
        stop = Stop()
        server = Server("127.0.0.1", self.mail.smtp, False, None, None, SENDER)
        async with intake_client(self.contacts["url"], "t" * 32) as client:
            letters = Letters("http://x.example")
            sender = Sender(IntakeContacts(client), Smtp(server), letters, SENDER, FixedClock(NOW))
            task = asyncio.create_task(
                run_worker(self.pool, SERVICE, QUEUE, sender, POLICY, stop, Health())
            )
            try:
                yield
            finally:
                stop.set()
                await task

    async def until(self, sql: str, expected: object) -> None:
        async with asyncio.timeout(20):
            while await self.pool.fetchval(sql) != expected:
                await asyncio.sleep(0.02)


@pytest.fixture
def desk(pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]) -> Desk:
    return Desk(pool, mail, contacts)
