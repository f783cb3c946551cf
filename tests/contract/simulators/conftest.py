"""Starts the real simulator processes on ports that the system chooses."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

LAPOR_YAML = Path(__file__).parents[3] / "deploy" / "city" / "medan" / "lapor.yaml"


@dataclass
class Running:
    """One simulator process, its HTTP client, and what its first log line said."""

    process: asyncio.subprocess.Process
    started: dict[str, Any]
    client: httpx.AsyncClient
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        await self.client.aclose()
        assert self.process.stdout is not None
        rest = await self.process.stdout.read()
        self.lines = [json.loads(line) for line in rest.splitlines()]
        return await self.process.wait()

    async def logged(self, event: str) -> dict[str, Any]:
        """Wait for the next log line of this event."""
        assert self.process.stdout is not None
        async with asyncio.timeout(30):
            while line := await self.process.stdout.readline():
                parsed: dict[str, Any] = json.loads(line)
                if parsed["event"] == event:
                    return parsed
        pytest.fail(f"the process ended before it logged {event}")

    async def faults(self, **plan: Any) -> dict[str, Any]:
        answer = await self.client.put("/_sim/faults", json=plan)
        assert answer.status_code == 200, answer.text
        described: dict[str, Any] = answer.json()
        return described

    async def records(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/_sim/records")
        rows: list[dict[str, Any]] = answer.json()
        return rows


async def launch(*arguments: str | Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "mrk_simulators",
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a simulator and returns once it says that it listens; stops all at the end."""
    running: list[Running] = []

    async def run(*arguments: str | Path, listen: str = "127.0.0.1:0") -> Running:
        process = await launch(*arguments, "--listen", listen)
        assert process.stdout is not None
        assert process.stderr is not None
        first = await asyncio.wait_for(process.stdout.readline(), 30)
        if not first:
            pytest.fail((await process.stderr.read()).decode())
        started = json.loads(first)
        port = started.get("port") or started["http_port"]
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20)
        one = Running(process, started, client)
        running.append(one)
        return one

    yield run
    for one in running:
        if one.process.returncode is None:
            await one.stop()


@pytest.fixture
async def lapor(start: Start, tmp_path: Path) -> Running:
    """SP4N-LAPOR! with the city pack's ids."""
    return await start("lapor", "--store", tmp_path / "lapor.db", "--reference", LAPOR_YAML)


@pytest.fixture
async def mail(start: Start, tmp_path: Path) -> Running:
    """The mail server."""
    return await start("mail", "--smtp", "127.0.0.1:0", "--store", tmp_path / "mail.db")


@pytest.fixture
def complaint() -> Callable[..., dict[str, Any]]:
    """The fields of a valid complaint of dialect `splp`."""

    def fields(reference: str = "MRK-7F3K-Q2", **changed: Any) -> dict[str, Any]:
        return {
            "title": "Jalan rusak di Jl. Sisingamangaraja",
            "content": f"Lubang besar di depan sekolah.\n\nReferensi: {reference}",
            "channel": 13,
            "date_of_incident": "2026-07-01",
            "is_new_user_slider": True,
            "emailUser": "warga@example.id",
            "nameUser": "Warga Medan",
            "phoneUser": "+6281234567890",
            "is_inbox": True,
            "is_disposisi_slider": True,
            "classification_id": 1,
            "disposition_id": 7101,
            "category_id": 301,
            "tags_raw": reference,
            "is_approval": False,
            "is_anonymous": False,
            "is_secret": True,
            "is_priority": False,
            "attachments": "[]",
            **changed,
        }

    return fields
