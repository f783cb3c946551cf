"""Five times what role `http` can take: refused early, and all that was acknowledged is kept.

What bounds it here is the database's disk, as on a small machine: each write and each commit takes
as long as on a slow one. The processors stay free enough for the flood, so that all of it is really
offered: what shares two cores with a server offers six or seven thousand reports a second at most,
and this is well above five times what a disk so slow takes.
"""

import asyncio
import base64
import re
import resource
import secrets
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import asyncpg
import httpx
import pytest
from tests.integration.intake.intake_process import PACK, environ, started
from tests.proof.flood import Answered, Flood
from tests.proof.ledger import Ledger, open_ledger
from tests.proof.residents import Residents

from mrk_city import load_pack
from mrk_delivery.migrate import migrate
from mrk_intake.domain.keys import Keys
from mrk_local.postgres import PostgresServer
from mrk_local.testing import Databases

pytestmark = pytest.mark.timeout(90)

_TIMES: Final = 5
_MARGIN: Final = 1.2
"""Offered beyond it: the last moment of the flood may come late."""
_SECONDS: Final = 2.0
_CONNECTIONS: Final = 6_000
"""More than wait for their answers at any moment."""
_COMMIT_MS: Final = 100
"""PostgreSQL's longest."""
_WRITE_MS: Final = 100
"""Of each statement that writes reports."""
_SLOW_WRITE: Final = f"""
create function slow_disk() returns trigger language plpgsql as
    $$ begin perform pg_sleep({_WRITE_MS / 1000}); return null; end $$;
create trigger slow_disk after insert on report for each statement execute function slow_disk();
"""
_AT_ONCE: Final = 512
"""Enough for the largest batches, and fewer than are refused: the most that this server takes."""
_MOST_MIB: Final = 320
"""1,024 requests in flight with their bodies, and some thousand open connections."""
_EACH_ONCE: Final = """
select r.tracking_number, r.request, i.complaint = r.id as answered, count(e.id) as events
from report r join idempotency i on i.request = r.request
    left join report_event e on e.key = r.id::text
group by 1, 2, 3
"""


def _memory_mib(pid: int) -> tuple[int, int]:
    """What a process holds now, and has held at most."""
    told = Path(f"/proc/{pid}/status").read_text()
    now, most = re.search(r"VmRSS:\s+(\d+)", told), re.search(r"VmHWM:\s+(\d+)", told)
    assert now is not None
    assert most is not None
    return int(now[1]) // 1024, int(most[1]) // 1024


