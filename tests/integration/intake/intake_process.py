"""intake's roles as processes of their own."""

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

PACK = Path(__file__).parents[3] / "deploy" / "city" / "medan"


def environ(dsn: str, **more: str) -> dict[str, str]:
    own = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": dsn,
        "LISTEN": "127.0.0.1:0",
        "VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "TRACKING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "PUBLIC_URL": "https://lapor.example",
        "WEB_URL": "https://lapor.example",
        "STAFF_URL": "https://petugas.example",
        "OIDC_ISSUER": "https://login.example",
        "OIDC_CLIENT_ID": "rumah-kita",
        "OIDC_CLIENT_SECRET": secrets.token_urlsafe(24),
        "OIDC_ROLES_CLAIM": "roles",
        "SESSION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "CITY_PACK": str(PACK),
        "ATTACHMENTS_URL": Path(tempfile.mkdtemp(dir=os.environ["MRK_TEST_RUN"])).as_uri(),
        "SERVICE_CREDENTIALS": json.dumps({"notify": "n" * 40}),
        **more,
    }
    prefixed = {f"MRK_INTAKE_{name}": value for name, value in own.items()}
    return {"PATH": os.environ["PATH"], **prefixed}


class Role:
    """A role's process and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.url = ""

    async def listening(self) -> None:
        while not self.url:
            line = await self.line()
            if '"role.listening"' in line:
                said = json.loads(line)
                self.url = f"http://{said['host']}:{said['port']}"

    async def line(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        assert line, f"it ended: {self.lines}"
        self.lines.append(line)
        return line

    async def ready(self, client: httpx.AsyncClient) -> None:
        async with asyncio.timeout(60):
            while (await client.get(f"{self.url}/readyz")).status_code != 200:
                await asyncio.sleep(0.05)

    async def end(self) -> int:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            out, _ = await self.process.communicate()
        self.lines += out.decode().splitlines()
        return self.process.returncode or 0


Started = Callable[..., Any]


@asynccontextmanager
async def started(name: str, env: dict[str, str]) -> AsyncIterator[Role]:
    """Run a role until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", name,
        env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    role = Role(process)
    try:
        await role.listening()
        yield role
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
