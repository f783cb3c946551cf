"""What each role is made of: the only place that wires. `worker` never loads Kafka."""

from mrk_delivery import entry
from mrk_delivery.clock import open_clock
from mrk_notify.service import QUEUE, SERVICE, WRITES
from mrk_notify.settings import EventSettings, WorkerSettings
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop
from mrk_telemetry.settings import load_settings


async def consumer(stop: Stop, health: Health) -> None:
    """Role `consumer`: facts become messages to send."""
    from mrk_delivery.consumer import run_consumer  # noqa: PLC0415  # Kafka
    from mrk_notify.consumers.complaints import subscriptions  # noqa: PLC0415  # this role's

    settings = load_settings(EventSettings)
    async with (
        entry.standing(settings, "notify.consumer", stop, health) as pool,
        open_clock(pool, settings.clock_movable) as clock,
    ):
        await run_consumer(settings, SERVICE, subscriptions(clock), stop, health, pool)


async def relay(stop: Stop, health: Health) -> None:
    """Role `relay`: sends what was committed."""
    from mrk_delivery.relay import run_relay  # noqa: PLC0415  # Kafka

    settings = load_settings(EventSettings)
    async with entry.ops(settings, health):
        await run_relay(settings, SERVICE, stop, health, WRITES)


async def worker(stop: Stop, health: Health) -> None:
    """Role `worker`: sends e-mails."""
    from mrk_delivery.work import WorkPolicy  # noqa: PLC0415  # this role's
    from mrk_delivery.worker import run_worker  # noqa: PLC0415  # this role's
    from mrk_notify.domain.letter import Letters  # noqa: PLC0415  # this role's
    from mrk_notify.gateways.contacts import IntakeContacts, intake_client  # noqa: PLC0415  # this role's
    from mrk_notify.gateways.smtp import Server, Smtp  # noqa: PLC0415  # this role's
    from mrk_notify.workers.send import Sender  # noqa: PLC0415  # this role's

    settings = load_settings(WorkerSettings)
    password = settings.smtp_password
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        username=settings.smtp_username,
        password=password.get_secret_value() if password else None,
        sender=settings.mail_from,
    )
    policy = WorkPolicy(
        concurrency=settings.concurrency,
        rate_per_s=None,
        base_s=min(1.0, settings.retry_cap_s),
        cap_s=settings.retry_cap_s,
        lease_s=30,
        grace_s=0,
        look_up_every_s=1,
    )
    client = intake_client(settings.internal_url, settings.internal_token.get_secret_value())
    async with (
        client,
        entry.standing(settings, "notify.worker", stop, health, max_size=6) as pool,
        open_clock(pool, settings.clock_movable) as clock,
    ):
        sender = Sender(
            IntakeContacts(client),
            Smtp(server),
            Letters(settings.web_url),
            settings.mail_from,
            clock,
        )
        await run_worker(pool, SERVICE, QUEUE, sender, policy, stop, health)
