"""What each role is made of: the only place that wires.

Kafka is imported inside the two roles that speak to it, `relay` and `consumer`; no other loads it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import asyncpg

from mrk_delivery import entry
from mrk_delivery.clock import open_clock
from mrk_delivery.database import closing, open_pool
from mrk_delivery.errors import is_transient
from mrk_delivery.settings import DeliverySettings
from mrk_routing.http.app import LIMITS, Summary, application
from mrk_routing.service import SERVICE, writes
from mrk_routing.settings import ClockSettings, DeskSettings, EventSettings, HttpSettings, city
from mrk_telemetry.health import Health
from mrk_telemetry.keys import decoded
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop, settle_memory
from mrk_telemetry.settings import load_settings
from mrk_web.gate import Gate
from mrk_web.server import harden, serve_http, with_ops

_LOOK_S: Final = 2.0
_DESK_CONNECTIONS: Final = 8
_API_CONNECTIONS: Final = 8


async def http(stop: Stop, health: Health) -> None:
    """Role `http`: counts, read-only; never speaks to Kafka."""
    settings = load_settings(HttpSettings)
    summary = Summary()
    app = with_ops(harden(application(summary), LIMITS), health)
    async with serve_http(app, settings.listen_host, settings.listen_port) as listening:
        get_logger().info("role.listening", host=listening.host, port=listening.port)
        async with _watched_pool(settings, stop, health, "routing.http", 2) as pool:
            summary.open(pool)
            settle_memory()
            await stop.wait()


async def desk(stop: Stop, health: Health) -> None:
    """Role `desk`: pages for people of the city; reads and writes cases, never speaks to Kafka."""
    from mrk_login.oidc import Provider, provider_client  # noqa: PLC0415  # this role's
    from mrk_pages.assets import Assets  # noqa: PLC0415  # this role's
    from mrk_routing.gateways.intake import Intake, intake_client  # noqa: PLC0415  # this role's
    from mrk_routing.http.desk.app import desk_app  # noqa: PLC0415  # this role's
    from mrk_routing.http.desk.pages import STATIC, Pages  # noqa: PLC0415  # this role's

    settings = load_settings(DeskSettings)
    pack, gate = city(settings.city_pack), Gate()
    pages = Pages(pack, Assets(STATIC))
    token = settings.internal_token.get_secret_value()
    app = with_ops(gate, health)
    async with (
        provider_client() as asked,
        intake_client(settings.internal_url) as internal,
        serve_http(app, settings.listen_host, settings.listen_port) as listening,
        _watched_pool(settings, stop, health, "routing.desk", _DESK_CONNECTIONS) as pool,
        open_clock(pool, settings.clock_movable) as now,
    ):
        get_logger().info("role.listening", host=listening.host, port=listening.port)
        provider = Provider(asked, settings.client(settings.desk_url))
        gate.open(desk_app(settings, pack, pool, now, provider, Intake(internal, token), pages))
        settle_memory()
        await stop.wait()


async def relay(stop: Stop, health: Health) -> None:
    """Role `relay`: sends what was committed."""
    from mrk_delivery.relay import run_relay  # noqa: PLC0415  # Kafka, see above

    settings = load_settings(EventSettings)
    topics = writes(city(settings.city_pack).agencies)
    async with entry.ops(settings, health):
        await run_relay(settings, SERVICE, stop, health, topics)


async def consumer(stop: Stop, health: Health) -> None:
    """Role `consumer`: makes cases of reports, and does what agencies command."""
    from mrk_delivery.consumer import run_consumer  # noqa: PLC0415  # Kafka, see above
    from mrk_routing.consumers.subscriptions import subscriptions  # noqa: PLC0415  # not http's

    settings = load_settings(EventSettings)
    pack = city(settings.city_pack)
    async with (
        entry.standing(settings, "routing.consumer", stop, health) as pool,
        open_clock(pool, settings.clock_movable) as clock,
    ):
        year = clock.now().year
        # Loading holidays takes most of a second: now, not within the first report's transaction.
        pack.calendar.prepare(year, year + 1)
        pack.prepare_guesses()
        await run_consumer(settings, SERVICE, subscriptions(pack, clock), stop, health, pool)


async def clock(stop: Stop, health: Health) -> None:
    """Role `clock`: acts on cases whose time has come; a second one is its standby."""
    from mrk_routing.domain.assign import Rules  # noqa: PLC0415  # this role's
    from mrk_routing.workers.clock import CaseClock  # noqa: PLC0415  # this role's
    from mrk_routing.workers.linker import Linker  # noqa: PLC0415  # this role's

    settings = load_settings(ClockSettings)
    pack = city(settings.city_pack)
    ready = health.condition("database")
    async with (
        entry.standing(settings, "routing.clock", stop, health, max_size=2) as pool,
        open_clock(pool, settings.clock_movable) as now,
    ):
        beat = health.progress("clock", stall_after_s=60)
        linking = health.progress("linker", stall_after_s=60)
        rules = Rules(pack)
        linker = Linker(pool, rules, now, linking)
        async with asyncio.TaskGroup() as group:
            group.create_task(linker.run(stop), name="linker")
            group.create_task(CaseClock(pool, rules.dues, now, beat, ready).run(stop), name="clock")


async def api(stop: Stop, health: Health) -> None:
    """Role `api`: agencies' systems read and command by HTTP; never speaks to Kafka."""
    from mrk_routing.agency_settings import ApiSettings  # noqa: PLC0415  # this role's
    from mrk_routing.consumers.commands import Commands  # noqa: PLC0415  # this role's
    from mrk_routing.domain.access_tokens import SigningKey  # noqa: PLC0415  # this role's
    from mrk_routing.domain.due import DueDates  # noqa: PLC0415  # this role's
    from mrk_routing.http import api as agencies  # noqa: PLC0415  # this role's
    from mrk_routing.http.inside import Door, Inside  # noqa: PLC0415  # this role's
    from mrk_routing.store.feed import Horizon  # noqa: PLC0415  # this role's

    settings = load_settings(ApiSettings)
    pack = city(settings.city_pack)
    door, key = Door(), SigningKey(decoded(settings.token_key))
    shares = agencies.Shares(
        settings.api_rate_per_second, settings.api_rate_burst, settings.api_tokens_per_minute
    )
    app = agencies.api(door, key, settings.api_url, shares)
    app = with_ops(harden(app, agencies.LIMITS), health)
    async with serve_http(app, settings.listen_host, settings.listen_port) as listening:
        get_logger().info("role.listening", host=listening.host, port=listening.port)
        async with (
            _watched_pool(settings, stop, health, "routing.api", _API_CONNECTIONS) as pool,
            open_clock(pool, settings.clock_movable) as now,
        ):
            year = now.now().year
            # as for role `consumer`: an agency's first question must not wait for holidays
            pack.calendar.prepare(year, year + 1)
            apply = Commands(pack.agencies, DueDates(pack), now)
            door.open(Inside(pool, now, apply, Horizon()))
            settle_memory()
            await stop.wait()


