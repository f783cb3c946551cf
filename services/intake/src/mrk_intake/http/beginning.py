"""How an upload begins, whoever sends it: within the limits, with a key of its own."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from mrk_delivery.clock import Clock
from mrk_intake.domain.attachments import MIB, MediaType, Purpose
from mrk_intake.domain.ids import uuid7
from mrk_intake.http.limits import ReportLimits
from mrk_intake.store import uploads
from mrk_intake.store.sealing import Sealing
from mrk_intake.store.uploads import New
from mrk_telemetry.serving import Scope
from mrk_web.overload import overloaded

_FULL_S: Final = 60
_ENTROPY_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """What uploads may take.

    Attributes:
        limits: of devices and addresses, counted in MiB.
        lifetime: until one that no report took is given up.
        room: bytes that those may take together.
    """

    limits: ReportLimits
    lifetime: timedelta
    room: int


class Beginning:
    """Begins uploads.

    Args:
        pool: of intake's database.
        sealing: makes keys.
        rules: what uploads may take.
        clock: the domain's.
    """

    def __init__(self, pool: asyncpg.Pool, sealing: Sealing, rules: Rules, clock: Clock) -> None:
        self._pool = pool
        self._sealing = sealing
        self._rules = rules
        self._clock = clock

    def require(self, scope: Scope, device: str, forwarded: str | None, size: int) -> None:
        """Count what a device and an address want to send.

        Args:
            scope: of the request.
            device: the device's token; empty where there is none.
            forwarded: `X-Forwarded-For`.
            size: in bytes.

        Raises:
            ProblemError: 429 with `Retry-After`.
        """
        self._rules.limits.require(scope, device, forwarded, cost=max(1.0, size / MIB))

    async def begin(self, length: int, hint: MediaType | None) -> tuple[New, datetime]:
        """A new upload, and when it expires (database time).

        Args:
            length: its bytes; the most that it may have, where nobody knows yet.
            hint: the type that its sender names.

        Raises:
            ProblemError: 503 where there is no room for it.
        """
        if await uploads.unclaimed_bytes(self._pool) + length > self._rules.room:
            raise overloaded(_FULL_S)
        upload, token = new_id(self._clock.now()), uploads.new_token()
        key = self._sealing.new(upload)
        new = New(upload, token, Purpose.REPORT, hint, length, key, self._rules.lifetime)
        return new, await uploads.begin(self._pool, new)


def new_id(now: datetime) -> UUID:
    """An upload's id; it is no secret and no credential."""
    return uuid7(now, os.urandom(_ENTROPY_BYTES))
