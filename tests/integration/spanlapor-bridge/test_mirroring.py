"""Facts become filings: the real database, the real simulator's process with its faults."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
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
from mrk_spanlapor_bridge.roles import places_of
from mrk_spanlapor_bridge.service import QUEUE, SERVICE
from mrk_spanlapor_bridge.workers.mirror import Mirror
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
RECEIVED = "id.go.medan.report.received.v1"
ERASED = "id.go.medan.report.erased.v1"
ASSIGNED = "id.go.medan.case.assigned.v1"
ACCEPTED = "id.go.medan.case.accepted.v1"


def record(type_: str, sequence: int, **changes: Any) -> Record:
    number = changes.pop("example", 1)
    body = json.loads((EXAMPLES / f"{type_}.{number}.json").read_text())
    part = "report" if ".report." in type_ else "case"
    # the examples' category is none of Medan's pack
    body[part] = {k: v for k, v in body[part].items() if k != "category"} | changes
    headers = {
        "ce_specversion": "1.0", "ce_id": str(uuid4()), "ce_type": type_, "ce_source": "/t",
        "ce_time": "2026-03-02T03:20:12Z", "ce_sequence": str(sequence),
        "content-type": "application/json",
    }  # fmt: skip
    return Record(
        topic=REPORTS if part == "report" else CASES, topic_id="life", partition=0,
        offset=sequence, key=KEY.encode(), value=json.dumps(body).encode(),
        headers=[(name, value.encode()) for name, value in headers.items()], logged_at=NOW,
    )  # fmt: skip


class People:
    """Contacts of a twin that needs no HTTP; the HTTP one is held to intake's role in e2e."""

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
    def __init__(self, url: str) -> None:
        self.url = url

    async def records(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.url}/_sim/records")).json()
            return found

    async def fault(self, **fault: Any) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.put(f"{self.url}/_sim/faults", json={"next": [fault]})
            assert answer.status_code < 300, answer.text


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


@contextlib.asynccontextmanager
async def working(
    pool: asyncpg.Pool, lapor: Lapor, people: People, *, lookup: bool = True
) -> AsyncIterator[None]:
    stop = Stop()
    numbers = PACK.lapor
    codes = Codes(
        institutions={str(c): n for c, n in numbers.institutions.items()},
        categories={str(c): n for c, n in numbers.categories.items()},
        classifications=numbers.classifications,
        desk="diskominfo",
        user_id=1,
        channel=1,
    )
    access = Access(lapor.url, "b" * 32, "t" * 32, timeout_s=1.0)
    account = Reporter("Pemerintah Kota Medan", "kota@medan.example", None)
    async with access.client() as client:
        national = Splp(client, codes, timeout_s=1.0, lookup=lookup)
        mirror = Mirror(pool, people, national, account, FixedClock(NOW))
        task = asyncio.create_task(run_worker(pool, SERVICE, QUEUE, mirror, POLICY, stop, Health()))
        try:
            yield
        finally:
            stop.set()
            await task


async def consume(pool: asyncpg.Pool, *records: Record) -> None:
    (subscription,) = subscriptions(places_of(PACK), FixedClock(NOW))
    await Pipeline(pool, SERVICE, subscription).process(list(records))


async def until(pool: asyncpg.Pool, sql: str, expected: object, within_s: float = 25) -> None:
    async with asyncio.timeout(within_s):
        while await pool.fetchval(sql) != expected:
            await asyncio.sleep(0.03)