async def worker(stop: Stop, health: Health) -> None:
    """Role `worker`: sends agencies' webhooks; several may run. Never speaks to Kafka."""
    from mrk_delivery.work import WorkPolicy  # noqa: PLC0415  # this role's
    from mrk_delivery.worker import run_worker  # noqa: PLC0415  # this role's
    from mrk_routing.agency_settings import WorkerSettings  # noqa: PLC0415  # this role's
    from mrk_routing.gateways.hooks import Hooks, hook_client  # noqa: PLC0415  # this role's
    from mrk_routing.store.endpoints import QUEUE  # noqa: PLC0415  # this role's
    from mrk_routing.store.feed import Horizon  # noqa: PLC0415  # this role's
    from mrk_routing.store.secrets import Seal  # noqa: PLC0415  # this role's
    from mrk_routing.workers.hooks import Pump, Sender  # noqa: PLC0415  # this role's

    settings = load_settings(WorkerSettings)
    policy = WorkPolicy(
        concurrency=settings.webhook_concurrency,
        rate_per_s=None,
        base_s=min(1.0, settings.webhook_retry_cap_s),
        cap_s=settings.webhook_retry_cap_s,
        lease_s=30,
        grace_s=0,
        look_up_every_s=1,
    )
    give_up = timedelta(hours=settings.webhook_give_up_hours)
    async with (
        hook_client() as client,
        entry.standing(settings, "routing.worker", stop, health, max_size=8) as pool,
        open_clock(pool, settings.clock_movable) as now,
        asyncio.TaskGroup() as group,
    ):
        hooks = Hooks(client, settings.networks)
        sender = Sender(pool, hooks, Seal(decoded(settings.webhook_key)), now, give_up)
        beat = health.progress("webhooks", stall_after_s=60)
        pump = Pump(pool, Horizon(), beat, health.condition("database"))
        group.create_task(pump.run(stop))
        group.create_task(run_worker(pool, SERVICE, QUEUE, sender, policy, stop, health))


@asynccontextmanager
async def _watched_pool(
    settings: DeliverySettings, stop: Stop, health: Health, name: str, connections: int
) -> AsyncIterator[asyncpg.Pool]:
    """A pool, with readiness that follows the database."""
    ready = health.condition("database")
    beat = health.progress("database", stall_after_s=60)
    pool = await open_pool(
        settings.dsn, max_size=connections, application_name=name, stop=stop, beat=beat
    )
    ready.ok()

    async def look() -> None:
        while not await stop.sleep(_LOOK_S):
            beat.beat()
            try:
                async with asyncio.timeout(_LOOK_S):
                    await pool.fetchval("select 1")
            except Exception as error:
                if not is_transient(error):
                    raise
                ready.fail("away")
            else:
                ready.ok()

    async with closing(pool):
        looking = asyncio.create_task(look(), name="database")
        try:
            yield pool
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
