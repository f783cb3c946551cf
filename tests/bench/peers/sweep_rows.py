"""A sweep as it is usually written: the next case that is due, in a transaction of its own.

The same rows, decisions, events and locks as ours, by the same functions; one case at a time.
"""

import asyncpg
from tests.bench.peers.ready import ready

from mrk_delivery.clock import Clock
from mrk_delivery.tx import unit
from mrk_routing.domain.due import DueDates
from mrk_routing.service import SERVICE
from mrk_routing.settings import ClockSettings, city
from mrk_routing.store import due
from mrk_routing.workers.clock import act
from mrk_telemetry.runtime import Stop, run_role
from mrk_telemetry.settings import load_settings

_IDLE_S = 0.01


async def main(stop: Stop) -> None:
    """Sweep until told to end."""
    settings = load_settings(ClockSettings)
    dues, clock = DueDates(city(settings.city_pack)), Clock()
    async with (
        asyncpg.create_pool(settings.dsn, min_size=1, max_size=1) as pool,
        ready(settings.listen_host, settings.listen_port),
    ):
        while not stop.is_set():
            async with unit(pool, SERVICE) as tx:
                keys = await due.lock(tx.conn, clock.now(), 1)
                await act(tx, keys, clock.now(), dues)
            if not keys:
                await stop.sleep(_IDLE_S)


if __name__ == "__main__":
    run_role(main)
