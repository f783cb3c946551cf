"""What a consumer declares: topics, the types it handles and ignores, and what it does."""

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from mrk_delivery.events import Fact, Record
from mrk_delivery.tx import Tx

Kin = Callable[[Any, Sequence[Fact]], Awaitable[AbstractSet[str]]]
"""Which other streams facts concern: asked on the connection before anything is locked."""


class Apply(Protocol):
    """Applies facts inside the batch's transaction: state, events and work rows, no network.

    Facts are newly seen ones alone, grouped by key and in order per key; their streams are
    locked. Raises ``Poison`` for a fact that can never succeed, ``Transient`` to try the whole
    batch again; any other error is isolated to its key and becomes a dead letter.
    """

    async def __call__(self, tx: Tx, facts: Sequence[Fact]) -> None:
        """Apply the facts of one batch."""


Unreadable = Callable[[Tx, Record, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer group's contract.

    Attributes:
        handles: CloudEvents types that `apply` takes.
        ignores: types that may stand on the topics and mean nothing here; any type in neither
            is a dead letter.
        passes: types that are applied even where their key is parked (erasures).
        guard: ``sequence`` for facts, by (topic, key, ``ce_sequence``); ``id`` for commands, by
            (topic, ``ce_id``), where the same id with another body is unreadable.
        park: whether later records of a bad record's key wait behind it.
        unreadable: called for each bad record of a subscription that doesn't park.
        kin: streams to lock together with those of the facts, in one sorted go; None: no others.
        poll_ms: how long an empty poll waits; FastStream pauses as long again. Every 15 ms costs
            a percent of a core: what may be late by a quarter of a second need not.
    """

    group: str
    topics: tuple[str, ...]
    handles: frozenset[str]
    apply: Apply
    ignores: frozenset[str] = frozenset()
    passes: frozenset[str] = frozenset()
    guard: Literal["sequence", "id"] = "sequence"
    park: bool = True
    unreadable: Unreadable | None = None
    kin: Kin | None = None
    poll_ms: int = 15

    def __post_init__(self) -> None:
        """Refuse a contract that contradicts itself."""
        if self.handles & self.ignores:
            raise ValueError(
                f"{self.group}: both handled and ignored: {self.handles & self.ignores}"
            )
        if self.park == (self.unreadable is not None):
            raise ValueError(f"{self.group}: `unreadable` belongs to subscriptions that don't park")
