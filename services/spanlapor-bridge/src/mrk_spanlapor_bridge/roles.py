"""What each role is made of: the only place that wires. `worker` never loads Kafka."""

from mrk_city import CityPack
from mrk_delivery import entry
from mrk_delivery.clock import open_clock
from mrk_spanlapor_bridge.domain.filing import Detail, Names, Reporter
from mrk_spanlapor_bridge.service import QUEUE, SERVICE, WRITES
from mrk_spanlapor_bridge.settings import EventSettings, RelaySettings, WorkerSettings, city
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop
from mrk_telemetry.settings import load_settings


def names_of(pack: CityPack) -> Names:
    """The names that stand in a filing: in the city's first language."""
    locale = pack.city.locales[0]
    return Names(
        {code: s.name for code, s in pack.subdistricts.items()},
        {code: d.name for code, d in pack.districts.items()},
        {
            code: {
                each.code: Detail(
                    each.description[locale],
                    {key: names[locale] for key, names in each.values.items()},
                )
                for each in category.attributes
            }
            for code, category in pack.categories.items()
        },
    )


async def consumer(stop: Stop, health: Health) -> None:
    """Role `consumer`: reports and cases become work."""
    from mrk_delivery.consumer import run_consumer  # noqa: PLC0415  # Kafka
    from mrk_spanlapor_bridge.consumers.complaints import subscriptions  # noqa: PLC0415  # this role's

    settings = load_settings(EventSettings)
    names = names_of(city(settings.city_pack))
    async with (
        entry.standing(settings, "spanlapor-bridge.consumer", stop, health) as pool,
        open_clock(pool, settings.clock_movable) as clock,
    ):
        await run_consumer(settings, SERVICE, subscriptions(names, clock), stop, health, pool)


async def relay(stop: Stop, health: Health) -> None:
    """Role `relay`: sends what was committed."""
    from mrk_delivery.relay import run_relay  # noqa: PLC0415  # Kafka

    settings = load_settings(RelaySettings)
    async with entry.ops(settings, health):
        await run_relay(settings, SERVICE, stop, health, WRITES)


async def worker(stop: Stop, health: Health) -> None:
    """Role `worker`: files and follows up."""
    from mrk_delivery.work import WorkPolicy  # noqa: PLC0415  # this role's
    from mrk_delivery.worker import run_worker  # noqa: PLC0415  # this role's
    from mrk_spanlapor_bridge.gateways.contacts import (  # noqa: PLC0415  # this role's
        IntakeContacts,
        intake_client,
    )
    from mrk_spanlapor_bridge.gateways.splp import Access, Codes, Splp  # noqa: PLC0415  # this role's
    from mrk_spanlapor_bridge.workers.mirror import Mirror  # noqa: PLC0415  # this role's

    settings = load_settings(WorkerSettings)
    pack = city(settings.city_pack)
    numbers = pack.lapor
    codes = Codes(
        institutions={str(code): n for code, n in numbers.institutions.items()},
        categories={str(code): n for code, n in numbers.categories.items()},
        classifications=numbers.classifications,
        desk=settings.lapor_desk or pack.escalation.unassigned,
        user_id=settings.lapor_user_id,
        channel=settings.lapor_channel,
    )
    access = Access(
        url=settings.lapor_url,
        auth=settings.lapor_auth.get_secret_value(),
        token=settings.lapor_token.get_secret_value(),
        auth_header=settings.lapor_auth_header,
        token_header=settings.lapor_token_header,
        timeout_s=settings.lapor_timeout_s,
    )
    account = Reporter(settings.account_name, settings.account_email, settings.account_phone)
    policy = WorkPolicy(
        concurrency=settings.lapor_concurrency,
        rate_per_s=settings.lapor_rate_per_second,
        base_s=min(1.0, settings.retry_cap_s),
        cap_s=settings.retry_cap_s,
        # the contact and the call, with room: a call ends before its lease does
        lease_s=(settings.lapor_timeout_s + 5) * 2,
        grace_s=settings.lapor_grace_s,
        look_up_every_s=settings.lapor_look_up_every_s,
    )
    intake = intake_client(settings.internal_url, settings.internal_token.get_secret_value())
    async with (
        intake,
        access.client() as client,
        entry.standing(settings, "spanlapor-bridge.worker", stop, health, max_size=6) as pool,
        open_clock(pool, settings.clock_movable) as clock,
    ):
        national = Splp(
            client, codes, timeout_s=settings.lapor_timeout_s, lookup=settings.lapor_lookup
        )
        mirror = Mirror(pool, IntakeContacts(intake), national, account, clock)
        await run_worker(pool, SERVICE, QUEUE, mirror, policy, stop, health)
