"""The roles as processes: how they start, what they import, how they end."""

import asyncio
import io
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from intake_process import Started, environ, started
from PIL import Image

from mrk_delivery import topics
from mrk_delivery.events import headers_of
from mrk_intake.service import SERVICE
from mrk_local.testing import Kafka
from mrk_schemas.cases import Case, CaseAssigned, CaseState
from mrk_schemas.topics import expand

REPORT = {
    "kind": "complaint",
    "text": "Parit tersumbat, air masuk ke rumah warga setiap hujan.",
    "address": "Jalan Ahmad Yani, Kesawan, Medan Barat",
    "reporter": {"email": "warga@warga.example"},
}


@pytest.fixture
def role() -> Started:
    return started


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as made:
        yield made


async def _post(client: httpx.AsyncClient, url: str, **headers: str) -> httpx.Response:
    key = {"Idempotency-Key": secrets.token_hex(16), **headers}
    return await client.post(f"{url}/api/v1/reports", json=REPORT, headers=key)


async def test_http_takes_reports_without_any_kafka_and_ends_in_time(
    dsn: str, role: Started, client: httpx.AsyncClient
) -> None:
    async with role("http", environ(dsn)) as http:
        await http.ready(client)
        answers = await asyncio.gather(*(_post(client, http.url) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {201}
        number = answers[0].json()["tracking_number"]
        assert (await client.get(f"{http.url}/api/v1/reports/{number}")).status_code == 200
        measured = (await client.get(f"{http.url}/metrics")).text
        assert 'mrk_http_requests_total{method="POST",route="/api/v1/reports",status="201"} 20' in (
            measured
        )
        assert number not in measured
        assert _resident_mib(http.process.pid) < 120
        assert await http.end() == 0
    said = "".join(http.lines)
    assert "reports.accepted" in said
    assert "warga@warga.example" not in said
    assert "Parit" not in said


def _resident_mib(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


@pytest.mark.parametrize(
    ("name", "own"),
    [
        *((name, "mrk_intake.http.reports") for name in ("http", "web", "staff", "internal")),
        ("worker", "mrk_intake.workers.sweep"),  # it answers no request
    ],
)
async def test_a_role_that_does_not_speak_to_kafka_never_imports_it(
    dsn: str, name: str, own: str
) -> None:
    code = f"""
import asyncio, sys
from mrk_intake import __main__, roles
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop
async def life():
    stop, health = Stop(), Health()
    role = asyncio.create_task(roles.{name}(stop, health))
    while not health.readyz()[0] or "database" not in health.readyz()[1]["conditions"]:
        await asyncio.sleep(0.01)
    stop.set()
    await role
asyncio.run(life())
kafka = [m for m in sys.modules if m.partition(".")[0] in ("aiokafka", "faststream", "kafka")]
print("KAFKA", kafka, {own!r} in sys.modules)
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environ(dsn),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert out.decode().splitlines()[-1:] == ["KAFKA [] True"], err.decode()


@pytest.mark.parametrize(
    "name", ["http", "web", "staff", "internal", "relay", "consumer", "worker"]
)
async def test_all_wrong_and_missing_settings_are_named_at_once(name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", name,
        env={"PATH": os.environ["PATH"], "MRK_INTAKE_VAULT_KEY": "c2hvcnQ=",
             "MRK_INTAKE_SERVICE_CREDENTIALS": '{"notify": "tooshort"}',
             "MRK_INTAKE_LISTEN": "nowhere"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    named = set(re.findall(r"^  (MRK_INTAKE_\w+):", err.decode(), re.MULTILINE))
    own = {
        "http": {"VAULT_KEY", "TRACKING_KEY", "PUBLIC_URL", "CITY_PACK", "ATTACHMENTS_URL"},
        "web": {
            "VAULT_KEY",
            "TRACKING_KEY",
            "PUBLIC_URL",
            "WEB_URL",
            "CITY_PACK",
            "ATTACHMENTS_URL",
        },
        "staff": {
            "VAULT_KEY",
            "TRACKING_KEY",
            "PUBLIC_URL",
            "WEB_URL",
            "CITY_PACK",
            "ATTACHMENTS_URL",
            "STAFF_URL",
            "OIDC_ISSUER",
            "OIDC_CLIENT_ID",
            "OIDC_CLIENT_SECRET",
            "OIDC_ROLES_CLAIM",
            "SESSION_KEY",
        },
        "internal": {"VAULT_KEY", "SERVICE_CREDENTIALS", "ATTACHMENTS_URL"},
        "worker": {"VAULT_KEY", "ATTACHMENTS_URL"},
        "relay": {"KAFKA_BOOTSTRAP"},
        "consumer": {"KAFKA_BOOTSTRAP", "VAULT_KEY", "TRACKING_KEY", "CITY_PACK"},
    }
    expected = {"ENVIRONMENT", "DATABASE_URL", "LISTEN"} | own[name]
    assert named == {f"MRK_INTAKE_{each}" for each in expected}
    assert process.returncode == 78
    assert "tooshort" not in err.decode()
    assert "c2hvcnQ" not in err.decode()


def _photo() -> bytes:
    out = io.BytesIO()
    pixels = secrets.token_bytes(700 * 700 * 3)
    Image.frombytes("RGB", (700, 700), pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


async def test_a_photo_goes_through_the_roles_and_the_worker_ends_in_time(
    dsn: str, role: Started, client: httpx.AsyncClient
) -> None:
    env = environ(dsn)
    photo = _photo()
    async with role("http", env) as http, role("worker", env) as worker:
        await http.ready(client)
        await worker.ready(client)
        tus = {"Tus-Resumable": "1.0.0"}
        length = {"Upload-Length": str(len(photo))}
        begun = await client.post(f"{http.url}/api/v1/uploads", headers={**tus, **length})
        token = begun.headers["location"].rpartition("/")[2]
        upload = f"{http.url}/api/v1/uploads/{token}"
        go_on = {**tus, "Content-Type": "application/offset+octet-stream"}

        async def slowly(start: int, end: int) -> AsyncIterator[bytes]:
            for at in range(start, end, 50_000):
                yield photo[at : min(at + 50_000, end)]

        for start, end in ((0, 70_000), (70_000, len(photo))):
            answer = await client.patch(
                upload, content=slowly(start, end),
                headers={**go_on, "Upload-Offset": str(start)},
            )  # fmt: skip
            assert answer.status_code == 204, answer.text

        async def ready() -> bool:
            return bool((await client.get(upload)).json()["state"] == "ready")

        await _until(ready)
        key = {"Idempotency-Key": secrets.token_hex(16)}
        body = {**REPORT, "attachments": [token]}
        sent = await client.post(f"{http.url}/api/v1/reports", json=body, headers=key)
        assert sent.status_code == 201, sent.text
        shown = await client.get(f"{http.url}/api/v1/reports/{sent.json()['tracking_number']}")
        [one] = shown.json()["attachments"]
        path = one["url"].removeprefix("https://lapor.example")
        seen = await client.get(f"{http.url}{path}")
        assert (seen.status_code, len(seen.content)) == (200, one["size"])
        small = await client.get(f"{http.url}{path}/thumbnail")
        assert small.headers["content-type"] == "image/jpeg"
        measured = (await client.get(f"{worker.url}/metrics")).text
        assert 'mrk_files_examined_total{outcome="ready"} 1.0' in measured
        measured = (await client.get(f"{http.url}/metrics")).text
        assert 'route="/api/v1/uploads/{token}"' in measured
        assert token not in measured
        assert one["url"].rpartition("/")[2] not in measured
        assert _resident_mib(http.process.pid) < 120
        assert await worker.end() == 0
        assert await http.end() == 0
    said = "".join((*http.lines, *worker.lines))
    assert token not in said
    assert path.rpartition("/")[2] not in said


async def test_the_worker_lists_what_nobody_has_decided_about(
    dsn: str, role: Started, client: httpx.AsyncClient
) -> None:
    env = environ(dsn)
    async with role("web", env) as web, role("worker", env):
        await web.ready(client)
        form = {
            "kunci": secrets.token_urlsafe(24),
            "kind": "complaint",
            "text": "Pohon tumbang menutup jalan.",
            "address": "Jl. Ahmad Yani, Kesawan, Medan Barat",
        }
        sent = await client.post(f"{web.url}/lapor", data=form)
        assert sent.status_code == 303
        number = sent.headers["location"].split("/")[2]

        async def listed() -> bool:
            return number in (await client.get(f"{web.url}/laporan?kata=tumbang")).text

        await _until(listed)
        assert await web.end() == 0


async def test_a_flood_is_refused_with_429_and_a_device_by_its_token(
    dsn: str, role: Started, client: httpx.AsyncClient
) -> None:
    env = environ(dsn, RATE_PER_SECOND="0.01", RATE_BURST="3", ADDRESS_RATE_PER_SECOND="0.01",
                  ADDRESS_RATE_BURST="8", CHALLENGE_BELOW="0")  # fmt: skip
    async with role("http", env) as http:
        await http.ready(client)
        device = {"X-Device-Token": "phone-number-one-token"}
        mine = [(await _post(client, http.url, **device)).status_code for _ in range(4)]
        assert mine == [201, 201, 201, 429]
        others = [await _post(client, http.url) for _ in range(6)]
        assert [each.status_code for each in others] == [201] * 5 + [429]
        assert int(others[-1].headers["retry-after"]) > 1
        assert others[-1].json()["type"] == "/problems/rate-limited"
        assert await http.end() == 0


@pytest.mark.parametrize("point", ["http.before_commit", "http.after_commit"])
async def test_a_kill_around_the_commit_loses_nothing_and_doubles_nothing(  # fixtures
    dsn: str, role: Started, client: httpx.AsyncClient, tmp_path: Path, point: str
) -> None:
    env = {**environ(dsn), "MRK_HOOKS_DIR": str(tmp_path)}
    key = {"Idempotency-Key": secrets.token_hex(16)}
    async with role("http", env) as http:
        await http.ready(client)
        (tmp_path / "intake.http").write_text(f"{point} 1")
        with pytest.raises(httpx.TransportError):
            await _post(client, http.url, **key)
        assert await http.process.wait() == -signal.SIGKILL
    conn = await asyncpg.connect(dsn)
    count = "select count(*) from report"
    assert await conn.fetchval(count) == (1 if point == "http.after_commit" else 0)
    async with role("http", env) as http:
        await http.ready(client)
        first, again = [await _post(client, http.url, **key) for _ in range(2)]
        assert first.status_code == 201
        assert first.json() == again.json()
    assert await conn.fetchval(count) == 1
    assert await conn.fetchval("select count(*) from report_event") == 1
    await conn.close()


async def _uploaded(client: httpx.AsyncClient, url: str, photo: bytes) -> str:
    tus = {"Tus-Resumable": "1.0.0"}
    begun = await client.post(
        f"{url}/api/v1/uploads", headers={**tus, "Upload-Length": str(len(photo))}
    )
    upload = f"{url}/api/v1/uploads/{begun.headers['location'].rpartition('/')[2]}"
    go_on = {**tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert (await client.patch(upload, content=photo, headers=go_on)).status_code == 204
    return upload


@pytest.mark.parametrize(
    "point",
    ["worker.after_take_commit", "worker.before_call", "worker.after_call",
     "worker.before_settle_commit", "worker.after_settle_commit"],
)  # fmt: skip
async def test_a_worker_killed_at_a_photo_loses_nothing_and_keeps_it_once(
    dsn: str, role: Started, client: httpx.AsyncClient, tmp_path: Path, point: str
) -> None:
    env = {**environ(dsn), "MRK_HOOKS_DIR": str(tmp_path)}
    conn = await asyncpg.connect(dsn)
    async with role("http", env) as http:
        await http.ready(client)
        async with role("worker", env) as worker:
            await worker.ready(client)
            (tmp_path / "intake.worker").write_text(f"{point} 1")
            upload = await _uploaded(client, http.url, _photo())
            async with asyncio.timeout(30):
                assert await worker.process.wait() == -signal.SIGKILL
        # a lease is a minute; nobody needs to wait for it here
        await conn.execute("update work set leased_until = now() where state = 'running'")
        async with role("worker", env) as worker:

            async def settled() -> bool:
                return bool(await conn.fetchval("select state in ('done', 'skipped') from work"))

            await _until(settled)
            assert (await client.get(upload)).json()["state"] == "ready"
            assert await worker.end() == 0
        assert await conn.fetchval("select count(*) from attachment_piece") == 0
        named = await conn.fetchrow("select object, thumbnail from attachment")
    await conn.close()
    top = Path(urlsplit(env["MRK_INTAKE_ATTACHMENTS_URL"]).path)
    assert all((top / name).is_file() for name in named)


async def test_large_bodies_and_headers_are_refused(
    dsn: str, role: Started, client: httpx.AsyncClient
) -> None:
    async with role("http", environ(dsn)) as http:
        await http.ready(client)
        port = int(http.url.rsplit(":", 1)[1])
        large = await client.post(
            f"{http.url}/api/v1/reports", content=b"x" * 70_000,
            headers={"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)},
        )  # fmt: skip
        assert large.status_code == 413
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 40_000)
        assert b" 431 " in await reader.readline()
        writer.close()


async def test_a_report_reaches_the_broker_and_an_answer_its_timeline(
    dsn: str, role: Started, client: httpx.AsyncClient, kafka: Kafka
) -> None:
    options = {"bootstrap_servers": kafka.bootstrap}
    await topics.apply(options, [t for t in expand(()) if not t.name.startswith("agency.")])
    env = environ(dsn, KAFKA_BOOTSTRAP=kafka.bootstrap)
    async with role("http", env) as http, role("relay", env) as relay:
        await http.ready(client)
        await relay.ready(client)
        number = (await _post(client, http.url)).json()["tracking_number"]
        record = await _found(kafka, number)
        assert dict(record.headers)["ce_type"] == b"id.go.medan.report.received.v1"
        async with role("consumer", env) as consumer:
            await consumer.ready(client)
            await _say_assigned(kafka, record.key, number)
            await _until(lambda: _assigned(client, http.url, number))
            assert await consumer.end() == 0
        assert await relay.end() == 0
        assert await http.end() == 0
    conn = await asyncpg.connect(dsn)
    assert await conn.fetchval("select count(*) from outbox") == 0
    await conn.close()


async def _found(kafka: Kafka, number: str) -> Any:
    reader = AIOKafkaConsumer(
        "complaint.reports.v1", bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    )
    await reader.start()
    try:
        async with asyncio.timeout(60):
            async for record in reader:
                if number.encode() in (record.value or b""):
                    return record
    finally:
        await reader.stop()


async def _say_assigned(kafka: Kafka, key: bytes, number: str) -> None:
    now = datetime.now(UTC)
    case = Case.model_validate(
        {
            "complaint_id": key.decode(), "tracking_number": number, "kind": "complaint",
            "state": CaseState.ASSIGNED, "owner": "sdabmbk", "owner_name": "Dinas SDABMBK",
            "anonymous": False, "confidential": False, "received_at": now, "changed_at": now,
        }
    )  # fmt: skip
    body = CaseAssigned(case=case, by="routing")
    headers = headers_of(
        SERVICE, id_=uuid4(), type_=body.TYPE, time=now, subject=key.decode(), sequence=1,
        traceparent=None, correlation_id=None,
    )  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait("complaint.cases.v1", body.to_json(), key=key, headers=headers)
    finally:
        await producer.stop()


async def _assigned(client: httpx.AsyncClient, url: str, number: str) -> bool:
    shown = (await client.get(f"{url}/api/v1/reports/{number}")).json()
    return [event["type"] for event in shown["events"]] == ["received", "assigned"]


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():
            await asyncio.sleep(0.05)
