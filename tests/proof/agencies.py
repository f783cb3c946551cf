"""Agencies at work: they read their inboxes and answer on their outboxes, as the contract says."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError
from tests.proof.residents import NEIGHBOURS_TOO

from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    CaseHandedOver,
    Command,
    CommandDone,
    CommandRefused,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.cases import CaseAnswered, CaseMerged
from mrk_schemas.registry import agency_of, outbox_of

_AFTER: Final[dict[str, type[Command]]] = {
    AcceptCase.TYPE: ReportProgress,
    ReportProgress.TYPE: ResolveCase,
}
_RETURNED_SHARE: Final = 12


def returns(complaint: str) -> bool:
    """Whether the agency sends this case back; decided by its id, so that repeats agree."""
    return int(sha256(complaint.encode()).hexdigest(), 16) % _RETURNED_SHARE == 0


def all_of_them(complaint: str) -> bool:
    """Every case is worked on."""
    return bool(complaint)


def one_in_four(complaint: str) -> bool:
    """A quarter of the cases is worked on; which, is decided by their ids."""
    return int(sha256(f"busy/{complaint}".encode()).hexdigest(), 16) % 4 == 0


def nobody(complaint: str) -> bool:
    """No case needs to be asked about."""
    return not complaint


def one_in_ten(complaint: str) -> bool:
    """Of every tenth case its reporter is asked something."""
    return int(sha256(f"ask/{complaint}".encode()).hexdigest(), 16) % 10 == 0


def command_id(complaint: str, type_: str) -> str:
    """The same command always has the same id."""
    return str(uuid5(NAMESPACE_URL, f"{complaint}/{type_}"))


class Agencies:
    """All agencies of the city in one process.

    A report that says that a neighbour tells of the same waits until the two are one case.

    Args:
        consumer: of the inboxes.
        producer: for the outboxes.
        answers: whether a case is worked on; the others stay assigned.
        asks: whether its reporter is asked something before that.

    Attributes:
        asked: tracking numbers of the reports whose reporters are to answer.
        sent: distinct ids of the commands that the broker took, by outbox topic.
        refused: rules that refused a command; only repeats may be.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        producer: AIOKafkaProducer,
        answers: Callable[[str], bool],
        asks: Callable[[str], bool],
    ) -> None:
        self.answers = answers
        self.asks = asks
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self._consumer = consumer
        self._producer = producer
        self.sent: dict[str, set[str]] = {}
        self.refused: Counter[str] = Counter()
        self._shared: dict[str, int] = {}
        self._joined: set[str] = set()

    async def work(self) -> None:
        """Answer until cancelled."""
        while True:
            try:
                batch = await self._consumer.getmany(timeout_ms=500, max_records=500)
            except KafkaError:
                await asyncio.sleep(0.2)
                continue
            records = [record for part in batch.values() for record in part]
            await asyncio.gather(*(self._answer(record) for record in records))

    async def _answer(self, record: Any) -> None:
        headers = {name: value.decode() for name, value in record.headers}
        agency = agency_of(record.topic)
        assert agency is not None
        complaint, version = record.key.decode(), int(headers["ce_sequence"])
        command: Command | None = None
        match headers["ce_type"]:
            case CaseHandedOver.TYPE:
                command = self._begun(CaseHandedOver.model_validate_json(record.value), version)
            case CaseMerged.TYPE:
                command = self._went_on(CaseMerged.model_validate_json(record.value))
            case CommandDone.TYPE:
                done = CommandDone.model_validate_json(record.value)
                after = _AFTER.get(done.command_type)
                if done.command_type == AcceptCase.TYPE and self.asks(complaint):
                    after = AskReporter
                elif done.command_type == AskReporter.TYPE:
                    self.asked.put_nowait(done.case.tracking_number)
                command = _command(after, complaint, version) if after else None
            case CaseAnswered.TYPE:
                assert CaseAnswered.model_validate_json(record.value).note
                command = _command(ReportProgress, complaint, version)
            case CommandRefused.TYPE:
                self.refused[CommandRefused.model_validate_json(record.value).rule] += 1
        if command is not None and self.answers(command.complaint_id):
            await self._send(agency, command.complaint_id, command)

    def _begun(self, fact: CaseHandedOver, version: int) -> Command | None:
        complaint = fact.case.complaint_id
        if NEIGHBOURS_TOO in (fact.text or "") and complaint not in self._joined:
            self._shared[complaint] = version
            return None
        return _first(complaint, version)

    def _went_on(self, fact: CaseMerged) -> Command | None:
        """Its parent is worked on; the two inboxes may tell of them in any order."""
        head = fact.case.part_of
        assert head is not None
        self._joined.add(head)
        version = self._shared.pop(head, None)
        return _first(head, version) if version is not None else None

    async def tell(self, kind: type[Command], agency: str, complaint: str, version: int) -> None:
        """Send one command of an agency, whether or not it works on the case by itself."""
        await self._send(agency, complaint, _command(kind, complaint, version))

    async def _send(self, agency: str, complaint: str, command: Command) -> None:
        topic, id_ = outbox_of(agency), command_id(complaint, command.TYPE)
        if id_ in self.sent.get(topic, ()):
            return  # the inbox repeated itself
        now = datetime.now(UTC).isoformat()
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", id_.encode()),
            ("ce_type", command.TYPE.encode()),
            ("ce_source", f"/medan/agencies/{agency}".encode()),
            ("ce_time", now.encode()),
            ("ce_subject", complaint.encode()),
            ("content-type", b"application/json"),
        ]
        self.sent.setdefault(topic, set()).add(id_)
        while True:
            try:
                await self._producer.send_and_wait(
                    topic, command.to_json(), key=complaint.encode(), headers=headers
                )
            except KafkaError:
                await asyncio.sleep(0.3)  # the same id again: routing knows it by its id
            else:
                return


def _first(complaint: str, version: int) -> Command:
    return _command(ReturnCase if returns(complaint) else AcceptCase, complaint, version)


def _command(kind: type[Command], complaint: str, version: int) -> Command:
    quoted = {"complaint_id": complaint, "case_version": version}
    words: dict[type[Command], dict[str, object]] = {
        AcceptCase: {"note": "Laporan kami terima, petugas akan turun ke lokasi."},
        ReturnCase: {"reason": "Bukan kewenangan kami; mohon ditetapkan ulang."},
        AskReporter: {"question": "Di sebelah mana tepatnya? Mohon disebutkan patokannya."},
        ReportProgress: {"note": "Petugas sudah di lokasi dan mulai bekerja."},
        ResolveCase: {
            "note": "Pekerjaan selesai, terima kasih atas laporannya.",
            "proof": (f"sha256:{sha256(complaint.encode()).hexdigest()}",),
        },
    }
    return kind.model_validate({**quoted, **words[kind]})


@asynccontextmanager
async def agencies_at_work(
    bootstrap: str,
    answers: Callable[[str], bool] = all_of_them,
    asks: Callable[[str], bool] = nobody,
) -> AsyncIterator[Agencies]:
    """Agencies that work until the block ends."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        metadata_max_age_ms=5000,
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=5, request_timeout_ms=10_000
    )
    await consumer.start()
    await producer.start()
    consumer.subscribe(pattern=r"^agency\..+\.inbox\.v1$")
    agencies = Agencies(consumer, producer, answers, asks)
    task = asyncio.create_task(agencies.work(), name="agencies")
    try:
        yield agencies
        if task.done():
            await task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await consumer.stop()
        await producer.stop()
