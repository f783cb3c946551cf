"""The master key from a key management service, over HTTP, against each that there is."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from kms_servers import SERVERS, KmsServer, kms_server

from mrk_delivery.database import Stopped
from mrk_intake.gateways.kms import KmsAwayError, KmsRefusedError
from mrk_intake.gateways.transit import Access, Transit
from mrk_intake.unlocking import unlocked
from mrk_intake.vault_settings import VaultSettings
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop

OLD = base64.b64encode(bytes([1, *range(31)])).decode()


@pytest.fixture(params=SERVERS)
async def kms(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KmsServer]:
    async with kms_server(request.param, tmp_path) as server:
        yield server


def transit(kms: KmsServer, **changes: str) -> Transit:
    return Transit(Access(**({"url": kms.url, "key": "mrk", "token": kms.token} | changes)))


def given(kms: KmsServer, **changes: Any) -> dict[str, Any]:
    """Settings that name the service."""
    return {"kms_url": kms.url, "kms_key": "mrk", "kms_token": kms.token, **changes}


def settings(dsn: str, kms: KmsServer, **changes: Any) -> VaultSettings:
    return VaultSettings(environment="test", database_url=dsn, **given(kms, **changes))


async def admin(dsn: str, kms: KmsServer, *words: str, **changes: str) -> tuple[int, str, str]:
    values = {"environment": "test", "database_url": dsn, **given(kms, **changes)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "vault", *words,
        env={"PATH": os.environ["PATH"]}
        | {f"MRK_INTAKE_{name.upper()}": value for name, value in values.items()},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_what_is_wrapped_is_unwrapped_by_the_same_key_alone(kms: KmsServer) -> None:
    service, key = transit(kms), bytes(range(32))
    wrapped = await service.wrap(key)
    assert wrapped.startswith("vault:v1:")
    assert await service.unwrap(wrapped) == key
    drawn = await service.draw()
    assert len(await service.unwrap(drawn)) == 32
    assert drawn != await service.draw()
    await transit(kms, key="other").wrap(key)
    for wrong in (
        transit(kms, key="other").unwrap(wrapped),
        transit(kms, key="unknown").unwrap(wrapped),
        service.unwrap(wrapped[:-8]),
        service.unwrap("no ciphertext"),
        transit(kms, token="x" * 32).unwrap(wrapped),
        transit(kms, mount="elsewhere").unwrap(wrapped),
    ):
        with pytest.raises(KmsRefusedError) as refused:
            await wrong
        assert kms.token not in str(refused.value)
        assert wrapped not in str(refused.value)
    assert kms.token not in repr(Access(kms.url, "mrk", kms.token))


async def test_a_sealed_service_and_none_at_all_are_away(kms: KmsServer) -> None:
    wrapped = await transit(kms).draw()
    await kms.seal()
    with pytest.raises(KmsAwayError):
        await transit(kms).unwrap(wrapped)
    await kms.unseal()
    assert len(await transit(kms).unwrap(wrapped)) == 32
    with pytest.raises(KmsAwayError):
        await transit(kms, url="http://127.0.0.1:1").unwrap(wrapped)


async def test_a_role_waits_for_a_service_that_is_away(
    kms: KmsServer, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapped = await transit(kms).draw()
    await kms.seal()
    health, stop = Health(), Stop()
    opening = asyncio.create_task(
        unlocked(settings(dsn, kms, vault_key_wrapped=wrapped), stop, health)
    )
    async with asyncio.timeout(20):
        while "kms.away" not in capsys.readouterr().out:
            await asyncio.sleep(0.02)
    assert not health.readyz()[0]
    await kms.unseal()
    opened = await opening
    assert health.readyz()[0]
    assert opened.master == await transit(kms).unwrap(wrapped)
    await kms.seal()
    stop.set()
    with pytest.raises(Stopped):
        await unlocked(settings(dsn, kms, vault_key_wrapped=wrapped), stop, Health())


async def test_a_service_that_refuses_ends_the_process_as_a_wrong_setting_does(
    kms: KmsServer, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapped = await transit(kms).draw()
    short = await transit(kms).wrap(b"short")
    for wrong in (
        {"vault_key_wrapped": wrapped, "kms_token": "x" * 32},
        {"vault_key_wrapped": wrapped, "kms_mount": "elsewhere"},
        {"vault_key_wrapped": short},
    ):
        with pytest.raises(SystemExit) as ended:
            await unlocked(settings(dsn, kms, **wrong), Stop(), Health())
        assert ended.value.code == 78
        assert "VAULT_KEY_WRAPPED" in capsys.readouterr().err


async def test_the_vault_moves_from_a_key_in_a_file_to_the_service(
    kms: KmsServer, dsn: str, pack: Any, start: Any
) -> None:
    async with start(dsn, pack, vault_key=OLD) as intake:
        sent = await intake.accepted()
        reporter = (await intake.event(sent["id"]))["report"]["reporter"]
        # without a master key of its own: a new installation begins with it
        code, printed, err = await admin(dsn, kms, "new-key")
        assert (code, err) == (0, ""), err
        new = printed.strip()
        both = {"vault_key_wrapped": new, "vault_keys_former": OLD}
        code, _, err = await admin(dsn, kms, "rotate", **both)
        assert code == 0, err
        code, out, _ = await admin(dsn, kms, "status", vault_key_wrapped=new)
        assert (code, "newest" in out, "former" in out) == (0, True, False)
    opened = await unlocked(settings(dsn, kms, vault_key_wrapped=new))
    async with start(dsn, pack, vault_key=opened.vault_key.get_secret_value()) as intake:
        assert (await intake.contact("notify", reporter)).status_code == 200
    code, same, _ = await admin(dsn, kms, "new-key", "--of-this", vault_key_wrapped=new)
    again = await unlocked(settings(dsn, kms, vault_key_wrapped=same.strip()))
    assert again.master == opened.master
