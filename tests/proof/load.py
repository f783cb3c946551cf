"""The load client: phones that send reports, and send again with the same key when unsure."""

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
from tests.proof.ledger import Ledger
from tests.proof.residents import Resident

_PAUSE_S = 0.3


def device_of(number: int) -> str:
    """The token of a phone of its own."""
    return f"phone-{uuid5(NAMESPACE_URL, f'device/{number}').hex}"


def key_for(seed: str) -> str:
    """An idempotency key; the same for the same seed."""
    return str(UUID(bytes=sha256(seed.encode()).digest()[:16], version=4))


@dataclass(frozen=True)
class Phones:
    """Send reports.

    Args:
        client: with the base address of intake.
        ledger: what was sent and answered.
        run: makes this run's keys different from another's.
        patience_s: how long one report is tried, in seconds.
        followed: numbers of reports that others follow, as they were answered.
        secrets: what proves the reporter of a report, by its tracking number.
    """

    client: httpx.AsyncClient
    ledger: Ledger
    run: str
    patience_s: float = 120.0
    followed: set[str] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)

    def key_of(self, number: int) -> str:
        """The idempotency key of a report."""
        return key_for(f"{self.run}/{number}")

    async def send(self, resident: Resident) -> None:
        """Send until there is a definite answer; `info` is sent again with the same key."""
        key = self.key_of(resident.number)
        device = device_of(resident.number)
        answer = await self.request(key, resident.number, resident.body, device)
        if answer is not None and answer.is_success and resident.follower is not None:
            number = answer.json()["tracking_number"]
            twice = [self._follow(number, resident.follower, f"{key}/{device}") for _ in "ab"]
            await asyncio.gather(*twice)

    async def _follow(self, number: str, email: str, seed: str) -> None:
        """Follow a report until there is a definite answer; it may be closed by then."""
        path, body = f"/api/v1/reports/{number}/followers", {"contact": {"email": email}}
        headers = {"Idempotency-Key": f'"{key_for(seed)}"'}
        deadline = monotonic() + self.patience_s
        while monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self.client.post(path, json=body, headers=headers)
                if answer.is_success:
                    self.followed.add(number)
                    return
                if answer.status_code == httpx.codes.CONFLICT:
                    return
            await asyncio.sleep(_PAUSE_S)

    async def request(
        self, key: str, number: int | None, body: dict[str, Any], device: str
    ) -> httpx.Response | None:
        """One request with its repeats; the last answer, None when patience ended without one."""
        headers = {"Idempotency-Key": f'"{key}"', "X-Device-Token": device}
        deadline = monotonic() + self.patience_s
        while True:
            self.ledger.write(key, "invoke", number)
            answer: httpx.Response | None = None
            try:
                answer = await self.client.post("/api/v1/reports", json=body, headers=headers)
            except httpx.HTTPError as error:
                self.ledger.write(key, "info", number, why=type(error).__name__)
            else:
                if self._settled(key, number, answer):
                    return answer
            if monotonic() > deadline:
                return answer
            await asyncio.sleep(_PAUSE_S)

    def _settled(self, key: str, number: int | None, answer: httpx.Response) -> bool:
        status = answer.status_code
        if status == httpx.codes.CREATED:
            found = answer.json()
            self.secrets[found["tracking_number"]] = found["tracking_secret"]
            self.ledger.write(key, "ok", number, tracking=found["tracking_number"])
            return True
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            self.ledger.write(key, "info", number, why=status)
            return False
        self.ledger.write(key, "fail", number, why=status)
        return True

    async def send_all(
        self, residents: Iterable[Resident], *, at_once: int = 32, pause_s: float = 0.0
    ) -> None:
        """Send all; each tenth is a phone that sends the same twice at once.

        Args:
            residents: whose reports; taken one by one, as phones become free.
            at_once: how many phones.
            pause_s: between two reports of a phone, in seconds.
        """
        waiting = iter(residents)

        async def phone() -> None:
            for resident in waiting:
                if resident.number % 10 == 0:
                    await asyncio.gather(self.send(resident), self.send(resident))
                else:
                    await self.send(resident)
                await asyncio.sleep(pause_s)

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(phone())

    async def answer_all(self, asked: asyncio.Queue[str]) -> None:
        """Answer every question as it comes, until cancelled; each until it is taken."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._answer(await asked.get()))

    async def _answer(self, tracking: str) -> None:
        headers = {
            "Idempotency-Key": f'"{key_for(f"{self.run}/answer/{tracking}")}"',
            "X-Tracking-Secret": self.secrets[tracking],
            "X-Device-Token": f"phone-{uuid5(NAMESPACE_URL, f'answer/{tracking}').hex}",
        }
        body = {"text": "Tepat di depan gerbang timur, dekat tiang listrik."}
        deadline = monotonic() + self.patience_s
        while monotonic() < deadline:
            answer = await self.client.post(
                f"/api/v1/reports/{tracking}/answer", json=body, headers=headers
            )
            if answer.status_code == httpx.codes.CREATED:
                return
            # intake may hear of the question after the agency heard that it was asked
            assert answer.status_code in {409, 429, 503}, answer.text
            await asyncio.sleep(_PAUSE_S)
        raise TimeoutError(f"{tracking} could not be answered")

    async def send_wrong(self, count: int, first: Resident) -> None:
        """Requests that must be refused and leave nothing behind.

        Args:
            count: how many that are too short, and as many under a key that is taken.
            first: a report that was accepted.
        """
        for at in range(count):
            body = {**first.body, "text": f"keliru{at}"}
            key = key_for(f"{self.run}/wrong/{at}")
            await self.request(key, None, body, device_of(-1 - at))
            other = {**first.body, "text": f"Isi lain dengan kunci lama, {self.run} {at}."}
            # not in the ledger, where this key is, and stays, another report's
            headers = {
                "Idempotency-Key": f'"{self.key_of(first.number)}"',
                "X-Device-Token": device_of(first.number),
            }
            answer = await self.client.post("/api/v1/reports", json=other, headers=headers)
            assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text
