"""Facts become e-mails: the real database, the real mail server, intake's contacts over HTTP."""

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
import uvicorn

from mrk_delivery import work_store
from mrk_delivery.clock import FixedClock
from mrk_delivery.events import Record
from mrk_delivery.migrate import migrate
from mrk_delivery.pipeline import Pipeline
from mrk_delivery.tx import unit
from mrk_delivery.work import Work, WorkPolicy
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
from mrk_telemetry import metrics
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

EXAMPLES = Path(__file__).parents[3] / "schemas/examples"
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


def record(type_: str, sequence: int, **case: Any) -> Record:
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
    async with asyncio.timeout(10):
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


@contextlib.asynccontextmanager
async def working(pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]) -> AsyncIterator[None]:
    stop = Stop()
    server = Server("127.0.0.1", mail.smtp, False, None, None, "pengaduan@medan.example")
    async with intake_client(contacts["url"], "t" * 32) as client:
        sender = Sender(
            IntakeContacts(client), Smtp(server), Letters("http://x.example"),
            "pengaduan@medan.example", FixedClock(NOW),
        )  # fmt: skip
        task = asyncio.create_task(run_worker(pool, SERVICE, QUEUE, sender, POLICY, stop, Health()))
        try:
            yield
        finally:
            stop.set()
            await task


async def consume(pool: asyncpg.Pool, *records: Record) -> None:
    (subscription,) = subscriptions(FixedClock(NOW))
    await Pipeline(pool, SERVICE, subscription).process(list(records))


async def until(pool: asyncpg.Pool, sql: str, expected: object) -> None:
    async with asyncio.timeout(20):
        while await pool.fetchval(sql) != expected:
            await asyncio.sleep(0.02)


def notified() -> float:
    labels = {"stage": "notified"}
    return metrics.REGISTRY.get_sample_value("mrk_stage_seconds_count", labels) or 0


RECEIVED = "id.go.medan.report.received.v1"
ASSIGNED = "id.go.medan.case.assigned.v1"
SENT = "select count(*) from delivery_event where type = 'id.go.medan.message.sent.v1'"


async def test_each_fact_is_told_once_in_order_with_a_receipt(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    measured_before = notified()
    facts = [record(RECEIVED, 1), record(ASSIGNED, 1),
             record("id.go.medan.case.accepted.v1", 2)]  # fmt: skip
    await consume(pool, *facts)
    await consume(pool, *facts)
    async with working(pool, mail, contacts):
        await until(pool, SENT, 3)
    found = await mail.records()
    assert [m["subject"].split(" ", 2)[-1] for m in found] == [
        "sudah kami terima", "ditangani Dinas SDABMBK", "mulai ditangani",
    ]  # fmt: skip
    assert {m["to"] if isinstance(m["to"], str) else m["to"][0] for m in found} == {
        "siti@example.org"
    }
    assert set(contacts["purposes"]) == {b"notify.message"}
    assert contacts["traces"] == [[TRACE.split("-")[1].encode()]] * 3, "the report's own trace"
    bodies = await pool.fetch("select body from delivery_event")
    assert not any(b"siti" in row["body"].lower() for row in bodies)
    assert notified() - measured_before == 1, "the first message alone tells how fast we were"


@pytest.mark.parametrize("status", [404, 410])
async def test_nobody_to_tell_ends_as_skipped(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any], status: int
) -> None:
    contacts["answer"] = (status, {})
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, "select state from work", "skipped")
    assert await mail.records() == []
    assert (
        await pool.fetchval("select type from delivery_event") == "id.go.medan.message.skipped.v1"
    )


async def test_intake_away_is_tried_again(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    good = contacts["answer"]
    contacts["answer"] = (503, {})
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, "select attempts >= 2 from work", expected=True)
        contacts["answer"] = good
        await until(pool, SENT, 1)
    assert len(await mail.records()) == 1


async def test_an_erased_report_sends_nothing_more_and_acknowledges(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, SENT, 1)
    await consume(pool, record(ASSIGNED, 1))
    await consume(pool, record("id.go.medan.report.erased.v1", 2))
    await consume(pool, record("id.go.medan.case.accepted.v1", 2))
    async with working(pool, mail, contacts):
        await until(pool, "select count(*) from work where state in ('ready', 'running')", 0)
    assert len(await mail.records()) == 1
    body = await pool.fetchval(
        "select body from delivery_event where type = 'id.go.medan.delivery.erased.v1'"
    )
    assert json.loads(body)["received_by"] == ["email"]


ACKNOWLEDGED = "select body from delivery_event where type = 'id.go.medan.delivery.erased.v1'"
ACKNOWLEDGEMENTS = (
    "select count(*) from delivery_event where type = 'id.go.medan.delivery.erased.v1'"
)


