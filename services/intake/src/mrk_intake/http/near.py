"""Near a limit a machine must work before its report is taken; a person is asked nothing."""

import math
from typing import Final

import asyncpg

from mrk_intake.domain.keys import Keys
from mrk_intake.http.limits import ReportLimits
from mrk_intake.store.attachments import known_request
from mrk_telemetry import metrics
from mrk_telemetry.serving import Scope
from mrk_web.challenge import Challenges
from mrk_web.language import Text
from mrk_web.problems import Problem, ProblemError

CHALLENGE: Final = Problem(
    429, "challenge",
    Text("Sebentar: sangat banyak kiriman datang dari sini",
         "One moment: very much is being sent from here"),
    Text("Pecahkan tantangan di challenge dan kirim lagi dengan tajuk X-Challenge-Solution, atau"
         " tunggu sesuai tajuk Retry-After; kuncinya tetap sama.",
         "Solve what challenge holds and send again with the header X-Challenge-Solution, or wait"
         " as long as Retry-After says; under the same key."),
)  # fmt: skip


class NearLimit:
    """Asks for proof of work where little is left of what a device, or an address, may send.

    Args:
        limits: what is left.
        keys: sign challenges, and name requests.
        pool: of intake's database; asked whether a report that would be challenged was accepted
            before.
        below: which share of a bucket is little; 0 asks for no proof ever.
    """

    def __init__(self, limits: ReportLimits, keys: Keys, pool: asyncpg.Pool, below: float) -> None:
        self._limits = limits
        self._keys = keys
        self._pool = pool
        self._below = below
        self._challenges = Challenges(keys.challenges)

    def left(self, scope: Scope, device: str, forwarded: str | None) -> float | None:
        """How much is left, where that is little; None where nobody need prove anything.

        Where nothing is left there is nothing to prove either: the limit itself answers.
        """
        left = self._limits.left(scope, device, forwarded)
        return left if 0 < left < self._below else None

    async def prove(  # noqa: PLR0913  # what a challenge is bound to and what answers it
        self,
        left: float,
        solution: str | None,
        *,
        scope: Scope,
        device: str,
        forwarded: str | None,
        key: str,
    ) -> None:
        """See that the request is proven, or was accepted before.

        Args:
            left: as `left` found it.
            solution: of a challenge; None where there is none.
            scope: of the request.
            device: its token; empty where there is none.
            forwarded: `X-Forwarded-For`.
            key: the Idempotency-Key, for which alone a solution counts.

        Raises:
            ProblemError: 429 with a challenge, and with `Retry-After` for those who rather wait.
        """
        purpose = f"{len(device)}:{device}{key}"
        if self._challenges.admits(solution, purpose):
            return
        async with self._pool.acquire() as conn:
            if await known_request(conn, self._keys.request(device, key)):
                return
        metrics.request_refused("challenge")
        wait = math.ceil(self._limits.until(scope, device, forwarded, self._below))
        raise ProblemError(
            CHALLENGE,
            headers={"retry-after": str(max(1, wait))},
            more={"challenge": self._challenges.make(purpose, 1 - left / self._below)},
        )
