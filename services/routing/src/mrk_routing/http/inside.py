"""What role `api` needs of the inside; absent until the database answers."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import asyncpg

from mrk_delivery.clock import Clock
from mrk_delivery.errors import is_transient
from mrk_routing.store.commanding import Apply
from mrk_routing.store.feed import Horizon
from mrk_telemetry import metrics
from mrk_web.overload import overloaded

RETRY_AFTER_S: Final = 2


@dataclass(frozen=True, slots=True)
class Inside:
    """The database, the domain's clock, and what applies commands."""

    pool: asyncpg.Pool
    clock: Clock
    apply: Apply
    horizon: Horizon


class Door:
    """Leads inside, once there is one."""

    def __init__(self) -> None:
        self._inside: Inside | None = None

    def open(self, inside: Inside) -> None:
        """The database is there."""
        self._inside = inside

    @contextlib.contextmanager
    def through(self) -> Iterator[Inside]:
        """The inside for the block's time; what it refuses for now is to be asked again.

        Raises:
            ProblemError: 503 with `Retry-After` while the database is away.
        """
        if self._inside is None:
            raise overloaded(RETRY_AFTER_S)
        try:
            yield self._inside
        except Exception as error:
            if not is_transient(error):
                raise
            metrics.request_refused("database")
            raise overloaded(RETRY_AFTER_S) from error