async def test_an_erasure_before_anything_went_out_says_that_nothing_did(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await consume(pool, record(RECEIVED, 1), record("id.go.medan.report.erased.v1", 2))
    async with working(pool, mail, contacts):
        await until(pool, "select state from work", "skipped")
    assert await mail.records() == []
    assert json.loads(await pool.fetchval(ACKNOWLEDGED))["received_by"] == []


async def test_an_erasure_counts_a_message_whose_answer_was_lost_as_gone_out(
    pool: asyncpg.Pool,
) -> None:
    await consume(pool, record(RECEIVED, 1))
    async with pool.acquire() as conn:
        (job,) = await work_store.take(conn, QUEUE, 1, 20)
        await work_store.doubt(conn, job, "the answer was lost")
    await consume(pool, record("id.go.medan.report.erased.v1", 2))
    assert json.loads(await pool.fetchval(ACKNOWLEDGED))["received_by"] == ["email"]


async def test_an_erasure_waits_for_the_message_in_flight(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await mail.fault(group="message", kind="latency", ms=2000)
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, "select state from work", "running")
        await consume(pool, record("id.go.medan.report.erased.v1", 2))
        assert await pool.fetchval(ACKNOWLEDGEMENTS) == 0
        await until(pool, ACKNOWLEDGEMENTS, 1)
    assert json.loads(await pool.fetchval(ACKNOWLEDGED))["received_by"] == ["email"]
    assert len(await mail.records()) == 1


async def test_a_contact_without_an_address_ends_as_skipped(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    contacts["answer"] = (200, {"reporter": REPORTER, "name": "Siti"})
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, "select state from work", "skipped")
    assert await pool.fetchval("select reason from work") == "no e-mail address"


@pytest.mark.parametrize("address", ["siti", "siti@", "@example.org", "a@b@c", "sití@example.org",
                                     "a@example.org\r\nBcc: b@example.org"])  # fmt: skip
async def test_what_is_no_address_fails_once_and_reaches_nobody(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any], address: str
) -> None:
    contacts["answer"] = (200, {"reporter": REPORTER, "email": address})
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, "select state from work", "refused")
    assert await pool.fetchval("select attempts from work") == 1
    assert await mail.records() == []
    body = await pool.fetchval("select body from delivery_event")
    assert json.loads(body)["delivery"]["reason"] == "not an e-mail address"


async def test_a_row_that_makes_no_letter_is_kept_and_never_in_doubt(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    async with unit(pool, SERVICE) as tx:
        await tx.lock([KEY])
        tx.enqueue(Work(QUEUE, "lane", KEY, "received", {"message": "received"}, "one"))
    async with working(pool, mail, contacts):
        await until(pool, "select attempts >= 2 from work", expected=True)
    assert await pool.fetchval("select repeated from work") is False
    assert await pool.fetchval("select count(*) from delivery_event") == 0


@pytest.mark.parametrize("mail", ["pengirim:kata-sandi"], indirect=True)
async def test_a_server_that_does_not_take_us_costs_no_message(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):  # without the account: 530 to our own address
        await until(pool, "select attempts >= 2 from work", expected=True)
    assert await pool.fetchval("select count(*) from delivery_event") == 0
    assert await pool.fetchval("select state from work") == "ready"


@pytest.mark.parametrize("fault", [{"group": "message", "kind": "temporary"},
                                   {"group": "recipient", "kind": "temporary"},
                                   {"group": "connection", "kind": "drop"}])  # fmt: skip
async def test_a_refusal_for_now_is_tried_again(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any], fault: dict[str, str]
) -> None:
    await mail.fault(**fault)
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, SENT, 1)
    assert len(await mail.records()) == 1
    assert await pool.fetchval("select attempts from work") == 2


async def test_a_mailbox_that_does_not_exist_ends_as_failed_and_frees_the_lane(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await mail.fault(group="recipient", kind="reject")
    await consume(pool, record(RECEIVED, 1), record(ASSIGNED, 1))
    async with working(pool, mail, contacts):
        await until(pool, SENT, 1)
    reason = await pool.fetchval("select reason from work where kind = 'received'")
    assert reason == "SMTP 550"
    failed = "select count(*) from delivery_event where type = 'id.go.medan.message.failed.v1'"
    assert await pool.fetchval(failed) == 1


async def test_a_lost_250_is_sent_again_under_the_same_message_id_and_flagged(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await mail.fault(group="message", kind="drop_after")
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, SENT, 1)
    found = await mail.records()
    assert len({m["message_id"] for m in found}) == 1
    assert await pool.fetchval("select repeated from work") is True
    receipt = json.loads(await pool.fetchval("select body from delivery_event"))
    assert receipt["delivery"]["reason"] == "repeated"


async def test_a_connection_lost_before_the_250_is_sent_again_and_flagged(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await mail.fault(group="message", kind="drop_before")
    await consume(pool, record(RECEIVED, 1))
    async with working(pool, mail, contacts):
        await until(pool, SENT, 1)
    assert len(await mail.records()) == 1
    assert await pool.fetchval("select repeated from work") is True


async def test_a_message_that_waits_holds_back_the_later_ones_of_its_lane(
    pool: asyncpg.Pool, mail: Mail, contacts: dict[str, Any]
) -> None:
    await mail.fault(group="message", kind="temporary", times=2)
    await consume(pool, record(RECEIVED, 1), record(ASSIGNED, 1))
    async with working(pool, mail, contacts):
        await until(pool, SENT, 2)
    subjects = [message["subject"] for message in await mail.records()]
    assert ["sudah kami terima" in each for each in subjects] == [True, False]
