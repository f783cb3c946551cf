"""Role `worker` as a process: killed between call and commit, it loses and reorders nothing."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import hook_kit
import pytest
import routing_records as kit
from test_roles import CONFIG, end_of, environment, running

from mrk_delivery.admin.run import run
from mrk_delivery.entry import settings_of
from mrk_routing.admin import ADMIN
from mrk_routing.store import endpoints
from mrk_schemas.agencies import AcceptCase

HOOKS = {
    "MRK_ROUTING_WEBHOOK_KEY": hook_kit.KEY_TEXT,
    "MRK_ROUTING_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8",
}


async def until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not there():
            await asyncio.sleep(0.02)


async def test_a_killed_worker_sends_again_under_the_same_id_and_in_order(
    dsn: str, routing: kit.Routing, tmp_path: Path
) -> None:
    (tmp_path / "routing.worker").write_text("worker.after_call 1")
    env = environment(dsn, **HOOKS)
    async with hook_kit.receiving() as receiver:
        await hook_kit.registered(routing.pool, receiver.url)
        await routing.reports(kit.received())
        await routing.commands(kit.command(AcceptCase))
        killed = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mrk_routing", "worker"),
            env=env | {"MRK_HOOKS_DIR": str(tmp_path)},
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(60):
            assert await killed.wait() < 0
        assert (tmp_path / "routing.worker.fired").read_text().startswith("worker.after_call")
        assert [event["sequence"] for _, event in receiver.got] == ["2"]
        # the lease ends, as it would by itself half a minute later
        await routing.pool.execute("update work set leased_until = now() where state = 'running'")
        async with running("worker", env):
            await until(lambda: len(receiver.got) == 3)
        assert [event["sequence"] for _, event in receiver.got] == ["2", "2", "4"]
        assert receiver.got[0] == receiver.got[1]
        async with asyncio.timeout(20):
            while await routing.pool.fetchval("select count(*) from work where state <> 'done'"):
                await asyncio.sleep(0.02)
        assert await routing.pool.fetchval("select bool_or(repeated) from work")


async def test_an_operator_adds_tests_rotates_and_removes_an_endpoint(
    dsn: str,
    routing: kit.Routing,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment(dsn, **HOOKS, MRK_ROUTING_CITY_PACK=str(kit.MEDAN)).items():
        monkeypatch.setenv(name, value)

    async def admin(*words: str) -> tuple[int, str, str]:
        settings = settings_of("MRK_ROUTING_")
        code = await asyncio.to_thread(run, ADMIN, settings, "mrk_routing", words)
        said = capsys.readouterr()
        return code, said.out.strip(), said.err

    async with hook_kit.receiving() as receiver:
        wrong = [
            await admin("webhooks", "add", "--agency", "sdabmbk", "--url", "ftp://hooks.example"),
            await admin("webhooks", "add", "--agency", "nobody", "--url", receiver.url),
            await admin("agency-clients", "create", "road-desk", "--agency", "nobody"),
        ]
        assert [code for code, _, _ in wrong] == [1, 1, 1]
        assert "https://" in wrong[0][2]
        assert all("sdabmbk" in err for _, _, err in wrong[1:])
        added = await admin("webhooks", "add", "--agency", "sdabmbk", "--url", receiver.url)
        made = await admin("agency-clients", "create", "road-desk", "--agency", "sdabmbk")
        assert added[0] == made[0] == 0
        assert added[1].startswith("whsec_")
        assert len(made[1]) >= 43
        (endpoint,) = await endpoints.listed(routing.pool)
        # its secret is another one than the receiver's: what it gets is signed by it all the same
        code, said, _ = await admin("webhooks", "test", str(endpoint.id))
        assert (code, len(receiver.raw)) == (1, 1)
        assert "HTTP 500" in said
        listed = await admin("webhooks", "list", "--json")
        rotated = await admin("agency-clients", "rotate", "road-desk")
        assert added[1] not in listed[1]
        assert rotated[1] != made[1]
        assert (await admin("webhooks", "show", str(endpoint.id)))[:2] == (0, "none")
        assert (await admin("webhooks", "rotate", str(endpoint.id)))[0] == 0
        removed = await admin("webhooks", "remove", str(endpoint.id))
        revoked = await admin("agency-clients", "revoke", "road-desk")
        assert removed[0] == revoked[0] == 0
        assert await endpoints.listed(routing.pool) == []


async def test_every_missing_setting_of_role_worker_is_named_at_once() -> None:
    wrong = {
        "MRK_ROUTING_WEBHOOK_KEY": "c2hvcnQ=",
        "MRK_ROUTING_WEBHOOK_PRIVATE_NETWORKS": "10.0.0.1/8",
    }
    code, said = await end_of("worker", {"PATH": os.environ["PATH"], **wrong})
    assert code == CONFIG
    for name in ("ENVIRONMENT", "DATABASE_URL", "LISTEN"):
        assert f"MRK_ROUTING_{name}: missing" in said
    assert "MRK_ROUTING_WEBHOOK_KEY: " in said
    assert "MRK_ROUTING_WEBHOOK_PRIVATE_NETWORKS: " in said


async def test_neither_role_loads_kafka(dsn: str) -> None:
    code = (
        "import sys, mrk_routing.roles, mrk_routing.http.api, mrk_routing.consumers.commands, "
        "mrk_routing.workers.hooks, mrk_delivery.worker; "
        "print([m for m in sys.modules if m.split('.')[0] in ('aiokafka', 'faststream')])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environment(dsn), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == "[]"
