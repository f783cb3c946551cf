"""A flood: thousands of phones at once, whether or not earlier answers came (an open loop).

Raw connections and one sync of the ledger a moment: the client must offer several times what the
server can take, beside it on the same machine.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from tests.proof.ledger import Ledger
from tests.proof.load import device_of, key_for
from tests.proof.residents import Resident

_MOMENT_S: Final = 0.002
_LAST_ANSWERS_S: Final = 30.0
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
_RETRY_AFTER: Final = re.compile(rb"(?i)\r\nretry-after: (\d+)")
_HEAD: Final = (
    "POST /api/v1/reports HTTP/1.1\r\nhost: flood\r\ncontent-type: application/json\r\n"
    'idempotency-key: "{key}"\r\nx-device-token: {device}\r\nx-forwarded-for: {address}\r\n'
    "content-length: {length}\r\n\r\n"
)


@dataclass(frozen=True)
class Sent:
    """One report of the flood.

    Attributes:
        rude: it comes from the one phone that sends without end.
    """

    key: str
    number: int
    device: str
    content: bytes
    rude: bool


@dataclass(frozen=True)
class Answered:
    """What came back; status 0 where the connection broke."""

    sent: Sent
    status: int
    retry_after: str | None
    took_s: float


@dataclass
class Flood:
    """Sends reports as fast as it is told to.

    Args:
        port: of intake's role `http`, which believes `X-Forwarded-For` from here.
        ledger: what was sent and answered.
        run: makes this run's keys different from another's.
        residents: whose reports, one after the other.
        devices: which phone sent under which key.
        rude_each: every so many reports come from one phone that sends without end.
        offered_s: seconds in which the last ones were sent, answers that came later aside.
    """

    port: int
    ledger: Ledger
    run: str
    residents: Sequence[Resident]
    rude_each: int = 20
    answers: list[Answered] = field(default_factory=list)
    devices: dict[str, str] = field(default_factory=dict)
    offered_s: float = 0.0
    _next: int = 0
    _open: int = 0
    _idle: "deque[_Line]" = field(default_factory=deque)
    _fresh: list[Answered] = field(default_factory=list)

    async def connect(self, connections: int) -> None:
        """Open so many connections, a hundred at a time."""
        loop = asyncio.get_running_loop()
        while len(self._idle) < connections:
            some = [
                loop.create_connection(lambda: _Line(self._answered), "127.0.0.1", self.port)
                for _ in range(min(100, connections - len(self._idle)))
            ]
            self._idle.extend(line for _, line in await asyncio.gather(*some))

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.popleft().close()

    async def steady(self, at_once: int, seconds: float) -> list[Answered]:
        """Send the next report when an answer came, so many at once: what the server can take."""
        return await self._run(seconds, lambda _spent: at_once - self._open, self._report)

    async def offer(self, rate: float, seconds: float) -> list[Answered]:
        """Send so many reports a second, however answers come.

        They are written before the first is sent: what writes them shares the machine with the
        server.
        """
        written = deque(self._report() for _ in range(int(rate * seconds)))
        total = len(written)

        def due(spent: float) -> int:
            return int(spent * rate) - (total - len(written))

        return await self._run(seconds, due, written.popleft, lambda: not written)

    async def again(self, reports: Sequence[Sent], at_once: int = 64) -> list[Answered]:
        """Send these once more, under their keys."""
        waiting = deque(reports)
        return await self._run(
            _LAST_ANSWERS_S,
            lambda _spent: min(at_once - self._open, len(waiting)),
            waiting.popleft,
            lambda: not waiting,
        )

    async def _run(
        self,
        seconds: float,
        due: Callable[[float], int],
        report: Callable[[], Sent],
        done: Callable[[], bool] = lambda: False,
    ) -> list[Answered]:
        before, begun = len(self.answers), monotonic()
        while (spent := monotonic() - begun) < seconds and not done():
            some = [report() for _ in range(min(due(spent), len(self._idle)))]
            for each in some:
                self.ledger.note(each.key, "invoke", each.number)
            self._settle()
            for each in some:
                self._open += 1
                self._idle.popleft().send(each)
            await asyncio.sleep(_MOMENT_S)
        self.offered_s = monotonic() - begun
        async with asyncio.timeout(_LAST_ANSWERS_S):
            while self._open:
                await asyncio.sleep(_MOMENT_S)
        self._settle()
        return self.answers[before:]

    def _report(self) -> Sent:
        number, self._next = self._next, self._next + 1
        body = self.residents[number % len(self.residents)].body
        text = f"{body['text']} Laporan ke-{number}."
        reporter = {**body["reporter"], "phone": f"0812{10_000_000 + number}"}
        content = json.dumps({**body, "text": text, "reporter": reporter}).encode()
        rude = number % self.rude_each == 0
        device = device_of(-1 if rude else number % 5000)
        address = f"10.{number % 200}.{number // 200 % 200}.7"
        key = key_for(f"{self.run}/{number}")
        self.devices[key] = device
        head = _HEAD.format(key=key, device=device, address=address, length=len(content))
        return Sent(key, number, device, head.encode() + content, rude)

    def _answered(self, line: "_Line", answered: Answered, tracking: str | None) -> None:
        self._open -= 1
        if answered.status:
            self._idle.append(line)
        sent, status = answered.sent, answered.status
        if tracking is not None:
            self.ledger.note(sent.key, "ok", sent.number, tracking=tracking)
        else:
            unsure = status in {0, 429} or status >= 500
            self.ledger.note(sent.key, "info" if unsure else "fail", sent.number, why=status)
        self._fresh.append(answered)

    def _settle(self) -> None:
        self.ledger.sync()
        self.answers += self._fresh
        self._fresh.clear()


class _Line(asyncio.Protocol):
    """One phone's connection."""

    def __init__(self, answered: Callable[["_Line", Answered, str | None], None]) -> None:
        self._answered = answered
        self._got = b""
        self._began = 0.0
        self._sent: Sent | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, sent: Sent) -> None:
        self._sent, self._began = sent, monotonic()
        if self._transport is None:
            self._tell(0, None, None)
        else:
            self._transport.write(sent.content)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        if length is None or len(body) < int(length[1]):
            return
        self._got = b""
        status, wait = int(head[9:12]), _RETRY_AFTER.search(head)
        tracking = json.loads(body)["tracking_number"] if status == 201 else None
        self._tell(status, None if wait is None else wait[1].decode(), tracking)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        if self._sent is not None:
            self._tell(0, None, None)

    def _tell(self, status: int, retry_after: str | None, tracking: str | None) -> None:
        assert self._sent is not None
        sent, self._sent = self._sent, None
        answered = Answered(sent, status, retry_after, monotonic() - self._began)
        self._answered(self, answered, tracking)
