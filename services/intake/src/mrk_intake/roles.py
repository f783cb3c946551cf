"""What each role is made of: the only place that wires.

Kafka is imported inside the two roles that speak to it: `http`, `web` and `internal` never load it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
from starlette.routing import Route

from mrk_city import CityPack, PackError, load_pack
from mrk_delivery import entry
from mrk_delivery.clock import Clock, open_clock
from mrk_delivery.database import closing, open_pool
from mrk_delivery.errors import is_transient
from mrk_delivery.settings import DeliverySettings
from mrk_intake.domain.attachments import MAX_BYTES, MIB
from mrk_intake.domain.keys import Keys
from mrk_intake.http import openapi
from mrk_intake.http.actions import ReporterActions
from mrk_intake.http.app import (
    Gate,
    PublicApi,
    either,
    internal_api,
    is_proof,
    is_upload,
    limits,
    proofs_api,
    upload_limits,
    uploads_api,
)
from mrk_intake.http.attachments import Attachments
from mrk_intake.http.drafts import Asked, Drafts
from mrk_intake.http.internal import Callers, Internal
from mrk_intake.http.internal_attachments import InternalAttachments
from mrk_intake.http.limits import Rates, ReportLimits, RowLimits
from mrk_intake.http.open311 import app as open311
from mrk_intake.http.open311.reading import Reading
from mrk_intake.http.open311.sending import Sending
from mrk_intake.http.own_data import OwnData
from mrk_intake.http.reports import Reports, Submit
from mrk_intake.http.status import ReportStatus
from mrk_intake.http.taking import Taking
from mrk_intake.http.uploads import Rules, Uploads
from mrk_intake.service import ATTACHMENTS, SERVICE, WRITES
from mrk_intake.settings import (
    ConsumerSettings,
    HttpSettings,
    InternalSettings,
    RelaySettings,
    ReportingSettings,
    StoreSettings,
    WebSettings,
    WorkerSettings,
)
from mrk_intake.store.accept import Acceptance, Draft, Outcome
from mrk_intake.store.actions import Actions
from mrk_intake.store.coalesce import DEADLINE_S, Coalescer
from mrk_intake.store.objects import Objects
from mrk_intake.store.old_rows import OldRows
from mrk_intake.store.sealing import Sealing
from mrk_telemetry.health import Health
from mrk_telemetry.logs import get_logger
from mrk_telemetry.runtime import Stop, settle_memory
from mrk_telemetry.serving import ASGIApp
from mrk_telemetry.settings import EX_CONFIG, load_settings
from mrk_web.credentials import ServiceCredentials
from mrk_web.rate import RateLimiter
from mrk_web.server import harden, serve_http, with_ops

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

MAX_CONNECTIONS: Final = 5
_LOOK_S: Final = 2.0
_SMALL_BODY: Final = 1024


async def http(stop: Stop, health: Health) -> None:
    """Role `http`: takes reports and shows timelines; never speaks to Kafka."""
    settings = load_settings(HttpSettings)
    pack = _pack(settings.city_pack)
    keys, gate = Keys.derive(settings.tracking_master), Gate()
    async with AsyncExitStack() as kept, _listening(settings, gate, health):
        pool = await kept.enter_async_context(_database(settings, "intake.http", stop, health))
        clock = await kept.enter_async_context(open_clock(pool, settings.clock_movable))
        acceptance = Acceptance(pool, SERVICE, keys.numbers)
        coalescer = storing(settings, pack, acceptance.write)
        writing = await kept.enter_async_context(coalescer.running())
        old_rows = OldRows(pool)
        await kept.enter_async_context(old_rows.removed())
        submit, left_behind = coalescer.submit, old_rows.left_behind
        gate.open(public_api(settings, pack, pool, clock, submit, left_behind))
        settle_memory()
        await _until(stop, writing)


async def web(stop: Stop, health: Health) -> None:
    """Role `web`: the resident's pages; takes reports as role `http` does."""
    settings = load_settings(WebSettings)
    pack = _pack(settings.city_pack)
    keys, gate = Keys.derive(settings.tracking_master), Gate()
    async with AsyncExitStack() as kept, _listening(settings, gate, health):
        pool = await kept.enter_async_context(_database(settings, "intake.web", stop, health))
        clock = await kept.enter_async_context(open_clock(pool, settings.clock_movable))
        coalescer = storing(settings, pack, Acceptance(pool, SERVICE, keys.numbers).write)
        writing = await kept.enter_async_context(coalescer.running())
        gate.open(pages_for_residents(settings, pack, pool, clock, coalescer.submit))
        settle_memory()
        await _until(stop, writing)


