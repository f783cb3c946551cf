"""How many reports a day may name one phone number, by whichever interface they come."""

import math
from collections import OrderedDict
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from mrk_intake.domain.keys import Keys
from mrk_intake.http.drafts import Asked
from mrk_intake.http.reports import Submit
from mrk_intake.store.accept import Accepted, Outcome
from mrk_intake.store.attachments import known_request
from mrk_schemas.reports import Kind
from mrk_telemetry import metrics
from mrk_web.language import Text
from mrk_web.problems import FieldError, Problem, ProblemError

MOST_KEPT: Final = 100_000
PHONE_LIMIT: Final = Problem(
    429, "phone-limit",
    Text("Nomor telepon ini sudah terlalu sering dipakai hari ini",
         "This phone number was used too often today"),
    Text("Kirim besok, atau hari ini tanpa nomor telepon: tulis surel, atau kosongkan kontak.",
         "Send it tomorrow, or today without the phone number: give an e-mail, or no contact."),
)  # fmt: skip


class PhoneLimit:
    """Stores reports, unless their phone was named too often today.

    The count is the database's: each write returns how many reports named the phone before, in
    whichever process. Here it is only remembered, by a digest that is another one every day. So
    asking costs no round trip, and a process that has not seen a phone yet lets one report more
    through.

    Args:
        submit: stores a report.
        keys: for digests.
        pool: of intake's database; asked whether a report that would be refused was accepted
            before.
        zone: the city's; its days count.
        most: reports a day.
    """

    def __init__(
        self, submit: Submit, keys: Keys, pool: asyncpg.Pool, zone: ZoneInfo, most: int
    ) -> None:
        self._submit = submit
        self._keys = keys
        self._pool = pool
        self._zone = zone
        self._most = most
        self._used: OrderedDict[bytes, int] = OrderedDict()

    async def __call__(self, asked: Asked, /) -> Outcome:
        """The outcome, once it is durable.

        Raises:
            ProblemError: 429 until the city's day ends. A request that was accepted before gets
                its stored answer all the same.
        """
        reporter = asked.submission.reporter
        if reporter is None or reporter.phone is None:
            return await self._submit(asked)
        local = asked.at.astimezone(self._zone)
        phone = self._keys.phone(reporter.phone, local.date())
        if self._used.get(phone, 0) >= self._most:
            async with self._pool.acquire() as conn:
                known = await known_request(conn, self._keys.request(asked.device, asked.key))
            if not known:
                raise self._refused(asked, local)
        # of whistle-blowing nothing is kept that could lead to a person, not even for a day
        whistle = asked.submission.kind is Kind.WHISTLEBLOWING
        outcome = await self._submit(asked if whistle else asked._replace(phone=phone))
        if isinstance(outcome, Accepted) and not outcome.replayed:
            self._remember(phone, outcome.used + 1)
        return outcome

    def _remember(self, phone: bytes, used: int) -> None:
        # reports of one batch do not see each other in the database
        self._used[phone] = max(used, self._used.get(phone, 0) + 1)
        self._used.move_to_end(phone)
        if len(self._used) > MOST_KEPT:
            self._used.popitem(last=False)

    def _refused(self, asked: Asked, local: datetime) -> ProblemError:
        metrics.request_refused("phone")
        tomorrow = datetime.combine(local.date() + timedelta(days=1), time(), self._zone)
        wait = math.ceil((tomorrow - local).total_seconds())
        told = FieldError(
            "/reporter/phone",
            PHONE_LIMIT.title.to(asked.language),
            PHONE_LIMIT.detail.to(asked.language),
        )
        return ProblemError(PHONE_LIMIT, [told], {"retry-after": str(max(1, wait))})
