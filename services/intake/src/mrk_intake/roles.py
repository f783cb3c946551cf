"""What each role runs: its settings, its database, its loops and what it serves.

Kafka is imported inside the two roles that speak to it: those that answer requests never load it.
What is served is imported inside the roles that serve it: those that speak to Kafka never load it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import asyncpg

from mrk_city import CityPack, PackError, load_pack
from mrk_delivery import entry
from mrk_delivery.clock import Clock, open_clock
from mrk_delivery.database import closing, keeping, open_pool
from mrk_delivery.errors import is_transient
from mrk_delivery.settings import DeliverySettings
from mrk_intake.domain.keys import Keys
from mrk_intake.service import ATTACHMENTS, SERVICE, WRITES
from mrk_intake.settings import (
    ConsumerSettings,
    HttpSettings,
    InternalSettings,
    RelaySettings,
    ReportingSettings,
    WebSettings,
    WorkerSettings,
)
from mrk_intake.staff_settings import StaffSettings
from mrk_intake.storage import open_store
from mrk_intake.store.accept import Acceptance
from mrk_intake.store.old_rows import OldRows
from mrk_intake.unlocking import unlocked
from mrk_telemetry.health import Health
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop, settle_memory
from mrk_telemetry.serving import ASGIApp
from mrk_telemetry.settings import EX_CONFIG, load_settings
from mrk_web.gate import Gate
from mrk_web.server import serve_http, with_ops

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mrk_intake.http.reports import Submit

SettingsT = TypeVar("SettingsT", bound=ReportingSettings)

MAX_CONNECTIONS: Final = 5
_LOOK_S: Final = 2.0


async def http(stop: Stop, health: Health) -> None:
    """Role `http`: takes reports and shows timelines; never speaks to Kafka."""
    from mrk_intake.applications import public_api  # noqa: PLC0415  # pages and API, see above

    settings = load_settings(HttpSettings)
    async with _taking(settings, "intake.http", stop, health) as here:
        old_rows = OldRows(here.pool)
        async with old_rows.removed():
            here.serve(
                public_api(
                    here.settings,
                    here.pack,
                    here.pool,
                    here.clock,
                    here.submit,
                    old_rows.left_behind,
                )
            )
            await _until(stop, here.writing)


async def web(stop: Stop, health: Health) -> None:
    """Role `web`: the resident's pages; takes reports as role `http` does."""
    from mrk_intake.applications import page_meanwhile, pages_for_residents  # noqa: PLC0415  # as above

    settings = load_settings(WebSettings)
    waiting = partial(page_meanwhile, settings)
    async with _taking(settings, "intake.web", stop, health, waiting) as here:
        old_rows = OldRows(here.pool)
        async with old_rows.removed():
            here.serve(
                pages_for_residents(
                    here.settings,
                    here.pack,
                    here.pool,
                    here.clock,
                    here.submit,
                    old_rows.left_behind,
                )
            )
            await _until(stop, here.writing)


async def staff(stop: Stop, health: Health) -> None:
    """Role `staff`: pages for people of the city, who log in; takes reports as `http` does."""
    from mrk_intake.applications import page_meanwhile, pages_for_staff  # noqa: PLC0415  # as above
    from mrk_login.oidc import provider_client  # noqa: PLC0415  # this role's

    settings = load_settings(StaffSettings)
    waiting = partial(page_meanwhile, settings, staff=True)
    async with (
        provider_client() as provider,
        _taking(settings, "intake.staff", stop, health, waiting) as here,
    ):
        here.serve(
            pages_for_staff(here.settings, here.pack, here.pool, here.clock, here.submit, provider)
        )
        await _until(stop, here.writing)


async def internal(stop: Stop, health: Health) -> None:
    """Role `internal`: contacts, confidential places and attachments, for the other services."""
    from mrk_intake.applications import private_api  # noqa: PLC0415  # as above

    settings, gate = load_settings(InternalSettings), Gate()
    async with (
        _listening(settings, gate, health),
        _database(settings, "intake.internal", stop, health) as pool,
    ):
        gate.open(private_api(await unlocked(settings, stop, health), pool))
        settle_memory()
        await stop.wait()


async def worker(stop: Stop, health: Health) -> None:
    """Role `worker`: examines uploads, makes thumbnails, sweeps the store, lists new reports."""
    from mrk_delivery.work import WorkPolicy  # noqa: PLC0415  # this role's
    from mrk_delivery.worker import run_worker  # noqa: PLC0415  # this role's
    from mrk_intake.workers.attachments import Keeper  # noqa: PLC0415  # this role's
    from mrk_intake.workers.lister import LISTER_STALL_S, Lister  # noqa: PLC0415  # this role's
    from mrk_intake.workers.sweep import STALL_S, Sweep  # noqa: PLC0415  # this role's

    settings = load_settings(WorkerSettings)
    policy = WorkPolicy(
        concurrency=settings.examinations, rate_per_s=None, base_s=1, cap_s=60, lease_s=60,
        grace_s=0, look_up_every_s=1,
    )  # fmt: skip
    async with (
        entry.standing(settings, "intake.worker", stop, health) as pool,
        open_clock(pool, settings.clock_movable) as clock,
    ):
        objects, sealing = open_store(await unlocked(settings, stop, health))
        keeper = Keeper(pool, objects, sealing, settings.spool)
        sweep = Sweep(pool, objects, health.progress("sweep", STALL_S))
        lister = Lister(pool, clock, health.progress("listing", LISTER_STALL_S))
        async with asyncio.TaskGroup() as all_:
            all_.create_task(run_worker(pool, SERVICE, ATTACHMENTS, keeper, policy, stop, health))
            all_.create_task(sweep.run(stop))
            all_.create_task(lister.run(stop))


