"""`python -m mrk_routing admin …`: the library's commands, and the city's topics."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from mrk_delivery.admin import Admin
from mrk_delivery.admin.topics import topic_commands
from mrk_delivery.clock import open_clock
from mrk_delivery.subscription import Subscription
from mrk_delivery.topics import Declared
from mrk_routing import admin_clients, admin_webhooks
from mrk_routing.consumers.subscriptions import subscriptions
from mrk_routing.corrections import MODEL_COMMANDS
from mrk_routing.service import SERVICE
from mrk_routing.settings import EventSettings, city
from mrk_schemas.topics import expand
from mrk_telemetry.settings import load_settings


def _declared() -> tuple[Mapping[str, Any], Iterable[Declared]]:
    """Where the broker is, and every topic of the city."""
    settings = load_settings(EventSettings)
    return settings.kafka_options(), expand(city(settings.city_pack).agencies)


@asynccontextmanager
async def _subscriptions(pool: asyncpg.Pool) -> AsyncIterator[Sequence[Subscription]]:
    """For redriving dead letters as the consumer would apply them."""
    settings = load_settings(EventSettings)
    async with open_clock(pool, settings.clock_movable) as clock:
        yield subscriptions(city(settings.city_pack), clock)


ADMIN: Final = Admin(
    SERVICE,
    _subscriptions,
    (
        *topic_commands(_declared),
        *MODEL_COMMANDS,
        *admin_clients.COMMANDS,
        *admin_webhooks.COMMANDS,
    ),
)
