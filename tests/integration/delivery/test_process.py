"""A tiny service, run as `python -m`, from its start to its end."""

import asyncio
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from delivery_kit import NOW, SERVICE, Note, prepare, record

from mrk_delivery import letters
from mrk_delivery.database import closing, open_pool
from mrk_delivery.events import Event
from mrk_delivery.parse import Bad
from mrk_delivery.tx import unit
from mrk_delivery.work import Work
from mrk_local.ports import free_port
from mrk_local.testing import Kafka

_MAIN = """
from mrk_delivery.entry import main

main("mrk_delivery", {"worker": "tiny_roles:worker", "broken": "tiny_roles:broken"},
     prefix="TINY_", admin="tiny_admin:ADMIN")
"""
_ROLES = """
from pydantic_settings import SettingsConfigDict
from mrk_delivery import entry
from mrk_delivery.settings import DeliverySettings
from mrk_telemetry.settings import load_settings

class Settings(DeliverySettings):
    model_config = SettingsConfigDict(env_prefix="TINY_")
    needed: str

async def worker(stop, health):
    settings = load_settings(Settings)
    ready = health.condition("all")
    async with entry.standing(settings, "tiny.worker", stop, health) as pool:
        assert await pool.fetchval("select 1") == 1
        ready.ok()
        await stop.wait()

async def broken(stop, health):
    raise RuntimeError("a defect")
"""
_ADMIN = """
from contextlib import asynccontextmanager
from delivery_kit import SERVICE, Effects, subscription
from mrk_delivery.admin import Admin, Command
from mrk_delivery.admin.topics import topic_commands
from mrk_delivery.topics import TopicSpec
import os

@asynccontextmanager
async def subscriptions(pool):
    yield [subscription(Effects())]

async def greet(inside, given):
    inside.say("hello " + given.name)

def known():
    options = {"bootstrap_servers": [os.environ["TINY_BOOTSTRAP"]]}
    return options, [TopicSpec(os.environ["TINY_TOPIC"], 3)]

ADMIN = Admin(SERVICE, subscriptions, (
    Command(("greet",), "say hello", greet, lambda parser: parser.add_argument("name")),
    *topic_commands(known),
))
"""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Tiny:
    folder: Path
    dsn: str

    def environment(self, **more: str) -> Mapping[str, str]:
        inherited = os.environ.get("PYTHONPATH", "")
        path = os.pathsep.join([str(self.folder), str(Path(__file__).parent), inherited])
        settings = {"ENVIRONMENT": "test", "DATABASE_URL": self.dsn}
        return {"PYTHONPATH": path, **{f"TINY_{k}": v for k, v in {**settings, **more}.items()}}

    async def start(self, *words: str, **more: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "tiny", *words],
            env=self.environment(**more),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *words: str, **more: str) -> Ended:
        process = await self.start(*words, **more)
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        return Ended(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def tiny(tmp_path: Path, database: str) -> Tiny:
    for name, text in (("tiny", _MAIN), ("tiny_roles", _ROLES), ("tiny_admin", _ADMIN)):
        (tmp_path / f"{name}.py").write_text(text)
    return Tiny(tmp_path, database)


@pytest.fixture
async def prepared(tiny: Tiny) -> Tiny:
    await prepare(tiny.dsn)
    return tiny


async def get(url: str) -> tuple[int, Any]:
    def ask() -> tuple[int, Any]:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # our own process
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, None

    return await asyncio.to_thread(ask)


async def until_ready(url: str) -> None:
    async with asyncio.timeout(20):
        while (await get(url))[0] != 200:
            await asyncio.sleep(0.05)


async def test_a_role_serves_its_health_and_ends_at_sigterm(tiny: Tiny) -> None:
    port = free_port()
    role = await tiny.start("worker", LISTEN=f"127.0.0.1:{port}", NEEDED="x")
    try:
        await until_ready(f"http://127.0.0.1:{port}/readyz")
        assert (await get(f"http://127.0.0.1:{port}/livez"))[0] == 200
        role.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            out, _ = await role.communicate()
    finally:
        if role.returncode is None:
            role.kill()
    assert role.returncode == 0
    lines = [json.loads(line) for line in out.decode().splitlines()]
    assert {line["service"] for line in lines} == {"delivery"}
    assert {line["role"] for line in lines} == {"worker"}
    assert [line["event"] for line in lines] == ["role.listening", "role.stopping", "role.ended"]


async def test_a_role_that_waits_for_its_database_is_alive_not_ready_and_can_be_stopped(
    tiny: Tiny,
) -> None:
    port = free_port()
    away = f"postgresql://nobody:hidden@127.0.0.1:{free_port()}/none"
    role = await tiny.start("worker", LISTEN=f"127.0.0.1:{port}", NEEDED="x", DATABASE_URL=away)
    try:
        await until_ready(f"http://127.0.0.1:{port}/livez")
        assert (await get(f"http://127.0.0.1:{port}/readyz"))[0] == 503
        role.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            out, err = await role.communicate()
    finally:
        if role.returncode is None:
            role.kill()
    assert role.returncode == 0
    assert b"hidden" not in out + err


async def test_all_wrong_settings_are_named_at_once(tiny: Tiny) -> None:
    ended = await tiny.run("worker", ENVIRONMENT="moon", LOG_LEVEL="LOUD", LISTEN="8080")
    assert ended.code == 78
    for name in ("TINY_ENVIRONMENT", "TINY_LOG_LEVEL", "TINY_LISTEN", "TINY_NEEDED"):
        assert name in ended.err


async def test_an_unknown_role_is_told_the_known_ones(tiny: Tiny) -> None:
    for words in ((), ("wroker",), ("worker", "twice")):
        ended = await tiny.run(*words)
        assert ended.code == 64
        assert "broken, worker, migrate, admin" in ended.err


async def test_a_defect_ends_the_process_with_1_and_is_logged(tiny: Tiny) -> None:
    ended = await tiny.run("broken")
    assert ended.code == 1
    assert "role.failed" in ended.out


async def test_the_clock_is_moved_and_shown(prepared: Tiny) -> None:
    ended = await prepared.run("admin", "clock", "advance", "3d", CLOCK_MOVABLE="true")
    assert (ended.code, ended.out.endswith("(+259200 s)\n")) == (0, True)
    assert "(+259200 s)" in (await prepared.run("admin", "clock", "show")).out


async def test_production_refuses_to_move_the_clock(prepared: Tiny) -> None:
    words = ("admin", "clock", "advance", "3d")
    assert (await prepared.run(*words, ENVIRONMENT="production")).code == 1
    movable = await prepared.run(*words, ENVIRONMENT="production", CLOCK_MOVABLE="true")
    assert movable.code == 78
    assert "(+0 s)" in (await prepared.run("admin", "clock", "show")).out


async def test_dead_letters_are_listed_shown_redriven_and_dropped(prepared: Tiny) -> None:
    async with closing(await open_pool(prepared.dsn)) as pool:
        for n in (1, 2, 3):
            async with unit(pool, SERVICE) as tx:
                bad = Bad(record(f"k{n}", 1, offset=n), f"k{n}", "test.note.v1", "bad", "a reason")
                await letters.store(tx, "test.group", bad, "bad")
        listed = await prepared.run("admin", "dead-letters", "list", "--json")
        found = [json.loads(line) for line in listed.out.splitlines()]
        assert [(row["key"], row["reason"]) for row in found] == [
            ("k1", "a reason"), ("k2", "a reason"), ("k3", "a reason"),
        ]  # fmt: skip
        assert "kata" not in listed.out
        first, second, _ = (str(row["id"]) for row in found)
        assert "kata" in (await prepared.run("admin", "dead-letters", "show", first)).out
        redriven = await prepared.run("admin", "dead-letters", "redrive", first)
        assert (redriven.code, redriven.out) == (0, f"{first}: 1 applied\n")
        assert (await prepared.run("admin", "dead-letters", "drop", second)).code == 0
        assert (await prepared.run("admin", "dead-letters", "redrive", "--all")).code == 0
        assert [row["key"] for row in await pool.fetch("select key from effect order by id")] == [
            "k1", "k3",
        ]  # fmt: skip
    assert (await prepared.run("admin", "dead-letters", "list")).out == "none\n"
    again = await prepared.run("admin", "dead-letters", "redrive", first)
    assert (again.code, "no open dead letter" in again.err) == (1, True)


async def test_unknown_work_is_listed_and_looked_up_on_demand(prepared: Tiny) -> None:
    async with closing(await open_pool(prepared.dsn)) as pool:
        async with unit(pool, SERVICE) as tx:
            tx.enqueue(Work("post", "a", "a", "send", {"words": "kata"}, "a-1"))
        await pool.execute(
            "update work set state = 'unknown', unknown_since = now(), due_at = 'infinity'"
        )
        listed = await prepared.run("admin", "work", "list", "--json")
        assert json.loads(listed.out)["shelved"] is True
        assert "kata" not in listed.out
        assert (await prepared.run("admin", "work", "look-up", "--all")).code == 0
        assert await pool.fetchval("select due_at <= clock_timestamp() from work")
    assert (await prepared.run("admin", "work", "look-up", "99")).code == 1


async def test_a_service_adds_commands_and_keeps_topics(
    prepared: Tiny, kafka: Kafka, unique: Callable[[str], str]
) -> None:
    assert (await prepared.run("admin", "greet", "Medan")).out == "hello Medan\n"
    where = {"BOOTSTRAP": kafka.bootstrap, "TOPIC": unique("topic")}
    missing = await prepared.run("admin", "topics", "diff", **where)
    assert (missing.code, missing.out) == (1, f"{where['TOPIC']}: missing\n")
    created = await prepared.run("admin", "topics", "apply", **where)
    assert (created.code, created.out) == (0, f"{where['TOPIC']}: created\n")
    assert (await prepared.run("admin", "topics", "diff", **where)).out == "as declared\n"


async def test_replay_counts_what_waits_again(prepared: Tiny) -> None:
    async with closing(await open_pool(prepared.dsn)) as pool:
        async with unit(pool, SERVICE) as tx:
            await tx.lock(["a", "b"])
            tx.emit(Event("t.out", "a", Note(), NOW))
            tx.emit(Event("t.out", "b", Note(), NOW))
        await pool.execute("delete from outbox")
        ended = await prepared.run("admin", "replay", "--key", "b")
        assert (ended.code, ended.out) == (0, "1 events wait for the relay\n")
        assert await pool.fetchval("select key from outbox") == "b"
