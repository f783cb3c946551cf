"""(f) Reports with one photo of 3 MB a second, and the memory that they take.

Each client does what a phone does: it uploads the photo, waits until it is examined, written anew
and has its thumbnail, and sends the report that names it. The peer is what a handler of an evening
does with the same photo: Starlette, Pillow, two files.
"""

import asyncio
import io
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

import asyncpg
import httpx
import psutil
from PIL import Image
from tests.bench.figures import Figure, middle
from tests.bench.reports import bodies
from tests.bench.world import Running, World, count, intake_secrets, peer, process, role

from mrk_local.ports import LOOPBACK

PART = "f photos"
CLIENTS = (2, 8)
BYTES = 3_000_000
_SIZE = (4000, 3000)  # 12 megapixels: an ordinary phone's
_PREFIX = "MRK_INTAKE_"
_LOOK_S = 0.05
_SETTLE_S = 4.0
_MIB = 1024 * 1024
_AMPLE = {
    "UPLOAD_MIB_PER_SECOND": "100000",
    "UPLOAD_MIB_BURST": "100000",
    "ADDRESS_UPLOAD_MIB_PER_SECOND": "100000",
    "ADDRESS_UPLOAD_MIB_BURST": "100000",
}
_TUS = {"Tus-Resumable": "1.0.0"}
Send = Callable[[httpx.AsyncClient, bytes, Mapping[str, object]], Awaitable[None]]


@dataclass(frozen=True)
class Memory:
    """MiB of one process with its children: at rest, at most, and some seconds after."""

    rest: float
    peak: float
    after: float

    def __str__(self) -> str:
        """As the table has it."""
        return f"{self.rest:.0f} at rest, {self.peak:.0f} at most, {self.after:.0f} after"


def photo(bytes_: int = BYTES) -> bytes:
    """A JPEG of about this many bytes, with a phone's number of pixels: coarse shapes and grain."""
    draw = random.Random(1)
    shapes = Image.frombytes("RGB", (80, 60), draw.randbytes(80 * 60 * 3))
    grain = Image.frombytes("RGB", (1000, 750), draw.randbytes(1000 * 750 * 3))
    whole = Image.blend(shapes.resize(_SIZE), grain.resize(_SIZE), 0.25)
    low, high = 5, 98
    while low < high:
        middle_ = (low + high + 1) // 2
        out = io.BytesIO()
        whole.save(out, "JPEG", quality=middle_)
        low, high = (middle_, high) if out.tell() <= bytes_ else (low, middle_ - 1)
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=low)
    # what a camera writes about itself fills it up; it is stripped
    missing = bytes_ - out.tell()
    head, rest = out.getvalue()[:2], out.getvalue()[2:]
    while missing > 4:
        part = min(missing - 4, 65_000)
        head += b"\xff\xef" + (part + 2).to_bytes(2) + bytes(part)
        missing -= part + 4
    return head + rest


async def measure(world: World, rounds: int, seconds: float) -> list[Figure]:
    """Reports with a photo a second, ours and the peer's in turn, and the roles' memory."""
    data = await asyncio.to_thread(photo)
    sent = [json.loads(body) for body in bodies(world.pack, 200)]
    dsn, own = await world.database("mrk_intake"), intake_secrets()
    settings = world.settings(_PREFIX, dsn, **own, **_AMPLE)
    rates: dict[tuple[str, int], list[float]] = {}
    memory: dict[tuple[str, int], list[Memory]] = {}
    accepted = 0
    async with AsyncExitStack() as kept:

        async def begun(command: list[str], **more: str) -> Running:
            started = process(world, command, settings | more, _PREFIX)
            return await kept.enter_async_context(started)

        ours = await begun(role("mrk_intake", "http"))
        worker = await begun(role("mrk_intake", "worker"))
        theirs = await begun(peer("photo_handler"))
        for turn in range(rounds):
            for clients in CLIENTS:
                for name in ("ours", "peer") if turn % 2 else ("peer", "ours"):
                    port = ours.port if name == "ours" else theirs.port
                    watched = {"http": ours, "worker": worker} if name == "ours" else {}
                    async with _watched(watched) as seen:
                        send = _report if name == "ours" else _post
                        done, rate = await _load(port, clients, seconds, send, data, sent)
                    rates.setdefault((name, clients), []).append(rate)
                    accepted += done if name == "ours" else 0
                    for each, found in seen.items():
                        memory.setdefault((each, clients), []).append(found)
    await _check(dsn, accepted)
    return [figure for clients in CLIENTS for figure in _figures(rates, memory, clients)]


