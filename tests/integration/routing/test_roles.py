"""Roles as processes: settings, a broken pack, the summary, and a quiet end."""

import asyncio
import json
import os
import shutil
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import routing_records as kit

from mrk_schemas.agencies import AcceptCase, AskReporter

CONFIG = 78


def environment(dsn: str, **changes: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("MRK_")},
        "MRK_ROUTING_ENVIRONMENT": "test",
        "MRK_ROUTING_DATABASE_URL": dsn,
        "MRK_ROUTING_LISTEN": "127.0.0.1:0",
        **changes,
    }


async def end_of(role: str, env: dict[str, str]) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mrk_routing", role),
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    return process.returncode, said.decode()


@asynccontextmanager
async def running(role: str, env: dict[str, str]) -> AsyncIterator[str]:
    """The role's address, once it listens; it must end well by SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mrk_routing", role), env=env, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            async for line in process.stdout:
                told = json.loads(line)
                if told["event"] == "role.listening":
                    break
        yield f"http://{told['host']}:{told['port']}"
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(25):
            await process.communicate()
    assert process.returncode == 0


def get(url: str) -> tuple[int, bytes, dict[str, str]]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  # our own address
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


async def eventually_ready(base: str) -> None:
    async with asyncio.timeout(30):
        while (await asyncio.to_thread(get, f"{base}/readyz"))[0] != 200:
            pass


async def test_the_summary_counts_without_small_cells_or_persons(
    dsn: str, routing: kit.Routing
) -> None:
    many = [kit.received(number) for number in range(12)]
    few = [kit.received(number, category="street-lights") for number in range(20, 29)]
    await routing.reports(*many, *few)
    async with running("http", environment(dsn)) as base:
        await eventually_ready(base)
        status, body, headers = await asyncio.to_thread(get, f"{base}/api/v1/summary")
        assert status == 200
        assert json.loads(body)["cells"] == [
            {"agency": "sdabmbk", "state": "assigned", "count": 12}
        ]
        assert "nosniff" in str(headers)
        assert (await asyncio.to_thread(get, f"{base}/livez"))[0] == 200
        assert b"mrk_http_requests_total" in (await asyncio.to_thread(get, f"{base}/metrics"))[1]
        status, body, _ = await asyncio.to_thread(get, f"{base}/api/v1/cases")
        assert (status, json.loads(body)["status"]) == (404, 404)


async def test_role_clock_follows_the_moved_clock_and_a_second_one_stands_by(
    dsn: str, routing: kit.Routing
) -> None:
    await routing.reports(kit.received())
    await routing.commands(kit.command(AcceptCase), kit.command(AskReporter))
    # the role's time is real: the question waits until next week by it, and nothing was due since
    await routing.pool.execute("update case_file set due_at = now() + interval '7 days'")
    waits = "update case_file set body = jsonb_set(body, '{waiting,until}', to_jsonb(due_at))"
    await routing.pool.execute(waits)
    later = """update case_file set body = jsonb_set(body, '{deadlines,2,due_at}',
        to_jsonb(due_at + interval '60 days')), verified_at = now()"""
    await routing.pool.execute(later)
    env = environment(dsn, MRK_ROUTING_CITY_PACK=str(kit.MEDAN), MRK_ROUTING_CLOCK_MOVABLE="true")
    async with running("clock", env) as one, running("clock", env) as two:
        await eventually_ready(one)
        await eventually_ready(two)
        assert "case.resumed" not in await routing.types()
        await routing.pool.execute("update delivery_clock set moved_by = interval '8 days'")
        async with asyncio.timeout(30):
            while "case.resumed" not in await routing.types():
                await asyncio.sleep(0.05)
        told = [(await asyncio.to_thread(get, f"{base}/metrics"))[1] for base in (one, two)]
        acted = [b'mrk_alarms_total{reason="answer"} 1.0' in each for each in told]
        assert sorted(acted) == [False, True]
        assert all(b"mrk_alarms_late_seconds" in each for each in told)
    assert (await routing.types()).count("case.resumed") == 2  # to all, and to the owner


async def test_http_and_clock_never_load_kafka(dsn: str) -> None:
    code = (
        "import sys, mrk_routing.roles, mrk_routing.workers.clock; "
        "print([m for m in sys.modules if m.split('.')[0] in ('aiokafka', 'faststream')])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, env=environment(dsn), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == "[]"


async def test_every_missing_setting_is_named_at_once() -> None:
    code, said = await end_of("consumer", {"PATH": os.environ["PATH"]})
    assert code == CONFIG
    for name in ("ENVIRONMENT", "DATABASE_URL", "LISTEN", "KAFKA_BOOTSTRAP", "CITY_PACK"):
        assert f"MRK_ROUTING_{name}: missing" in said


@pytest.mark.parametrize("role", ["consumer", "relay", "clock"])
async def test_a_broken_pack_names_file_line_and_mend(role: str, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    shutil.copytree(kit.MEDAN, folder)
    rules = folder / "rules.yaml"
    lines = rules.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if "owner: sdabmbk" in line)
    lines[at] = lines[at].replace("owner: sdabmbk", "owner: nobody")
    rules.write_text("\n".join(lines))
    env = environment(
        "postgresql://nobody@127.0.0.1:1/none",
        MRK_ROUTING_KAFKA_BOOTSTRAP="127.0.0.1:1",
        MRK_ROUTING_CITY_PACK=str(folder),
    )
    code, said = await end_of(role, env)
    assert code == CONFIG
    assert f"rules.yaml:{at + 1}: " in said
    assert "nobody" in said
    missing = env | {"MRK_ROUTING_CITY_PACK": str(tmp_path / "none")}
    code, said = await end_of(role, missing)
    assert code == CONFIG
    assert "MRK_ROUTING_CITY_PACK" in said


async def test_the_database_itself_refuses_a_half_erased_case(pool: asyncpg.Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute(
            "insert into case_file (complaint_id, body, words, handed_to, others_version,"
            " others_by, received_at) values"
            """ ('x', '{"state": "triage", "erased": true}', 'w', '{}', 1, 'routing', now())"""
        )
