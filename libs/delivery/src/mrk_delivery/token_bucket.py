"""A rate limit: calls per second, evened out."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """Calls per second, evened out; a burst of one second's worth at most.

    Attributes:
        rate_per_s: None is no limit.
        tokens: calls that may begin now.
        at: the instant of `tokens`, monotonic seconds.
    """

    rate_per_s: float | None
    at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        """It begins full."""
        self.tokens = self._capacity()

    def available(self, now: float) -> int | None:
        """How many calls may begin now; None is any number."""
        if self.rate_per_s is None:
            return None
        self.tokens = min(self._capacity(), self.tokens + (now - self.at) * self.rate_per_s)
        self.at = now
        return int(self.tokens)

    def spend(self, count: int) -> None:
        """So many calls begin."""
        if self.rate_per_s is not None:
            self.tokens -= count

    def wait_s(self) -> float:
        """Seconds until the next call may begin, after `available` was asked."""
        if self.rate_per_s is None:
            return 0.0
        return max(0.0, (1 - self.tokens) / self.rate_per_s)

    def _capacity(self) -> float:
        return max(1.0, self.rate_per_s or 1.0)
