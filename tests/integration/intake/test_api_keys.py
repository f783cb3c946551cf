"""`admin api-keys …`: a key is shown once, and revoked for good."""

import asyncio
import json
import os
import sys
from typing import Any

import pytest

from mrk_intake.store import api_keys


async def _admin(dsn: str, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mrk_intake", "admin", "api-keys", *words,
        env={
            "PATH": os.environ["PATH"],
            "MRK_INTAKE_ENVIRONMENT": "test",
            "MRK_INTAKE_DATABASE_URL": dsn,
        },
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, said = await process.communicate()
    return process.returncode or 0, out.decode(), said.decode()


async def test_an_operator_gives_and_takes_keys(dsn: str, intake: Any) -> None:
    code, key, said = await _admin(dsn, "add", "city-app")
    assert (code, len(key.strip())) == (0, 43)
    assert "not shown again" in said
    assert await api_keys.name_of(intake.pool, key.strip()) == "city-app"
    code, out, said = await _admin(dsn, "add", "city-app")
    assert (code, out) == (1, "")
    assert "revoke it first" in said
    code, out, _ = await _admin(dsn, "list", "--json")
    (listed,) = [json.loads(line) for line in out.splitlines()]
    assert (listed["name"], listed["revoked_at"]) == ("city-app", None)
    assert key.strip() not in out
    assert (await _admin(dsn, "revoke", "city-app"))[0] == 0
    assert await api_keys.name_of(intake.pool, key.strip()) is None
    assert (await _admin(dsn, "revoke", "city-app"))[0] == 1
    code, other, _ = await _admin(dsn, "add", "city-app")
    assert (code, other != key) == (0, True)


@pytest.mark.parametrize("name", ["City App", "x", "-app", "a" * 33])
async def test_a_name_is_a_plain_word(dsn: str, name: str) -> None:
    assert (await _admin(dsn, "add", "--", name))[0] == 2
