"""A broker, a database server and processes for one run of the bench."""

import asyncio
import base64
import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import httpx
import psutil

from mrk_city import CityPack, load_pack
from mrk_cli.city import default_pack
from mrk_delivery import topics
from mrk_delivery.migrate import migrate
from mrk_local import keeper
from mrk_local.ports import LOOPBACK, free_port
from mrk_local.postgres import PostgresServer
from mrk_local.testing import Databases
from mrk_schemas.topics import expand

REPO = Path(__file__).resolve().parents[2]
START_S = 60.0
STOP_S = 40.0


@dataclass(frozen=True)
class World:
    """What every measurement stands on."""

    folder: Path
    bootstrap: str
    databases: Databases
    pack: CityPack

    @property
    def kafka_options(self) -> dict[str, Any]:
        return {"bootstrap_servers": [self.bootstrap]}

    async def database(self, package: str) -> str:
        """A fresh, migrated database of a service."""

        async def prepared(dsn: str) -> None:
            await migrate(package, dsn)

        return await self.databases.fresh(package, prepared)

    def settings(self, prefix: str, dsn: str, **own: str) -> dict[str, str]:
        """Environment variables that every role of a service understands."""
        values = {
            "ENVIRONMENT": "test",
            "DATABASE_URL": dsn,
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "CITY_PACK": str(default_pack()),
            "LOG_LEVEL": "WARNING",
            **own,
        }
        return {f"{prefix}{name}": value for name, value in values.items()}


def intake_secrets() -> dict[str, str]:
    """Keys of one run, and rates that no measurement meets."""
    return {
        "VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "TRACKING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": "https://lapor.example",
        "ATTACHMENTS_URL": Path(tempfile.mkdtemp(prefix="mrk-attachments-")).as_uri(),
        "PHONE_REPORTS_PER_DAY": "500",
        "ADDRESS_RATE_PER_SECOND": "1000000",
        "ADDRESS_RATE_BURST": "1000000",
    }


@contextlib.asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Start Kafka and PostgreSQL with their durable settings; end and remove them after."""
    folder = Path(tempfile.mkdtemp(prefix="mrk-bench-"))
    try:
        kafka, postgres = await asyncio.gather(
            *(
                asyncio.to_thread(keeper.shared, service, folder / service, os.getpid())
                for service in ("kafka", "postgres")
            )
        )
        server = PostgresServer(Path(postgres["data"]), int(postgres["port"]))
        pack = load_pack(default_pack())
        made = World(folder, kafka["bootstrap"], Databases(server, "bench"), pack)
        await topics.apply(made.kafka_options, expand(sorted(pack.agencies)))
        yield made
    finally:
        for service in ("kafka", "postgres"):
            await asyncio.to_thread(keeper.release, folder / service)
        shutil.rmtree(folder)


@dataclass
class Running:
    """A process of the run and the port that it was told to listen on."""

    process: asyncio.subprocess.Process
    port: int

    def cpu_s(self) -> float:
        """Seconds of CPU that it has used: what contention for the machine hardly changes."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextlib.asynccontextmanager
async def process(
    world: World, command: list[str], environment: Mapping[str, str], prefix: str
) -> AsyncIterator[Running]:
    """Run `python COMMAND` until the block ends; it is ready when `/readyz` says so.

    Raises:
        RuntimeError: it ended, or is not ready in time; the message quotes its log.
    """
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MRK_")}
    log = world.folder / f"{command[1].rpartition('.')[2]}-{command[-1]}-{port}.log"
    with log.open("wb") as output:
        started = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=REPO,
            env={**inherited, **environment, f"{prefix}LISTEN": f"{LOOPBACK}:{port}"},
            stdout=output,
            stderr=output,
        )
    try:
        await ready(started, port, log)
        yield Running(started, port)
    finally:
        await _end(started)


def role(package: str, name: str) -> list[str]:
    """A role exactly as deployed."""
    return ["-m", package, name]


def peer(module: str) -> list[str]:
    """A peer of `tests/bench/peers`."""
    return ["-m", f"tests.bench.peers.{module}"]


async def ready(
    started: asyncio.subprocess.Process, port: int, log: Path, within_s: float = START_S
) -> None:
    """Wait until `/readyz` of a process that listens there says so.

    Raises:
        RuntimeError: it ended, or is not ready in time; the message quotes its log.
    """
    deadline = monotonic() + within_s
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        while monotonic() < deadline and started.returncode is None:
            with contextlib.suppress(httpx.HTTPError):  # it does not listen yet
                answer = await client.get(f"http://{LOOPBACK}:{port}/readyz")
                if answer.status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.05)
    raise RuntimeError(f"not ready: {log}\n{log.read_text(encoding='utf-8')[-2000:]}")


async def _end(started: asyncio.subprocess.Process) -> None:
    if started.returncode is not None:
        return
    started.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(started.wait(), STOP_S)
    except TimeoutError:
        started.kill()
        await started.wait()


async def count(conn: asyncpg.Connection, table: str) -> int:
    """Rows of a table."""
    return int(await conn.fetchval(f"select count(*) from {table}"))  # noqa: S608  # our own words
