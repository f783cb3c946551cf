"""A relay as a process that a test may kill: `relay_process.py DSN BOOTSTRAP`."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "integration/delivery"))

import delivery_kit as kit

from mrk_delivery import hooks
from mrk_delivery.relay import run_relay
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop


@dataclass
class _Settings:
    dsn: str
    bootstrap: str

    def kafka_options(self) -> dict[str, Any]:
        return {"bootstrap_servers": self.bootstrap}


if __name__ == "__main__":
    hooks.arm("tester", "relay")
    asyncio.run(run_relay(_Settings(*sys.argv[1:3]), kit.SERVICE, Stop(), Health()))
