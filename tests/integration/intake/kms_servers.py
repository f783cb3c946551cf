"""Key management services to test against: the simulator, and a real OpenBao where there is one.

`MRK_TEST_BAO=/path/to/bao` adds the real server: the same tests hold for both.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from mrk_local.ports import free_ports

SIMULATOR = "simulator"
OPENBAO = "openbao"
SERVERS = [SIMULATOR, *([OPENBAO] if os.environ.get("MRK_TEST_BAO") else [])]


@dataclass
class KmsServer:
    """A running service with the key `mrk`."""

    kind: str
    url: str
    token: str
    unseal_key: str = ""

    async def post(self, path: str, body: object = None) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            headers = {"X-Vault-Token": self.token}
            return await client.post(self.url + path, json=body or {}, headers=headers)

    async def seal(self) -> None:
        path = "/_sim/seal" if self.kind == SIMULATOR else "/v1/sys/seal"
        (await self.post(path)).raise_for_status()

    async def unseal(self) -> None:
        path = "/_sim/unseal" if self.kind == SIMULATOR else "/v1/sys/unseal"
        (await self.post(path, {"key": self.unseal_key})).raise_for_status()


@contextlib.asynccontextmanager
async def kms_server(kind: str, folder: Path) -> AsyncIterator[KmsServer]:
    """Start one; it has an engine `transit` with a key `mrk`."""
    (port,) = free_ports(1)
    server = KmsServer(kind, f"http://127.0.0.1:{port}", secrets.token_hex(16))
    if kind == SIMULATOR:
        token = folder / "kms-token"
        token.write_text(server.token)
        command = [
            sys.executable, "-m", "mrk_simulators", "transit",
            f"--listen=127.0.0.1:{port}", f"--token-file={token}",
        ]  # fmt: skip
        ready = b"transit.started"
    else:
        command = [
            os.environ["MRK_TEST_BAO"], "server", "-dev", "-dev-no-store-token",
            f"-dev-root-token-id={server.token}", f"-dev-listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        ready = b"Development mode"
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while ready not in (line := await process.stdout.readline()):
                if line.startswith(b"Unseal Key: "):
                    server.unseal_key = line.split()[-1].decode()
        if kind == OPENBAO:
            mounted = await server.post("/v1/sys/mounts/transit", {"type": "transit"})
            mounted.raise_for_status()
        (await server.post("/v1/transit/keys/mrk")).raise_for_status()
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
