"""Work for the outside: what is queued, how a call ended, when it is tried again. Pure values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, assert_never, runtime_checkable

from mrk_telemetry.traces import current_traceparent

if TYPE_CHECKING:
    from mrk_delivery.tx import Tx  # which knows this module

LONGEST_ASKED_S: Final = 3600.0
"""A peer that asks for a longer pause (`Retry-After`) gets this one, in seconds."""

_CALL_SHARE: Final = 0.75
_MOST_DOUBLINGS: Final = 40


@dataclass(frozen=True, slots=True)
class Work:
    """A row to be queued in the transaction that decides it: `tx.enqueue(Work(…))`.

    Attributes:
        queue: which worker takes it.
        lane: rows of one lane run one after the other, in the order of their insertion.
        key: the stream's key that it belongs to; an erasure of that key ends it.
        kind: a fixed word for what is to be done.
        payload: what the call needs, JSON; no personal data but masked text.
        dedupe: unique within the queue; a second row of the same is not stored.
        traceparent: the trace that it continues.
        not_before: no attempt before this instant (database time, with zone).
    """

    queue: str
    lane: str
    key: str
    kind: str
    payload: dict[str, Any]
    dedupe: str
    traceparent: str | None = field(default_factory=current_traceparent)
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A row as its handler gets it.

    Attributes:
        attempts: calls begun so far, this one included.
        created_at: when it was queued, UTC (database time).
        repeated: an earlier call of it may have been received; the peer may see it twice.
    """

    id: int
    queue: str
    lane: str
    key: str
    kind: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    traceparent: str | None
    repeated: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The peer has it. `result` is kept with the row: ids, never a person's words."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """The peer surely does not have it, and may take it later.

    Attributes:
        reason: a fixed text.
        after: the pause that the peer asked for; None follows the policy.
    """

    reason: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The peer will never take it; the lane goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been received: looked up before anything else of its lane."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """There is nothing to do any more; the lane goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """It waits until `tx.release(queue, lane)`; the lane goes on meanwhile."""

    reason: str


Outcome = Done | Retry | Refused | Unknown | Skipped | Held
Told = Done | Refused | Unknown | Skipped | Held
"""The outcomes that `settled` is told of."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A look-up: the peer does not have it (yet)."""


@dataclass(frozen=True, slots=True)
class CannotLook:
    """A look-up: the peer cannot say now; asked again."""

    reason: str = "the peer cannot say"


@dataclass(frozen=True, slots=True)
class Resend:
    """A look-up: this peer can never be asked, and twice is better than not at all."""


LookUp = Done | Absent | CannotLook | Resend


def word(outcome: Outcome | LookUp) -> str:  # noqa: PLR0911  # one line an outcome
    """The fixed word of an outcome in metrics, logs and the row's state."""
    match outcome:
        case Done():
            return "done"
        case Retry():
            return "retry"
        case Refused():
            return "refused"
        case Unknown():
            return "unknown"
        case Skipped():
            return "skipped"
        case Held():
            return "held"
        case Absent():
            return "absent"
        case CannotLook():
            return "cannot-look"
        case Resend():
            return "resend"
        case _:
            assert_never(outcome)


class WorkHandler(Protocol):
    """What a service does with one queue's rows."""

    async def perform(self, job: Job) -> Outcome:
        """Make the call. No transaction is open.

        Raises:
            Transient: as `Retry`: the call surely was not received.
        """
        ...

    async def look_up(self, job: Job) -> LookUp:
        """Ask the peer whether it has this; for rows whose answer is unknown."""
        ...

    async def settled(self, tx: "Tx", job: Job, outcome: Told) -> None:
        """Record a final or unknown outcome, in the transaction that settles the row.

        The job's key is locked; events are emitted here. No network.
        """
        ...

    async def drained(self, tx: "Tx", key: str) -> None:
        """The last call in flight of an erased key has ended: acknowledge its erasure."""
        ...


@runtime_checkable
class TellsWhetherSent(Protocol):
    """A handler that can tell, of its own unexpected errors, whether the call had left."""

    def may_have_left(self, job: Job, error: Exception) -> bool:
        """Whether the peer may have received the call that ended in this error."""
        ...


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential, jittered, capped.

    Attributes:
        base_s: the longest first pause, in seconds; above 0.
        cap_s: the longest pause, in seconds.
    """

    base_s: float
    cap_s: float

    def __post_init__(self) -> None:
        """Refuse pauses that make no sense."""
        if not 0 < self.base_s <= self.cap_s:
            raise ValueError("a retry policy needs 0 < base_s <= cap_s")

    def pause_s(self, attempts: int, share: float, asked: timedelta | None = None) -> float:
        """Seconds until the next attempt.

        Args:
            attempts: calls begun so far, at least 1.
            share: where in the jitter it falls, 0 to 1: from half of the full pause to all of it.
            asked: what the peer asked for; then at least that, up to `LONGEST_ASKED_S`.
        """
        full = min(self.cap_s, self.base_s * 2.0 ** min(attempts - 1, _MOST_DOUBLINGS))
        own = full * (0.5 + share / 2)
        if asked is None:
            return own
        return max(own, min(asked.total_seconds(), max(LONGEST_ASKED_S, self.cap_s)))


@dataclass(frozen=True, slots=True)
class WorkPolicy:
    """How one queue is worked on.

    Attributes:
        concurrency: calls in flight in one process.
        rate_per_s: calls begun per second in one process; None is no limit.
        base_s: the longest pause before the second attempt.
        cap_s: the longest pause between attempts.
        lease_s: how long an attempt may run before others count it as lost. A call is given up
            as unknown after three quarters of it, so that none outlives its lease.
        grace_s: longer than the peer's longest processing: an absence proves nothing earlier.
        look_up_every_s: between two look-ups of one row.
        max_attempts: after this many a retry becomes a refusal; None tries for ever.
    """

    concurrency: int
    rate_per_s: float | None
    base_s: float
    cap_s: float
    lease_s: float
    grace_s: float
    look_up_every_s: float
    max_attempts: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        if self.rate_per_s is not None and self.rate_per_s <= 0:
            raise ValueError("rate_per_s must be above 0, or None for no limit")
        if self.lease_s <= 0 or self.look_up_every_s <= 0 or self.grace_s < 0:
            raise ValueError("lease_s and look_up_every_s must be above 0, grace_s not below")
        if self.max_attempts is not None and self.max_attempts < 1:
            raise ValueError("max_attempts must be at least 1, or None for ever")
        _ = self.retry

    @property
    def retry(self) -> RetryPolicy:
        """The pauses between attempts."""
        return RetryPolicy(self.base_s, self.cap_s)

    @property
    def call_s(self) -> float:
        """How long one call may take."""
        return self.lease_s * _CALL_SHARE

    def decide(self, outcome: Outcome, attempts: int) -> Outcome:
        """A retry beyond the last attempt is a refusal; everything else stays as it is."""
        most = self.max_attempts
        if isinstance(outcome, Retry) and most is not None and attempts >= most:
            return Refused(f"given up after {attempts} attempts: {outcome.reason}")
        return outcome