async def relay(stop: Stop, health: Health) -> None:
    """Role `relay`: sends what was committed."""
    from mrk_delivery.relay import run_relay  # noqa: PLC0415  # Kafka, see above

    settings = load_settings(RelaySettings)
    async with entry.ops(settings, health):
        await run_relay(settings, SERVICE, stop, health, WRITES)


async def consumer(stop: Stop, health: Health) -> None:
    """Role `consumer`: builds the public timelines, and takes what began at SP4N-LAPOR!."""
    from mrk_delivery.consumer import run_consumer  # noqa: PLC0415  # Kafka, see above
    from mrk_intake.consumers.subscriptions import subscriptions  # noqa: PLC0415  # not http's

    settings = load_settings(ConsumerSettings)
    pack = _pack(settings.city_pack)
    async with entry.standing(settings, "intake.consumer", stop, health) as pool:
        old_rows = OldRows(pool)
        opened = await unlocked(settings, stop, health)
        consumed = subscriptions(opened, pack, old_rows.left_behind)
        async with old_rows.removed():
            await run_consumer(settings, SERVICE, consumed, stop, health, pool)


def _pack(folder: Path) -> CityPack:
    try:
        return load_pack(folder)
    except PackError as error:
        sys.stderr.write(f"MRK_INTAKE_CITY_PACK: the city pack cannot be used\n{error}\n")
        raise SystemExit(EX_CONFIG) from None


@dataclass(frozen=True, slots=True)
class _Here(Generic[SettingsT]):
    """What a role that takes reports stands on; `settings` with the master key in the clear."""

    settings: SettingsT
    pack: CityPack
    pool: asyncpg.Pool
    clock: Clock
    submit: "Submit"
    writing: "asyncio.Task[None]"
    gate: Gate

    def serve(self, app: ASGIApp) -> None:
        """Let requests through to `app`, all of it being loaded."""
        self.gate.open(app)
        settle_memory()


@asynccontextmanager
async def _taking(
    settings: SettingsT,
    name: str,
    stop: Stop,
    health: Health,
    meanwhile: Callable[[CityPack], ASGIApp] | None = None,
) -> AsyncIterator[_Here[SettingsT]]:
    """A role that takes reports: it listens, and refuses all until it serves."""
    from mrk_intake.applications import storing  # noqa: PLC0415  # as above

    pack = _pack(settings.city_pack)
    gate = Gate(None if meanwhile is None else meanwhile(pack))
    keys = Keys.derive(settings.tracking_master)
    async with (
        _listening(settings, gate, health),
        _database(settings, name, stop, health) as pool,
        open_clock(pool, settings.clock_movable) as clock,
        keeping(pool) as connections,
    ):
        opened = await unlocked(settings, stop, health)
        acceptance = Acceptance(connections, SERVICE, keys.numbers)
        coalescer = storing(opened, pack, acceptance.write)
        async with coalescer.running() as writing:
            yield _Here(opened, pack, pool, clock, coalescer.submit, writing, gate)


@asynccontextmanager
async def _listening(settings: DeliverySettings, gate: Gate, health: Health) -> AsyncIterator[None]:
    """Serve from the start; what `gate` stands before is served once it opens.

    It ends before what it was opened beside: requests in flight still find their database.
    """
    app = with_ops(gate, health)
    async with serve_http(app, settings.listen_host, settings.listen_port) as listening:
        get_logger().info("role.listening", host=listening.host, port=listening.port)
        yield


@asynccontextmanager
async def _database(
    settings: DeliverySettings, name: str, stop: Stop, health: Health
) -> AsyncIterator[asyncpg.Pool]:
    """A pool, with readiness that follows the database."""
    ready = health.condition("database")
    beat = health.progress("database", stall_after_s=60)
    pool = await open_pool(
        settings.dsn, max_size=MAX_CONNECTIONS, application_name=name, stop=stop, beat=beat
    )
    ready.ok()

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
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


async def _until(stop: Stop, *tasks: "asyncio.Task[None]") -> None:
    """Wait for the wish to end; a task that ends first has failed, and ends the role."""
    wish: Awaitable[None] = stop.wait()
    stopping = asyncio.ensure_future(wish)
    try:
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    for task in tasks:
        if task.done():
            task.result()
            raise RuntimeError(f"{task.get_name()} ended before the role")
