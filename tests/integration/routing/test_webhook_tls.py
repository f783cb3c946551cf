"""TLS of webhooks: verified for the name, over the address that was judged."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hook_kit
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mrk_routing.gateways.hooks import Hooks, NotSent

NAME = "hooks.dinas.example"


def certified(folder: Path, name: str) -> Path:
    """A certificate for a name, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "pair.pem"
    file.write_bytes(kept + certificate.public_bytes(pem))
    return file


@asynccontextmanager
async def server(pair: Path, got: list[bytes]) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair)
    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


async def resolve(host: str, port: int) -> list[str]:
    del host, port
    return ["10.255.255.1", "127.0.0.1"]  # the first is in no named network


async def test_the_certificate_must_be_of_the_name_and_trusted(tmp_path: Path) -> None:
    pair, got = certified(tmp_path, NAME), list[bytes]()
    trusting = ssl.create_default_context(cafile=str(pair))
    async with server(pair, got) as port:
        async with httpx.AsyncClient(verify=trusting, trust_env=False) as client:
            hooks = Hooks(client, hook_kit.LOOPBACK, resolve)
            reply = await hooks.post(f"https://{NAME}:{port}/x", {"webhook-id": "1"}, b"{}")
            assert reply.status == 204
            assert f"\r\nhost: {NAME}:{port}\r\n".encode() in got[0].lower()
            with pytest.raises(NotSent, match="ConnectError"):
                await hooks.post(f"https://other.example:{port}/x", {}, b"{}")
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(NotSent, match="ConnectError"):
                await Hooks(client, hook_kit.LOOPBACK, resolve).post(
                    f"https://{NAME}:{port}/x", {}, b"{}"
                )
    assert len(got) == 1


async def test_an_address_in_no_named_network_is_passed_over() -> None:
    networks = (ipaddress.ip_network("192.168.0.0/16"),)
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(NotSent, match="private"):
            await Hooks(client, networks, resolve).post(f"https://{NAME}/x", {}, b"{}")
