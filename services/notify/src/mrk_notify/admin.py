"""`python -m mrk_notify admin …`: the library's commands."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from mrk_delivery.admin import Admin
from mrk_delivery.clock import open_clock
from mrk_delivery.subscription import Subscription
from mrk_notify.consumers.complaints import subscriptions
from mrk_notify.service import SERVICE
from mrk_notify.settings import EventSettings
from mrk_telemetry.settings import load_settings


@asynccontextmanager
async def _subscriptions(pool: asyncpg.Pool) -> AsyncIterator[Sequence[Subscription]]:
    """For redriving dead letters as the consumer would apply them."""
    settings = load_settings(EventSettings)
    async with open_clock(pool, settings.clock_movable) as clock:
        yield subscriptions(clock)


ADMIN: Final = Admin(SERVICE, _subscriptions)
