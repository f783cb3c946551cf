"""A dispatcher says that two reports are of two things after all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
from tests.week.channels import Refused
from tests.week.deeds import Deed

from mrk_routing.domain.act import Unmerge
from mrk_routing.domain.assign import Rules
from mrk_routing.domain.outcome import Moved
from mrk_routing.store import acting
from mrk_schemas.ids import ComplaintId


class Parting:
    """Parts cases at routing's database, as the desk does.

    Args:
        pool: of it.
        rules: the city's.
        now: what the clock shows.
    """

    def __init__(self, pool: asyncpg.Pool, rules: Rules, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._rules = rules
        self._now = now

    async def send(self, case: dict[str, Any], version: int, deed: Deed) -> None:  # noqa: ARG002  # an Office
        """Part it.

        Raises:
            Refused: it cannot be parted.
        """
        complaint = ComplaintId(case["complaint_id"])
        outcome = await acting.carry_out(self._pool, complaint, Unmerge(), self._rules, self._now())
        if not isinstance(outcome, Moved):
            raise Refused(f"{deed} of {complaint}: {outcome}")
