"""Token buckets in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from mrk_telemetry import metrics
from mrk_web.problems import RATE_LIMITED, ProblemError


class RateLimiter:
    """A token bucket for each key, in this process.

    Keys are strings of the caller's choice: a device's first, an address's with generous
    numbers, since Indonesian mobile carriers share addresses among many phones. They are kept
    in memory only.

    Args:
        rate: tokens that come back each second; above 0.
        burst: tokens of a full bucket; 1 or more.
        clock: monotonic seconds.
        max_keys: keys remembered; the one unused longest is forgotten, and its bucket is full
            when it comes again.
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        clock: Callable[[], float] = time.monotonic,
        max_keys: int = 100_000,
    ) -> None:
        if rate <= 0 or burst < 1 or max_keys < 1:
            raise ValueError("rate must be above 0, burst and max_keys 1 or more")
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, cost: float = 1.0) -> float:
        """Take tokens.

        Args:
            key: whose bucket.
            cost: how many; at most `burst`.

        Returns:
            0.0 when they were taken, else the seconds until they would be there (nothing is
            taken then).

        Raises:
            ValueError: `cost` is more than a full bucket holds, so it can never be taken.
        """
        if not 0 < cost <= self._burst:
            raise ValueError("cost must be above 0 and at most the burst")
        now = self._clock()
        tokens, since = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + max(0.0, now - since) * self._rate)
        wait = 0.0 if tokens >= cost else (cost - tokens) / self._rate
        self._buckets[key] = (tokens if wait else tokens - cost, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return wait

    def left(self, key: str) -> float:
        """How full a bucket is, from 0 to 1: 0 where it has no whole token; nothing is taken."""
        share = self._share(key)
        return share if share * self._burst >= 1 else 0.0

    def _share(self, key: str) -> float:
        found = self._buckets.get(key)
        if found is None:
            return 1.0
        tokens, since = found
        return min(1.0, (tokens + max(0.0, self._clock() - since) * self._rate) / self._burst)

    def until(self, key: str, left: float) -> float:
        """Seconds until a bucket is so full, when nothing is taken meanwhile."""
        return max(0.0, left - self._share(key)) * self._burst / self._rate

    def require(self, key: str, cost: float = 1.0) -> None:
        """Take tokens, or end the request.

        Raises:
            ProblemError: 429 with `Retry-After` in whole seconds.
        """
        wait = self.take(key, cost)
        if wait > 0:
            metrics.request_refused("rate")
            raise rate_limited(wait)


def rate_limited(wait_s: float) -> ProblemError:
    """A 429 that tells how long to wait, rounded up to whole seconds, at least 1."""
    return ProblemError(RATE_LIMITED, headers={"retry-after": str(max(1, math.ceil(wait_s)))})
