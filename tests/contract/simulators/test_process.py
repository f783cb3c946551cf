"""Both simulators as processes: durability, signals, exit codes, logs, concurrency."""

import asyncio
import signal
import smtplib
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

Fields = Callable[..., dict[str, Any]]


async def test_every_answered_complaint_survives_sigkill(
    start: Any, complaint: Fields, tmp_path: Path
) -> None:
    arguments = ("lapor", "--store", tmp_path / "lapor.db")
    lapor = await start(*arguments)
    answered: set[int] = set()

    async def client(worker: int) -> None:
        for number in range(1000):
            fields = complaint(f"MRK-{worker:04}-{number:04}")
            try:
                answer = await lapor.client.post("/complaints/complaint", json=fields)
            except httpx.TransportError:
                return
            answered.add(answer.json()["complaint_id"])
            if len(answered) == 100:
                lapor.process.send_signal(signal.SIGKILL)

    await asyncio.gather(*(client(worker) for worker in range(8)))
    assert await lapor.process.wait() == -signal.SIGKILL
    records = await (await start(*arguments)).records()
    assert len(answered) >= 100
    assert answered <= {record["id"] for record in records}


async def test_every_message_answered_with_250_survives_sigkill(start: Any, tmp_path: Path) -> None:
    arguments = ("mail", "--smtp", "127.0.0.1:0", "--store", tmp_path / "mail.db")
    mail = await start(*arguments)
    host, _, port = mail.started["smtp"].rpartition(":")

    def send() -> None:
        message = EmailMessage()
        message["Message-ID"] = "<satu@medan.example>"
        message.set_content("Isi")
        with smtplib.SMTP(host, int(port), timeout=10) as smtp:
            smtp.send_message(message, "kota@medan.example", ["warga@example.id"])
            mail.process.send_signal(signal.SIGKILL)
            smtp.close()

    await asyncio.to_thread(send)
    assert await mail.process.wait() == -signal.SIGKILL
    (record,) = await (await start(*arguments)).records()
    assert record["message_id"] == "<satu@medan.example>"


@pytest.mark.parametrize("name", ["lapor", "mail"])
async def test_sigterm_ends_with_zero_and_logs_are_json(
    start: Any, tmp_path: Path, name: str
) -> None:
    smtp = ("--smtp", "127.0.0.1:0") if name == "mail" else ()
    running = await start(name, *smtp, "--store", tmp_path / "store.db")
    assert await running.stop() == 0
    assert running.started["event"] == f"{name}.started"
    assert running.lines[-1]["event"] == f"{name}.stopped"


async def test_requests_in_flight_are_answered_before_the_end(
    lapor: Any, complaint: Fields
) -> None:
    await lapor.faults(next=[{"group": "complaint", "kind": "late_store", "seconds": 60}])
    asked = asyncio.create_task(lapor.client.post("/complaints/complaint", json=complaint()))
    await lapor.logged("lapor.fault")
    lapor.process.send_signal(signal.SIGTERM)
    assert (await asked).status_code == 200
    assert await lapor.stop() == 0


async def test_a_port_that_is_taken_is_named(lapor: Any, tmp_path: Path) -> None:
    taken = f"127.0.0.1:{lapor.started['port']}"
    code, errors = await _fails("lapor", "--listen", taken, "--store", tmp_path / "other.db")
    assert code == 3
    assert f"cannot listen on {taken}" in errors
    smtp = ("mail", "--smtp", taken, "--listen", "127.0.0.1:0", "--store", tmp_path / "m.db")
    assert (await _fails(*smtp))[0] == 3


async def test_a_store_that_another_process_holds_is_named(lapor: Any, tmp_path: Path) -> None:
    assert lapor.started["event"] == "lapor.started"
    store = tmp_path / "lapor.db"
    code, errors = await _fails("lapor", "--listen", "127.0.0.1:0", "--store", store)
    assert code == 4
    assert "is held by another process" in errors


async def test_a_store_that_is_no_database_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "bad.db"
    store.write_text("this is no database" * 100)
    code, errors = await _fails("lapor", "--listen", "127.0.0.1:0", "--store", store)
    assert code == 4
    assert "not usable" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--listen", "nowhere"), "HOST:PORT"),
        (("--listen", "127.0.0.1:0", "--token-file", "/nonexistent"), "cannot be read"),
        (("--listen", "127.0.0.1:0", "--reference", "/nonexistent"), "not understood"),
    ],
)
async def test_a_wrong_option_is_a_usage_error(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, errors = await _fails("lapor", "--store", tmp_path / "l.db", *arguments)
    assert code == 2
    assert message in errors


async def test_many_clients_at_once_lose_and_mix_nothing(lapor: Any, complaint: Fields) -> None:
    async def client(worker: int) -> None:
        for number in range(25):
            fields = complaint(f"MRK-{worker:04}-{number:04}")
            answer = await lapor.client.post("/complaints/complaint", json=fields)
            assert answer.status_code == 200

    await asyncio.gather(*(client(worker) for worker in range(20)))
    records = await lapor.records()
    assert len({record["reference"] for record in records}) == len(records) == 500
    assert {record["submissions"] for record in records} == {1}


async def _fails(*arguments: str | Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mrk_simulators",
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, errors.decode()
