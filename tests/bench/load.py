"""A load client: raw keep-alive connections in a process of its own.

    python -m tests.bench.load '{"port": 8080, "connections": 64, "seconds": 2, "warm_up": 0.5}'

It prints one JSON object. With `rate` it sends that many reports a second however fast answers
come (open loop); without, each connection sends its next report when the last one is answered.
"""

import asyncio
import json
import sys
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Self, cast
from uuid import uuid4

import uvloop
from tests.bench.figures import percentile

from mrk_local.ports import LOOPBACK

_HEAD = (
    b"POST /api/v1/reports HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n"
    b'idempotency-key: "%b"\r\ncontent-length: %d\r\n\r\n%b'
)
_CREATED = b"HTTP/1.1 201"
_LAST_ANSWERS_S = 10.0


@dataclass(frozen=True)
class Load:
    """What to send."""

    port: int
    connections: int
    seconds: float
    warm_up: float
    bodies: str
    rate: float | None = None

    def to_argument(self) -> str:
        """As the process takes it."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Told:
    """What came of it.

    Attributes:
        accepted: 201s in the measured seconds.
        accepted_in_all: 201s, those of the warm-up included.
        refused: other answers, and connections that broke.
        first_refusal: the answer to the first of them.
    """

    accepted: int
    accepted_in_all: int
    refused: int
    rate: float
    p50_ms: float
    p99_ms: float
    first_refusal: str

    @classmethod
    def of(cls, text: bytes) -> Self:
        """From what the process printed."""
        return cls(**json.loads(text))


class _Client:
    def __init__(self, load: Load) -> None:
        self.load = load
        self.bodies = json.loads(Path(load.bodies).read_text(encoding="utf-8"))
        self.sent = 0
        self.open = 0
        self.refused = 0
        self.first_refusal = ""
        self.idle: deque[_Connection] = deque()
        self.answers: list[tuple[float, float]] = []
        self.ends = 0.0
        self.quiet = asyncio.Event()

    def request(self) -> bytes:
        self.sent += 1
        body = self.bodies[self.sent % len(self.bodies)].encode()
        return _HEAD % (str(uuid4()).encode(), len(body), body)

    def answered(self, connection: "_Connection", took: float, *, created: bool) -> None:
        now = monotonic()
        self.open -= 1
        if created:
            self.answers.append((now, took))
        else:
            self.refused += 1
        if now < self.ends and self.load.rate is None:
            connection.send()
        else:
            self.idle.append(connection)
            if not self.open:
                self.quiet.set()

    async def measure(self) -> Told:
        loop, load = asyncio.get_running_loop(), self.load
        made = [
            await loop.create_connection(lambda: _Connection(self), LOOPBACK, load.port)
            for _ in range(load.connections)
        ]
        begun = monotonic()
        self.ends = begun + load.warm_up + load.seconds
        self.idle.extend(connection for _, connection in made)
        if load.rate is None:
            while self.idle:
                self.idle.popleft().send()
            await asyncio.sleep(self.ends - monotonic())
        else:
            await self._paced(begun, load.rate)
        self.quiet.clear()
        if self.open:
            await asyncio.wait_for(self.quiet.wait(), _LAST_ANSWERS_S)
        for transport, _ in made:
            transport.close()
        return self._told(begun + load.warm_up)

    async def _paced(self, begun: float, rate: float) -> None:
        due = 0
        while (now := monotonic()) < self.ends:
            while due < (now - begun) * rate and self.idle:
                self.idle.popleft().send()
                due += 1
            await asyncio.sleep(0.001)

    def _told(self, begins: float) -> Told:
        took = sorted(took for at, took in self.answers if begins <= at < self.ends)
        return Told(
            accepted=len(took),
            accepted_in_all=len(self.answers),
            refused=self.refused,
            rate=len(took) / self.load.seconds,
            p50_ms=percentile(took, 0.50) * 1000,
            p99_ms=percentile(took, 0.99) * 1000,
            first_refusal=self.first_refusal,
        )


class _Connection(asyncio.Protocol):
    def __init__(self, client: _Client) -> None:
        self._client = client
        self._got = b""
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio's
        self._transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        if self._transport is not None:
            self._client.open += 1
            self._began = monotonic()
            self._transport.write(self._client.request())

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0 or len(self._got) < end + 4 + _length(self._got[:end]):
            return
        created = self._got.startswith(_CREATED)
        if not created and not self._client.first_refusal:
            self._client.first_refusal = self._got.decode("utf-8", "replace")[-500:]
        self._got = b""
        self._client.answered(self, monotonic() - self._began, created=created)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if exc is not None:
            self._client.refused += 1


def _length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.partition(b"\r\n")[0] or b"0")


async def send(load: Load) -> Told:
    """Run the client in a process of its own.

    Raises:
        RuntimeError: it failed, or something was refused: a figure would mean nothing.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.load", load.to_argument(), stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the load client failed; its error stands above")
    told = Told.of(printed)
    if told.refused or not told.accepted_in_all:
        raise RuntimeError(f"of the load's reports {told.refused} were refused: {told}")
    return told


def main() -> None:
    """Send and tell."""
    load = Load(**json.loads(sys.argv[1]))
    sys.stdout.write(json.dumps(asdict(uvloop.run(_Client(load).measure()))))


if __name__ == "__main__":
    main()