def storing(
    settings: ReportingSettings,
    pack: CityPack,
    write: "Callable[[Sequence[Draft]], Awaitable[Sequence[Outcome]]]",
    deadline_s: float = DEADLINE_S,
) -> Coalescer[Asked, Draft, Outcome]:
    """What stores reports.

    Args:
        write: writes drafts; `Acceptance.write`.
        deadline_s: seconds until a request is given up.
    """
    keys = Keys.derive(settings.tracking_master)
    drafts = Drafts(pack, keys, settings.vault(), settings.public_url)
    return Coalescer(drafts.make, write, deadline_s=deadline_s)


def public_api(  # noqa: PLR0913, PLR0917  # everything that the API stands on
    settings: HttpSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    left_behind: "Callable[[], None]",
) -> ASGIApp:
    """Role `http`'s application, with every guard around it.

    Args:
        submit: stores a report.
        left_behind: told after an erasure; `OldRows.left_behind`.
    """
    keys = Keys.derive(settings.tracking_master)
    allowed = report_limits(settings)
    reports = Reports(
        submit=submit,
        categories=pack.categories,
        clock=clock,
        secrets=keys.secrets,
        limits=allowed,
        taking=Taking(pool, keys),
    )
    own = OwnData(
        pool=pool,
        keys=keys,
        vault=settings.vault(),
        clock=clock,
        limits=allowed,
        left_behind=left_behind,
    )
    description = openapi.describe(settings.public_url, pack.city.names["id"], pack.categories)
    more = _open311(settings, pack, pool, clock, submit)
    actions = Actions(pool, SERVICE, keys, settings.vault(), clock)
    acting = ReporterActions(actions, allowed)
    objects, sealing = _store(settings)
    status = ReportStatus(pool, keys, settings.public_url)
    shows = Attachments(pool, objects, sealing, keys)
    app = PublicApi(reports, status, own, acting, shows, description, more)
    uploads = Uploads(pool, objects, sealing, _rules(settings), clock, settings.public_url)
    return either(
        is_upload,
        harden(uploads_api(uploads), upload_limits(MAX_BYTES)),
        harden(app, limits(settings.max_body_bytes)),
    )


def _open311(
    settings: HttpSettings, pack: CityPack, pool: asyncpg.Pool, clock: Clock, submit: Submit
) -> list[Route]:
    reading = Reading(
        pool=pool,
        pack=pack,
        clock=clock,
        base=settings.public_url + open311.PREFIX,
        contact=settings.integrator_contact,
        production=settings.environment == "production",
        limits=RowLimits(
            Rates(settings.read_rows_per_second, settings.read_rows_burst), settings.trusted_proxies
        ),
    )
    keys = RateLimiter(settings.integrator_rate_per_second, settings.integrator_rate_burst)
    sending = Sending(pool=pool, pack=pack, clock=clock, submit=submit, limits=keys)
    # buckets of its own: who reads much still may send a report
    address = Rates(settings.address_rate_per_second, settings.address_rate_burst)
    return open311.routes(
        reading, sending, ReportLimits(address, address, settings.trusted_proxies)
    )


def _rules(settings: HttpSettings) -> Rules:
    return Rules(
        ReportLimits(
            Rates(settings.upload_mib_per_second, settings.upload_mib_burst),
            Rates(settings.address_upload_mib_per_second, settings.address_upload_mib_burst),
            settings.trusted_proxies,
        ),
        timedelta(hours=settings.upload_hours),
        settings.upload_room_mib * MIB,
    )


