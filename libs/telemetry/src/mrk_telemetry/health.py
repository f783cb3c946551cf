"""Liveness is progress, readiness is conditions.

A ping proves that the process answers; a beat proves that a loop still turns. Liveness fails when
any registered loop has not beaten for its own limit; readiness fails while any condition fails,
and before there is one: a process that has stated nothing yet is still starting.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]
Detail = dict[str, object]


@dataclass(slots=True)
class Beat:
    """One loop's sign of progress. Call `beat()` once a turn, also when there was nothing to do.

    Attributes:
        stall_after_s: seconds without a beat after which the loop counts as stalled.
    """

    stall_after_s: float
    _clock: Clock
    _last: float = field(init=False)
    _retired: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._last = self._clock()

    def beat(self) -> None:
        """The loop has turned."""
        self._last = self._clock()

    def retire(self) -> None:
        """The loop ended on purpose and owes no more beats."""
        self._retired = True

    def silent_s(self) -> float:
        """Seconds since the last beat."""
        return self._clock() - self._last

    def stalled(self) -> bool:
        """Whether the loop has been silent for longer than its limit."""
        return not self._retired and self.silent_s() > self.stall_after_s


@dataclass(slots=True)
class Condition:
    """Something that must hold for work to be accepted. It fails until `ok()` is called once."""

    _why: str | None = "not yet"

    def ok(self) -> None:
        """It holds."""
        self._why = None

    def fail(self, why: str) -> None:
        """It does not hold; `why` is a fixed text without payload or address."""
        self._why = why or "failed"

    @property
    def why(self) -> str | None:
        """Why it does not hold, or None when it holds."""
        return self._why


class Health:
    """A process's beats and conditions.

    Args:
        clock: monotonic seconds; never the wall clock, which may be moved.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._beats: dict[str, Beat] = {}
        self._conditions: dict[str, Condition] = {}

    def progress(self, name: str, stall_after_s: float) -> Beat:
        """Register a loop; it counts as having beaten now.

        A name that is registered again gets a new beat: a restarted loop replaces the old one.

        Args:
            name: the loop's name, shown by `/livez`.
            stall_after_s: seconds without a beat after which liveness fails; above 0.

        Raises:
            ValueError: `stall_after_s` is not above 0.
        """
        if stall_after_s <= 0:
            raise ValueError(f"loop {name}: stall_after_s must be above 0")
        beat = self._beats[name] = Beat(stall_after_s, self._clock)
        return beat

    def condition(self, name: str) -> Condition:
        """The condition of that name, made (as failing) when it is new."""
        return self._conditions.setdefault(name, Condition())

    def livez(self) -> tuple[bool, Detail]:
        """Whether every loop makes progress, and each loop's silence in seconds."""
        loops: Detail = {
            name: {
                "ok": not beat.stalled(),
                "silent_s": round(beat.silent_s(), 3),
                "stall_after_s": beat.stall_after_s,
            }
            for name, beat in self._beats.items()
        }
        alive = not any(beat.stalled() for beat in self._beats.values())
        return alive, {"ok": alive, "loops": loops}

    def readyz(self) -> tuple[bool, Detail]:
        """Whether there are conditions and every one holds, and why the failing ones do not."""
        failing = {name: c.why for name, c in self._conditions.items() if c.why is not None}
        ready = bool(self._conditions) and not failing
        return ready, {
            "ok": ready,
            "conditions": {name: c.why or "ok" for name, c in self._conditions.items()},
        }
