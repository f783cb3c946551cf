"""The description and the API agree: a fuzzer that reads the one finds nothing in the other."""

import asyncio
import io
import os
import sys
from pathlib import Path

import httpx
from intake_process import environ, started
from PIL import Image

REPORT = {"kind": "complaint", "text": "Lampu jalan mati di depan taman.", "address": "Kesawan"}
EXAMPLES = int(os.environ.get("MRK_TEST_EXAMPLES", "25"))
"""For each operation, besides the examples and the edges that the description itself gives."""
TAKEN = 4
"""Photos that the fuzzer's reports may take; an upload is one report's alone."""
UPLOADS = "/api/v1/uploads"
KINDS = (
    "RATE_PER_SECOND", "RATE_BURST", "ADDRESS_RATE_PER_SECOND", "ADDRESS_RATE_BURST",
    "UPLOAD_MIB_PER_SECOND", "UPLOAD_MIB_BURST", "ADDRESS_UPLOAD_MIB_PER_SECOND",
    "ADDRESS_UPLOAD_MIB_BURST", "UPLOAD_ROOM_MIB",
)  # fmt: skip


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (30, 60, 90)).save(out, "JPEG")
    return out.getvalue()


async def uploaded(client: httpx.AsyncClient, url: str) -> str:
    """The token of a photo that a report may take."""
    data, tus = photo(), {"Tus-Resumable": "1.0.0"}
    begun = await client.post(url + UPLOADS, headers=tus | {"Upload-Length": str(len(data))})
    token = str(begun.headers["location"]).rpartition("/")[2]
    sent = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    await client.patch(f"{url}{UPLOADS}/{token}", headers=sent, content=data)
    async with asyncio.timeout(60):
        while (await client.get(f"{url}{UPLOADS}/{token}")).json()["state"] != "ready":
            await asyncio.sleep(0.05)
    return token


async def test_a_fuzzer_finds_nothing(dsn: str, tmp_path: Path) -> None:
    env = environ(
        dsn, PHONE_REPORTS_PER_DAY="500", CHALLENGE_BELOW="0", **dict.fromkeys(KINDS, "1000000")
    )
    async with (
        started("http", env) as http,
        started("worker", env) as worker,
        httpx.AsyncClient(trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        await http.ready(client)
        assert http.process.stdout is not None
        assert worker.process.stdout is not None
        # a full pipe would stop a role
        reading = [group.create_task(each.process.stdout.read()) for each in (http, worker)]
        tokens = [await uploaded(client, http.url) for _ in range(TAKEN + 2)]
        key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
        sent = await client.post(
            f"{http.url}/api/v1/reports", json=REPORT | {"attachments": tokens[:1]}, headers=key
        )
        number = sent.json()["tracking_number"]
        shown = (await client.get(f"{http.url}/api/v1/reports/{number}")).json()["attachments"]
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
                "MRK_TEST_NUMBER": number,
                "MRK_TEST_SECRET": sent.json()["tracking_secret"],
                "MRK_TEST_FILE": shown[0]["url"].rpartition("/")[2],
                "MRK_TEST_UPLOAD": tokens[1],
                "MRK_TEST_TOKENS": " ".join(tokens[2:]),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await fuzzer.communicate()
        for each in reading:
            each.cancel()
        assert fuzzer.returncode == 0, told.decode()
