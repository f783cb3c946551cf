"""The ways in: how residents, agencies, dispatchers and SP4N-LAPOR! act on cases."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import UUID, uuid4, uuid5

import httpx
from aiokafka import AIOKafkaProducer
from tests.week.deeds import Deed

from mrk_delivery.events import Body, headers_of
from mrk_schemas.agencies import (
    AcceptCase,
    AskReporter,
    Command,
    ReportProgress,
    ResolveCase,
    ReturnCase,
)
from mrk_schemas.ids import AgencyCode, ComplaintId, LaporTicket
from mrk_schemas.mirrors import Mirror, MirrorAnswered, MirrorHandedOver, MirrorStatus
from mrk_schemas.registry import MIRRORS, outbox_of
from mrk_spanlapor_bridge.service import SERVICE as BRIDGE

COMMANDS: Final[dict[str, tuple[type[Command], dict[str, object]]]] = {
    "accept": (AcceptCase, {"note": "Kami terima, petugas akan turun ke lokasi."}),
    "return": (ReturnCase, {"reason": "Bukan kewenangan kami; mohon ditetapkan ulang."}),
    "progress": (ReportProgress, {"note": "Petugas sudah di lokasi."}),
    "ask": (AskReporter, {"question": "Di sebelah mana tepatnya?"}),
    "resolve": (
        ResolveCase,
        {"note": "Selesai.", "proof": (f"sha256:{sha256(b'foto').hexdigest()}",)},
    ),
}
_WORDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "inform": ("information", {"text": "Sekarang bertambah parah."}),
    "answer": ("answer", {"text": "Di depan gerbang timur."}),
    "withdraw": ("withdrawal", {}),
    "confirm": ("confirmation", {}),
    "dispute": ("dispute", {"text": "Belum selesai, hanya sebagian."}),
    "rate": ("rating", {"rating": 4}),
}
_NAMES: Final = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class Refused(AssertionError):  # noqa: N818  # it reads as the fact that it states
    """What was done was not taken."""


class Office(Protocol):
    """How an agency, or a dispatcher, acts on a case."""

    async def send(self, case: dict[str, Any], version: int, deed: Deed) -> str | None:
        """Do it; returns the id by which a refusal names it, where that comes later.

        Raises:
            Refused: at once.
        """
        ...


class ByTopic:
    """An agency's system that writes its outbox.

    Args:
        producer: of the broker.
        now: what the clock shows.
    """

    def __init__(self, producer: AIOKafkaProducer, now: Callable[[], datetime]) -> None:
        self._producer = producer
        self._now = now
        self.sent: Counter[str] = Counter()

    async def send(self, case: dict[str, Any], version: int, deed: Deed) -> str:
        """Write one command."""
        agency, complaint = case["owner"], case["complaint_id"]
        kind, words = COMMANDS[deed.what]
        command = kind.model_validate({"complaint_id": complaint, "case_version": version, **words})
        id_ = str(uuid4())
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", id_.encode()),
            ("ce_type", kind.TYPE.encode()),
            ("ce_source", f"/medan/agencies/{agency}".encode()),
            ("ce_time", self._now().isoformat().encode()),
            ("ce_subject", complaint.encode()),
            ("content-type", b"application/json"),
        ]
        topic = outbox_of(AgencyCode(agency))
        await self._producer.send_and_wait(
            topic, command.to_json(), key=complaint.encode(), headers=headers
        )
        self.sent[agency] += 1
        return id_


class National:
    """What is done at SP4N-LAPOR!, as the bridge says it, which has no part in this play.

    Args:
        producer: of the broker.
        now: what the clock shows.
    """

    def __init__(self, producer: AIOKafkaProducer, now: Callable[[], datetime]) -> None:
        self._producer = producer
        self._now = now
        self._versions: Counter[str] = Counter()

    async def act(self, complaint: str, owner: str | None, deed: Deed) -> None:
        """Say what was done there."""
        mirror = Mirror(
            complaint_id=ComplaintId(complaint),
            status=MirrorStatus.FILED,
            national_id=LaporTicket(str(int(complaint[-7:], 16))),
            changed_at=self._now(),
        )
        body: Body
        if deed.what in {"give-back", "lose"}:
            agency = AgencyCode(deed.to) if deed.to is not None else None
            name = deed.to or "Kantor yang tidak dikenal"
            body = MirrorHandedOver(mirror=mirror, institution=name, agency=agency)
        else:
            body = MirrorAnswered(
                mirror=mirror,
                institution=owner or "",
                agency=AgencyCode(owner) if owner is not None else None,
                note="Sudah ditindaklanjuti.",
                final=deed.what == "solve-elsewhere",
            )
        self._versions[complaint] += 1
        version = self._versions[complaint]
        headers = headers_of(
            BRIDGE,
            id_=uuid5(_NAMES, f"{complaint}/{version}"),
            type_=body.TYPE,
            time=self._now(),
            subject=complaint,
            sequence=version,
            traceparent=None,
            correlation_id=None,
        )
        await self._producer.send_and_wait(
            MIRRORS, body.to_json(), key=complaint.encode(), headers=headers
        )


class Residents:
    """Reporters, over intake's API.

    Args:
        client: with its base address.
        seed: makes this run's keys different from another's.
    """

    def __init__(self, client: httpx.AsyncClient, seed: int) -> None:
        self._client = client
        self._seed = seed
        self._secrets: dict[str, str] = {}
        self._acts = 0

    async def report(self, number: int, body: dict[str, Any]) -> str:
        """Send a report; returns its tracking number."""
        answer = await self._client.post(
            "/api/v1/reports", json=body, headers=self._headers(f"report/{number}", str(number))
        )
        if answer.status_code != httpx.codes.CREATED:
            raise Refused(f"report {number}: {answer.status_code} {answer.text}")
        found = answer.json()
        self._secrets[found["tracking_number"]] = found["tracking_secret"]
        return str(found["tracking_number"])

    async def act(self, tracking: str, deed: Deed) -> None:
        """Do something with a report."""
        path, body = _WORDS[deed.what]
        self._acts += 1
        headers = self._headers(f"act/{self._acts}", tracking)
        headers["X-Tracking-Secret"] = self._secrets[tracking]
        url = f"/api/v1/reports/{tracking}/{path}"
        async with asyncio.timeout(20):
            while (answer := await self._client.post(url, json=body, headers=headers)).is_error:
                # intake may hear of the agency's step after the agency heard that it was taken
                if answer.status_code != httpx.codes.CONFLICT:
                    raise Refused(f"{deed} of {tracking}: {answer.status_code} {answer.text}")
                await asyncio.sleep(0.1)

    def _headers(self, what: str, whose: str) -> dict[str, str]:
        key = UUID(bytes=sha256(f"{self._seed}/{what}".encode()).digest()[:16], version=4)
        return {
            "Idempotency-Key": f'"{key}"',
            "X-Device-Token": f"phone-{uuid5(_NAMES, whose).hex}",
        }
