"""A new master key: both are read meanwhile, and afterwards the former one opens nothing."""

import asyncio
import base64
import io
import json
import os
import sys
from typing import Any

import pytest
from PIL import Image

from mrk_intake.service import SERVICE
from mrk_intake.store import erase, rotate
from mrk_intake.store.masters import VaultError
from mrk_intake.store.sealing import Sealing
from mrk_intake.store.vault import Vault

OLD, NEW = (base64.b64encode(bytes([n, *range(31)])).decode() for n in (1, 9))


async def _admin(dsn: str, *words: str, key: str = NEW, former: str = "") -> tuple[int, str, str]:
    environ = {
        "PATH": os.environ["PATH"],
        "MRK_INTAKE_ENVIRONMENT": "test",
        "MRK_INTAKE_DATABASE_URL": dsn,
        "MRK_INTAKE_VAULT_KEY": key,
        "MRK_INTAKE_VAULT_KEYS_FORMER": former,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "vault", *words,
        env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def _vault(newest: str, former: str) -> Vault:
    return Vault(base64.b64decode(newest), [base64.b64decode(former)])


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (30, 60, 90)).save(out, "JPEG")
    return out.getvalue()


async def _with_photo(intake: Any) -> Any:
    """A report with a photo, and the path at which the public sees it."""
    url = await intake.uploaded(_photo())
    sent = await intake.accepted(attachments=[url.rpartition("/")[2]])
    shown = await intake.public.get(f"/api/v1/reports/{sent['tracking_number']}")
    return sent, shown.json()["attachments"][0]["url"]


async def _named(intake: Any, sent: Any) -> bool:
    reporter = (await intake.event(sent["id"]))["report"]["reporter"]
    return bool((await intake.contact("notify", reporter)).status_code == 200)


async def test_a_new_master_key_replaces_the_former_one(dsn: str, pack: Any, start: Any) -> None:
    async with start(dsn, pack, vault_key=OLD) as intake:
        first, photo = await _with_photo(intake)
        waiting, store = await intake.uploaded(_photo()), intake.settings.attachments_url
    rotating = {"vault_key": NEW, "vault_keys_former": (OLD,), "attachments_url": store}
    async with start(dsn, pack, **rotating) as intake:
        second, other = await _with_photo(intake)
        assert await _named(intake, first)
        assert await _named(intake, second)
        seen = [(await intake.public.get(each)).content for each in (photo, other)]
        code, out, _ = await _admin(dsn, "status", "--json", former=OLD)
        known = {
            row["known_as"]: (row["reporters"], row["attachments"])
            for row in map(json.loads, out.splitlines())
        }
        assert (code, known) == (0, {"former": (1, 2), "newest": (1, 1)})

        code, out, _ = await _admin(dsn, "rotate", former=OLD)
        assert code == 0
        assert "VAULT_KEYS_FORMER can be unset" in out
    async with start(dsn, pack, vault_key=NEW, attachments_url=store) as intake:
        assert [(await intake.public.get(each)).content for each in (photo, other)] == seen
        assert (await intake.public.get(waiting)).json()["state"] == "ready"
        assert await _named(intake, first)
        assert await _named(intake, second)
        assert (await _admin(dsn, "status"))[0] == 0
        assert (await _admin(dsn, "status", key=OLD))[0] == 1


async def test_rotating_without_the_former_key_changes_nothing_and_says_so(
    dsn: str, pack: Any, start: Any
) -> None:
    async with start(dsn, pack, vault_key=OLD) as intake:
        sent = await intake.accepted()
        code, _, err = await _admin(dsn, "rotate")
        assert code == 1
        assert "VAULT_KEYS_FORMER" in err
        assert await _named(intake, sent)


async def test_what_was_ended_in_the_middle_goes_on(
    dsn: str, pack: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate, "BATCH", 2)
    async with start(dsn, pack, vault_key=OLD) as intake:
        erased = await intake.accepted()
        for _ in range(5):
            await intake.accepted()
        await erase.erase(intake.pool, SERVICE, erased["id"], intake.clock.now())
        vault = _vault(NEW, OLD)
        async for rows in rotate.rewrap(intake.pool, vault):
            assert rows == 2
            break
        counted = await rotate.counted(intake.pool)
        assert sorted(each.reporters for each in counted.values()) == [2, 3]
        again = [rows async for rows in rotate.rewrap(intake.pool, vault)]
        assert again == [2, 1]
        assert list(await rotate.counted(intake.pool)) == [vault.master_id]


async def test_attachments_that_were_left_in_the_middle_follow(
    dsn: str, pack: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate, "BATCH", 2)
    async with start(dsn, pack, vault_key=OLD) as intake:
        for _ in range(5):
            await intake.begun(1000)
        sealing = Sealing(base64.b64decode(NEW), [base64.b64decode(OLD)])
        async for rows in rotate.rewrap_attachments(intake.pool, sealing):
            assert rows == 2
            break
        counted = await rotate.counted(intake.pool)
        assert sorted(each.attachments for each in counted.values()) == [2, 3]
        again = [rows async for rows in rotate.rewrap_attachments(intake.pool, sealing)]
        assert again == [2, 1]
        assert list(await rotate.counted(intake.pool)) == [sealing.master_id]
        await intake.pool.execute("update attachment set id = gen_random_uuid()")
        back = Sealing(base64.b64decode(OLD), [base64.b64decode(NEW)])
        with pytest.raises(VaultError, match="does not belong"):
            _ = [rows async for rows in rotate.rewrap_attachments(intake.pool, back)]


async def test_a_row_that_was_changed_stops_it(dsn: str, pack: Any, start: Any) -> None:
    async with start(dsn, pack, vault_key=OLD) as intake:
        await intake.accepted()
        await intake.pool.execute("update vault set reporter = gen_random_uuid()")
        with pytest.raises(VaultError, match="does not belong"):
            _ = [rows async for rows in rotate.rewrap(intake.pool, _vault(NEW, OLD))]
