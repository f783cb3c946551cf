"""Keeps one Kafka or PostgreSQL for as long as another process lives, and ends it then.

A test run shares one broker and one database between its workers. No worker may own them: workers
come and go, and a killed one could not clean up. So a keeper process owns each, watches the run's
main process, and ends with it, however that ends:

    python -m mrk_local.keeper kafka DATA OWNER_PID

When ready it writes DATA/ready.json; when it cannot start, DATA/failed.txt with the reason. Where
the owner was killed and nobody else can, it removes DATA, which may lie in memory.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

import psutil

from mrk_local.errors import LocalError
from mrk_local.folders import make_folder, write_whole
from mrk_local.kafka import KafkaBroker
from mrk_local.kafka_jars import lock
from mrk_local.ports import free_ports
from mrk_local.postgres import PostgresServer
from mrk_local.processes import ProcessId, end_leftovers

Service = Literal["kafka", "postgres"]
_POLL_S = 0.05


def shared(service: Service, data: Path, owner: int, wait_s: float = 180) -> dict[str, str]:
    """The facts of the service kept in `data`, started by whoever asks first.

    Args:
        service: which one.
        data: its folder, the same for all who share it.
        owner: the process whose end also ends the service.
        wait_s: how long a start may take, in seconds, downloads included.

    Returns:
        For Kafka `bootstrap` and `log_dir`; for PostgreSQL `data` and `port`.

    Raises:
        LocalError: it cannot start.
    """
    make_folder(data)
    ready, failed = data / "ready.json", data / "failed.txt"
    with lock(data / "keeper.lock"):
        if not ready.exists() and not failed.exists():
            _spawn(service, data, owner)
            deadline = monotonic() + wait_s
            while not ready.exists() and not failed.exists():
                if monotonic() > deadline:
                    write_whole(failed, f"the keeper of {service} was not ready in {wait_s:g} s")
                sleep(_POLL_S)
    if failed.exists():
        raise LocalError(
            failed.read_text(encoding="utf-8"), f"read {data / 'keeper.log'} and mend what it names"
        )
    facts: dict[str, str] = json.loads(ready.read_text(encoding="utf-8"))
    return facts


def release(data: Path) -> None:
    """End the keeper of this folder, and its service with it; returns when both are gone."""
    end_leftovers([data / "keeper.json"], grace_s=40)


def _spawn(service: Service, data: Path, owner: int) -> None:
    command = [sys.executable, "-m", "mrk_local.keeper", service, str(data), str(owner)]
    with (data / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    identity = ProcessId.of(keeper.pid)
    if identity is not None:
        identity.write(data / "keeper.json")


async def _keep(service: Service, data: Path, owner: int) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    threading.Thread(target=_watch, args=(owner, loop, over), daemon=True).start()
    server: KafkaBroker | PostgresServer
    if service == "kafka":
        port, controller_port = free_ports(2)
        server = KafkaBroker(data / "kafka", port, controller_port)
        facts = {"bootstrap": server.bootstrap, "log_dir": str(server.log_dir)}
    else:
        server = PostgresServer(data / "postgres")
        facts = {"data": str(server.data), "port": str(server.port)}
    try:
        await server.start()
        write_whole(data / "ready.json", json.dumps(facts))
        await over.wait()
    finally:
        (data / "ready.json").unlink(missing_ok=True)
        await server.stop()


def _watch(owner: int, loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended before we looked
        psutil.Process(owner).wait()
    loop.call_soon_threadsafe(over.set)


def main() -> int:
    """Run as the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=["kafka", "postgres"])
    parser.add_argument("data", type=Path)
    parser.add_argument("owner", type=int)
    chosen = parser.parse_args()
    try:
        asyncio.run(_keep(chosen.service, chosen.data, chosen.owner))
    except LocalError as error:
        write_whole(chosen.data / "failed.txt", str(error))
        return 1
    if not psutil.pid_exists(chosen.owner):
        shutil.rmtree(chosen.data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