async def _check(dsn: str, accepted: int) -> None:
    """Every report counted has its photo, or the figures mean nothing."""
    conn = await asyncpg.connect(dsn)
    try:
        rows = [await count(conn, table) for table in ("report", "report_attachment")]
    finally:
        await conn.close()
    if rows != [accepted, accepted]:
        raise RuntimeError(f"{accepted} reports were accepted, but rows are {rows}")


async def _load(  # where to, how much, and what
    port: int,
    clients: int,
    seconds: float,
    send: Send,
    data: bytes,
    sent: list[dict[str, object]],
) -> tuple[int, float]:
    """How many were sent, and how many a second; each client ends what it has begun."""
    begun = monotonic()
    ends, done = begun + seconds, 0

    async def client() -> None:
        nonlocal done
        base = f"http://{LOOPBACK}:{port}"
        async with httpx.AsyncClient(base_url=base, timeout=120, trust_env=False) as http:
            while monotonic() < ends:
                await send(http, data, sent[done % len(sent)])
                done += 1

    async with asyncio.TaskGroup() as all_:
        for _ in range(clients):
            all_.create_task(client())
    return done, done / (monotonic() - begun)


async def _report(http: httpx.AsyncClient, data: bytes, body: Mapping[str, object]) -> None:
    begun = await http.post("/api/v1/uploads", headers=_TUS | {"Upload-Length": str(len(data))})
    begun.raise_for_status()
    path = httpx.URL(begun.headers["location"]).path
    piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    (await http.patch(path, headers=_TUS | piece, content=data)).raise_for_status()
    while (upload := (await http.get(path)).json())["state"] == "examining":
        await asyncio.sleep(_LOOK_S)
    if upload["state"] != "ready":
        raise RuntimeError(f"the photo was not taken: {upload}")
    named = {**body, "attachments": [path.rpartition("/")[2]]}
    headers = {"Idempotency-Key": f'"{uuid4()}"'}
    (await http.post("/api/v1/reports", json=named, headers=headers)).raise_for_status()


async def _post(http: httpx.AsyncClient, data: bytes, body: Mapping[str, object]) -> None:
    files = {"photo": ("photo.jpg", data, "image/jpeg")}
    (await http.post("/", data={"report": json.dumps(body)}, files=files)).raise_for_status()


@asynccontextmanager
async def _watched(running: Mapping[str, Running]) -> AsyncIterator[dict[str, Memory]]:
    """The memory of processes while the block runs; it is filled in at the block's end."""
    processes = {name: psutil.Process(each.process.pid) for name, each in running.items()}
    rest = {name: _resident(each) for name, each in processes.items()}
    peak = dict(rest)
    seen: dict[str, Memory] = {}

    async def look() -> None:
        while True:
            for name, each in processes.items():
                peak[name] = max(peak[name], _resident(each))
            await asyncio.sleep(_LOOK_S)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()
    if processes:
        await asyncio.sleep(_SETTLE_S)
    for name, each in processes.items():
        seen[name] = Memory(rest[name], peak[name], _resident(each))


def _resident(one: psutil.Process) -> float:
    """MiB of a process and what it started: the examiner is a process for each file."""
    total = one.memory_info().rss
    for child in one.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:  # it has just ended
            continue
    return total / _MIB


def _figures(
    rates: Mapping[tuple[str, int], list[float]],
    memory: Mapping[tuple[str, int], list[Memory]],
    clients: int,
) -> list[Figure]:
    work = f"{clients // CLIENTS[0]}×: {clients} clients"
    figures = [
        Figure(
            PART,
            work,
            middle(rates["ours", clients]),
            "reports/s",
            middle(rates["peer", clients]),
            "Starlette + Pillow, two plain files",
            more=f"each with a photo of {BYTES / 1e6:.0f} MB; peer"
            f" {middle(rates['peer', clients]):.2f}/s",
        )
    ]
    for name in ("http", "worker"):
        found = memory[name, clients]
        middles = Memory(
            middle([each.rest for each in found]),
            max(each.peak for each in found),
            middle([each.after for each in found]),
        )
        figures.append(
            Figure(PART, f"{work}, role {name}", middles.peak, "MiB", lower=True, more=str(middles))
        )
    return figures