FILED = "select count(*) from mirror_event where type = 'id.go.medan.mirror.filed.v1'"
OPEN = "select count(*) from work where state in ('ready', 'running', 'unknown')"


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
async def test_filed_once_on_the_first_case_and_followed_up_whatever_comes_first(
    pool: asyncpg.Pool, lapor: Lapor, order: tuple[int, ...]
) -> None:
    facts = [record(RECEIVED, 1), record(ASSIGNED, 1), record(ACCEPTED, 2, state="accepted")]
    for place in order:
        await consume(pool, facts[place])
    await consume(pool, *facts)
    async with working(pool, lapor, People()):
        await until(pool, OPEN, 0)
    (found,) = await lapor.records()
    assert found["submissions"] == 1
    assert found["reference"] == "MRK-7F3K-Q2"
    assert len(found["followups"]) == 1
    assert found["reporter"]["email"] == "siti@example.org"
    assert await pool.fetchval("select national_id from ledger") == str(found["id"])
    bodies = await pool.fetch("select body from mirror_event")
    assert not any(b"siti" in row["body"].lower() for row in bodies)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "server_error", "stored": True},
        {"kind": "server_error", "stored": False},
        {"kind": "rate_limited", "retry_after": 1},
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "late_store", "seconds": 2},
        {"kind": "malformed_json"},
        {"kind": "html_page", "stored": False},
        {"kind": "timeout", "seconds": 3, "stored": True},
        {"kind": "expired_token"},
    ],
    ids=lambda f: "-".join(map(str, f.values())),
)
async def test_one_filing_whatever_the_answer(
    pool: asyncpg.Pool, lapor: Lapor, fault: dict[str, Any]
) -> None:
    await lapor.fault(group="complaint", **fault)
    await consume(pool, record(RECEIVED, 1), record(ASSIGNED, 1))
    async with working(pool, lapor, People()):
        await until(pool, FILED, 1)
    found = await lapor.records()
    assert [entry["submissions"] for entry in found] == [1]
    assert await pool.fetchval("select status from ledger") == "filed"


async def test_without_a_look_up_an_unknown_waits_for_a_person(
    pool: asyncpg.Pool, lapor: Lapor
) -> None:
    await lapor.fault(group="complaint", kind="reset_after")
    await consume(pool, record(RECEIVED, 1), record(ASSIGNED, 1))
    async with working(pool, lapor, People(), lookup=False):
        await until(pool, "select due_at > unknown_since + interval '1 s' from work", expected=True)
    assert await pool.fetchval("select state from work") == "unknown"
    assert len(await lapor.records()) == 1


async def test_an_anonymous_reporter_is_never_asked_for(pool: asyncpg.Pool, lapor: Lapor) -> None:
    people = People()
    await consume(pool, record(RECEIVED, 1, anonymous=True), record(ASSIGNED, 1, anonymous=True))
    async with working(pool, lapor, people):
        await until(pool, FILED, 1)
    (found,) = await lapor.records()
    assert people.asked == 0
    assert found["reporter"]["name"] == "Pemerintah Kota Medan"
    assert found["flags"]["is_anonymous"] is True


async def test_confidential_is_secret_there(pool: asyncpg.Pool, lapor: Lapor) -> None:
    await consume(pool, record(RECEIVED, 1, example=2), record(ASSIGNED, 1, confidential=True))
    async with working(pool, lapor, People()):
        await until(pool, FILED, 1)
    (found,) = await lapor.records()
    assert found["flags"]["is_secret"] is True
    assert "Setia Budi" not in found["content"]


async def test_an_erased_reporter_is_not_filed_and_the_erasure_is_acknowledged(
    pool: asyncpg.Pool, lapor: Lapor
) -> None:
    await consume(pool, record(RECEIVED, 1), record(ASSIGNED, 1))
    await consume(pool, record(ERASED, 2))
    async with working(pool, lapor, People()):
        await until(pool, OPEN, 0)
    assert await lapor.records() == []
    types = await pool.fetch("select type, body from mirror_event")
    assert [row["type"] for row in types] == ["id.go.medan.mirror.erased.v1"]
    assert "berlubang" not in (await pool.fetchval("select body::text from ledger"))


async def test_whistle_blowing_is_never_mirrored(pool: asyncpg.Pool, lapor: Lapor) -> None:
    del lapor
    await consume(pool, record(RECEIVED, 1, example=3))
    assert await pool.fetchval("select count(*) from ledger") == 0
    assert await pool.fetchval("select count(*) from work") == 0
