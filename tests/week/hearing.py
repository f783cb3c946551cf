"""Everything that routing says on its topic of cases and on the agencies' inboxes, as it comes."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from mrk_schemas.registry import CASES

WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One record.

    Attributes:
        kind: its type without what all have in common, such as `escalated` or `command.done`.
        at: its `ce_time`.
    """

    topic: str
    complaint: str
    kind: str
    id: str
    sequence: int
    at: datetime
    body: dict[str, Any]

    @property
    def case(self) -> dict[str, Any]:
        """The state of the case after it."""
        found: dict[str, Any] = self.body["case"]
        return found


class Hearing:
    """What was heard so far, and who waits for what."""

    def __init__(self) -> None:
        self.cases: dict[str, list[Heard]] = defaultdict(list)
        self.inboxes: dict[str, list[Heard]] = defaultdict(list)
        self.ids: dict[str, str] = {}
        self.refused: list[Heard] = []
        self.count = 0
        self._waiting: dict[tuple[str, str], asyncio.Future[Heard]] = {}

    def expect(self, whose: str, kind: str) -> asyncio.Future[Heard]:
        """The next record of a kind about a complaint or a tracking number; ask before acting."""
        found: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiting[whose, kind] = found
        return found

    def newest(self, complaint: str) -> Heard:
        """The newest fact of a case."""
        return self.cases[complaint][-1]

    def version(self, complaint: str) -> int:
        """The newest version that anybody could have read."""
        inbox = self.inboxes.get(complaint) or [self.newest(complaint)]
        return max(self.newest(complaint).sequence, inbox[-1].sequence)

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        """Take note until cancelled."""
        while True:
            for batch in (await consumer.getmany(timeout_ms=200, max_records=2000)).values():
                for record in batch:
                    self._note(_heard(record))

    def _note(self, heard: Heard) -> None:
        self.count += 1
        if heard.kind == "command.refused":
            self.refused.append(heard)
            self._tell(str(heard.body["command_id"]), heard.kind, heard)
        elif heard.topic != CASES:
            self.inboxes[heard.complaint].append(heard)
        else:
            self.cases[heard.complaint].append(heard)
            number = heard.case["tracking_number"]
            if number not in self.ids:
                self.ids[number] = heard.complaint
                self._tell(number, "opened", heard)
            self._tell(heard.complaint, heard.kind, heard)

    def _tell(self, whose: str, kind: str, heard: Heard) -> None:
        waiting = self._waiting.pop((whose, kind), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(heard)


def _heard(record: Any) -> Heard:
    headers = {name: value.decode() for name, value in record.headers}
    kind = headers["ce_type"].removeprefix("id.go.medan.").removesuffix(".v1")
    return Heard(
        record.topic,
        record.key.decode(),
        kind.removeprefix("case."),
        headers["ce_id"],
        int(headers["ce_sequence"]),
        datetime.fromisoformat(headers["ce_time"]),
        json.loads(record.value),
    )


@asynccontextmanager
async def hearing_of(bootstrap: str) -> AsyncIterator[Hearing]:
    """Listen until the block ends."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        metadata_max_age_ms=5000,
    )
    await consumer.start()
    consumer.subscribe(pattern=r"^(complaint\.cases|agency\..+\.inbox)\.v1$")
    hearing = Hearing()
    task = asyncio.create_task(hearing.listen(consumer), name="hearing")
    try:
        yield hearing
        if task.done():
            await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await consumer.stop()