def _middle_and_p99_ms(answers: Sequence[Answered]) -> tuple[float, float]:
    took = sorted(each.took_s * 1000 for each in answers)
    return round(took[len(took) // 2], 1), round(took[len(took) * 99 // 100], 1)


def _of(answers: Sequence[Answered], status: int) -> list[Answered]:
    return [each for each in answers if each.status == status]


async def _refused(client: httpx.AsyncClient, url: str) -> dict[str, float]:
    told = (await client.get(f"{url}/metrics")).text
    found = re.findall(r'mrk_http_refused_total\{reason="(\w+)"\} ([\d.e+]+)', told)
    return {reason: float(count) for reason, count in found}


async def test_what_is_acknowledged_under_five_times_the_load_is_kept(
    databases: Databases, tmp_path: Path
) -> None:
    async def migrated(dsn: str) -> None:
        await migrate("mrk_intake", dsn)

    dsn = await databases.fresh("intake-overload", migrated)
    await _slow_disk(databases.server, dsn)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each connection is a file
    seed = secrets.randbits(32)
    people = Residents(load_pack(PACK), seed)
    env = environ(dsn, TRUSTED_PROXIES="127.0.0.1")
    print(f"seed {seed}")
    async with (
        started("http", env) as http,
        httpx.AsyncClient(trust_env=False, timeout=30) as client,
    ):
        said = asyncio.create_task(_said(http.process))
        await http.ready(client)
        with open_ledger(tmp_path / "ledger") as ledger:
            flood = Flood(
                int(http.url.rpartition(":")[2]), ledger, f"overload/{seed}",
                [people.report(number) for number in range(500)],
            )  # fmt: skip
            await flood.connect(_AT_ONCE)
            calm, spent = await _timed(flood.steady(_AT_ONCE, _SECONDS))
            capacity = len(_of(calm, 201)) / spent
            before = _memory_mib(http.process.pid)
            await flood.connect(_CONNECTIONS)
            wild = await flood.offer(_TIMES * _MARGIN * capacity, _SECONDS)
            offered = len(wild) / flood.offered_s
            during = _memory_mib(http.process.pid)
            refused = await _refused(client, http.url)
            unsure = {each.sent.key: each.sent for each in wild if each.status != 201}
            later = await flood.again([s for s in unsure.values() if not s.rude][:500])
            after = _memory_mib(http.process.pid)
            flood.close()
            _tell(calm, wild, capacity, offered)
            print(f"memory now and at most, MiB: {before} before, {during} at the end, {after}")
        assert offered >= _TIMES * capacity
        _judge_answers(calm, wild, later, refused)
        assert after[1] < _MOST_MIB
        http.process.terminate()
        assert await http.process.wait() == 0
        assert "Traceback" not in await said
    keys = Keys.derive(base64.b64decode(env["MRK_INTAKE_TRACKING_KEY"]))
    named = {keys.request(flood.devices[key], key): key for key in ledger.entries}
    await _judge_database(dsn, ledger, named)


async def _slow_disk(server: PostgresServer, dsn: str) -> None:
    """Each write and commit in this database lasts as on a disk that needs so long for it."""
    database = dsn.rpartition("/")[2]
    conn = await asyncpg.connect(server.admin_dsn)
    for name, value in {"commit_delay": _COMMIT_MS * 1000, "commit_siblings": 0}.items():
        await conn.execute(f"alter database {database} set {name} = {value}")
    await conn.close()
    conn = await asyncpg.connect(dsn)
    await conn.execute(_SLOW_WRITE)
    await conn.close()


async def _timed(answers: Awaitable[list[Answered]]) -> tuple[list[Answered], float]:
    """And the seconds until the last of them."""
    begun = monotonic()
    return await answers, monotonic() - begun


async def _said(process: asyncio.subprocess.Process) -> str:
    """What a process says until it ends; whoever does not read it stops it."""
    assert process.stdout is not None
    return (await process.stdout.read()).decode()


def _tell(calm: list[Answered], wild: list[Answered], capacity: float, offered: float) -> None:
    print(f"capacity {capacity:.0f}/s, p50 and p99 {_middle_and_p99_ms(_of(calm, 201))} ms")
    times = offered / capacity
    print(f"offered {offered:.0f}/s, {times:.2f} times: {Counter(each.status for each in wild)}")
    for status in (201, 429, 503):
        if some := _of(wild, status):
            print(f"  {status}: p50 and p99 {_middle_and_p99_ms(some)} ms")


def _judge_answers(
    calm: list[Answered], wild: list[Answered], later: list[Answered], refused: dict[str, float]
) -> None:
    assert {each.status for each in calm} <= {201, 429}
    assert {each.status for each in wild} == {201, 429, 503}
    for each in wild:
        assert each.status == 201 or int(each.retry_after or "0") >= 1
    # early: at the door, or before the queue to the database
    early = refused.get("overload", 0) + refused.get("database", 0)
    assert early == len(_of(wild, 503))
    # the one who sends without end is told so, and takes nothing from the others
    assert all(each.sent.rude for each in _of(wild, 429))
    # afterwards all works again, under the same keys
    assert later
    assert {each.status for each in later} == {201}


async def _judge_database(dsn: str, ledger: Ledger, named: Mapping[bytes, str]) -> None:
    conn = await asyncpg.connect(dsn)
    rows = await conn.fetch(_EACH_ONCE)
    outbox = await conn.fetchval("select count(*) from outbox")
    await conn.close()
    stored = {row["tracking_number"] for row in rows}
    acknowledged = ledger.by_tracking()
    assert all(len(entry.tracking) <= 1 for entry in ledger.entries.values())
    assert not ledger.of_state("fail")
    assert acknowledged.keys() <= stored
    assert len(rows) == len(stored) == outbox
    # what is there beside it was asked for, and nobody was told that it was refused for good
    for row in rows:
        entry = ledger.entries[named[row["request"]]]
        assert entry.tracking <= {row["tracking_number"]}
    assert all(row["answered"] and row["events"] == 1 for row in rows)