def _store(settings: StoreSettings) -> tuple[Objects, Sealing]:
    """Where attachments lie, and what opens them."""
    return Objects(settings.attachments_url, settings.attachments_s3), settings.sealing()


def report_limits(settings: ReportingSettings) -> ReportLimits:
    """How often a device, and an address, may send reports."""
    return ReportLimits(
        Rates(settings.rate_per_second, settings.rate_burst),
        Rates(settings.address_rate_per_second, settings.address_rate_burst),
        settings.trusted_proxies,
    )


def pages_for_residents(
    settings: WebSettings, pack: CityPack, pool: asyncpg.Pool, clock: Clock, submit: Submit
) -> ASGIApp:
    """Role `web`'s application, with every guard around it.

    Args:
        submit: stores a report.
    """
    # Jinja and Babel: no other role's
    from mrk_intake.http.web.app import residents_app  # noqa: PLC0415  # see above
    from mrk_intake.http.web.pages import policy  # noqa: PLC0415  # see above

    app = residents_app(settings, pack, pool, clock, submit, report_limits(settings))
    return harden(app, limits(settings.max_body_bytes), policy=policy(settings.map_tiles))


async def internal(stop: Stop, health: Health) -> None:
    """Role `internal`: contacts, confidential places and attachments, for the other services."""
    settings, gate = load_settings(InternalSettings), Gate()
    async with AsyncExitStack() as kept, _listening(settings, gate, health):
        pool = await kept.enter_async_context(_database(settings, "intake.internal", stop, health))
        gate.open(private_api(settings, pool))
        settle_memory()
        await stop.wait()


def private_api(settings: InternalSettings, pool: asyncpg.Pool) -> ASGIApp:
    """Role `internal`'s application, with every guard around it."""
    credentials = ServiceCredentials.from_json(settings.service_credentials.get_secret_value())
    callers = Callers(credentials)
    shared = InternalAttachments(pool, *_store(settings), callers, Clock())
    return either(
        is_proof,
        harden(proofs_api(shared), upload_limits(MAX_BYTES)),
        harden(
            internal_api(Internal(pool, settings.vault(), callers), shared), limits(_SMALL_BODY)
        ),
    )


async def worker(stop: Stop, health: Health) -> None:
    """Role `worker`: examines uploads, makes thumbnails, sweeps the store."""
    from mrk_delivery.work import WorkPolicy  # noqa: PLC0415  # this role's
    from mrk_delivery.worker import run_worker  # noqa: PLC0415  # this role's
    from mrk_intake.workers.attachments import Keeper  # noqa: PLC0415  # this role's
    from mrk_intake.workers.sweep import STALL_S, Sweep  # noqa: PLC0415  # this role's

    settings = load_settings(WorkerSettings)
    policy = WorkPolicy(
        concurrency=settings.examinations, rate_per_s=None, base_s=1, cap_s=60, lease_s=60,
        grace_s=0, look_up_every_s=1,
    )  # fmt: skip
    objects, sealing = _store(settings)
    async with entry.standing(settings, "intake.worker", stop, health) as pool:
        keeper = Keeper(pool, objects, sealing, settings.spool)
        sweep = Sweep(pool, objects, health.progress("sweep", STALL_S))
        async with asyncio.TaskGroup() as both:
            both.create_task(run_worker(pool, SERVICE, ATTACHMENTS, keeper, policy, stop, health))
            both.create_task(sweep.run(stop))


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
    consumed = subscriptions(settings, _pack(settings.city_pack))
    async with entry.standing(settings, "intake.consumer", stop, health) as pool:
        await run_consumer(settings, SERVICE, consumed, stop, health, pool)


def _pack(folder: Path) -> CityPack:
    try:
        return load_pack(folder)
    except PackError as error:
        sys.stderr.write(f"MRK_INTAKE_CITY_PACK: the city pack cannot be used\n{error}\n")
        raise SystemExit(EX_CONFIG) from None


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
