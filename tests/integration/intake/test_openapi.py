"""The description and the API agree: a fuzzer that reads the one finds nothing in the other."""

import asyncio
import os
import sys
from pathlib import Path

import httpx
from intake_process import environ, started

REPORT = {"kind": "aspiration", "text": "Tolong pasang lampu di taman.", "address": "Kesawan"}
EXAMPLES = 60


async def test_a_fuzzer_finds_nothing(dsn: str, tmp_path: Path) -> None:
    kinds = ("RATE_PER_SECOND", "RATE_BURST", "ADDRESS_RATE_PER_SECOND", "ADDRESS_RATE_BURST")
    limits = dict.fromkeys(kinds, "10000")
    async with (
        started("http", environ(dsn, **limits)) as http,
        httpx.AsyncClient(trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        await http.ready(client)
        assert http.process.stdout is not None
        reading = group.create_task(http.process.stdout.read())  # a full pipe would stop the role
        key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
        sent = await client.post(f"{http.url}/api/v1/reports", json=REPORT, headers=key)
        fuzzer = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{http.url}/openapi.json", "--url", http.url, "--checks", "all"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)),
            *("--seed", "1", "--no-color"),
            cwd=tmp_path,  # it keeps what it found
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parent),
                "SCHEMATHESIS_HOOKS": "openapi_hooks",
                "MRK_TEST_NUMBER": sent.json()["tracking_number"],
                "MRK_TEST_SECRET": sent.json()["tracking_secret"],
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await fuzzer.communicate()
        reading.cancel()
        assert fuzzer.returncode == 0, told.decode()
