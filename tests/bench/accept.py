"""(a) Durable accepted reports a second, and how long an answer takes."""

import json
from contextlib import AsyncExitStack

import asyncpg
from tests.bench.figures import Figure, middle
from tests.bench.load import Load, Told, send
from tests.bench.reports import bodies
from tests.bench.world import World, count, intake_secrets, peer, process, role

PART = "a intake"
FASTAPI_AIM, FASTAPI_FLOOR = 4, 3
CEILING_AIM, CEILING_FLOOR = 0.6, 0.45
CONNECTIONS = (16, 64, 256)
Found = dict[tuple[str, int], list[tuple[Told, float]]]
"""By server and connections: what each run told, and the server's CPU seconds a report."""
_PREFIX = "MRK_INTAKE_"
_SERVERS = (
    ("ours", role("mrk_intake", "http")),
    ("fastapi", peer("fastapi_intake")),
    ("ceiling", peer("ceiling")),
)


async def measure(world: World, rounds: int, seconds: float) -> list[Figure]:
    """Reports a second of the three servers, each alone under load, in turn."""
    found: Found = {}
    stored = world.folder / "bodies.json"
    stored.write_text(json.dumps([body.decode() for body in bodies(world.pack, 1000)]))
    own = intake_secrets()
    async with AsyncExitStack() as kept:
        servers, databases = {}, {}
        for name, command in _SERVERS:
            databases[name] = await world.database("mrk_intake")
            settings = world.settings(_PREFIX, databases[name], **own)
            del settings[f"{_PREFIX}KAFKA_BOOTSTRAP"]
            started = await kept.enter_async_context(process(world, command, settings, _PREFIX))
            servers[name] = started
        for turn in range(rounds):
            for connections in CONNECTIONS:
                # who goes first changes: a machine that warms or tires favours nobody
                names = list(servers)[turn % 3 :] + list(servers)[: turn % 3]
                for name in names:
                    server = servers[name]
                    load = Load(server.port, connections, seconds, 0.4, str(stored))
                    before = server.cpu_s()
                    told = await send(load)
                    cost = (server.cpu_s() - before) / told.accepted_in_all
                    found.setdefault((name, connections), []).append((told, cost))
        for name in ("ours", "fastapi"):
            await _check(databases[name], [t for key, t in found.items() if key[0] == name])
    return [figure for connections in CONNECTIONS for figure in _figures(found, connections)]


async def _check(dsn: str, told: list[list[tuple[Told, float]]]) -> None:
    """Every 201 is a report with its event and outbox row, or the figures mean nothing."""
    accepted = sum(one.accepted_in_all for runs in told for one, _ in runs)
    conn = await asyncpg.connect(dsn)
    try:
        rows = [await count(conn, t) for t in ("report", "vault", "report_event", "outbox")]
    finally:
        await conn.close()
    if rows != [accepted] * len(rows):
        raise RuntimeError(f"{accepted} reports were accepted, but rows are {rows}")


def _figures(found: Found, connections: int) -> list[Figure]:
    def rate(name: str) -> float:
        return middle([told.rate for told, _ in found[name, connections]])

    def times(name: str) -> str:
        runs = found[name, connections]
        p50, p99 = middle([t.p50_ms for t, _ in runs]), middle([t.p99_ms for t, _ in runs])
        cost = middle([cost for _, cost in runs]) * 1e6
        return f"{p50:.1f}/{p99:.1f} ms, {cost:,.0f} µs CPU"

    more = f"p50/p99 {times('ours')}; peer {{}}"
    work = f"{connections // CONNECTIONS[0]}×: {connections} connections"
    return [
        Figure(
            PART,
            work,
            rate("ours"),
            "reports/s",
            rate("fastapi"),
            "FastAPI + asyncpg, a transaction each",
            FASTAPI_AIM,
            FASTAPI_FLOOR,
            more=more.format(times("fastapi")),
        ),
        Figure(
            PART,
            work,
            rate("ours"),
            "reports/s",
            rate("ceiling"),
            "same server, no database",
            CEILING_AIM,
            CEILING_FLOOR,
            more=more.format(times("ceiling")),
        ),
    ]
