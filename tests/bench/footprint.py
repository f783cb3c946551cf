"""(e) Memory and idle CPU of each role of a whole stack."""

import asyncio
from time import monotonic

import psutil
from tests.bench.figures import Figure
from tests.bench.world import World

from mrk_cli.city import default_pack
from mrk_cli.stack import Options
from mrk_cli.supervisor import Stack

PART = "e idle"
AIM_MIB, AIM_PERCENT = 120, 1
_SETTLE_S = 10.0
_MIB = 1024 * 1024


async def measure(world: World, seconds: float) -> list[Figure]:
    """Resident memory after `seconds` of idling, and the share of one core spent meanwhile."""
    options = Options(city=default_pack())
    async with Stack(world.folder / "stack", options, keep_servers=False) as stack:
        # relays and workers look seldom once they have been idle for some seconds
        await asyncio.sleep(_SETTLE_S)
        processes = {
            name: psutil.Process(running.pid)
            for name, running in stack.roles.items()
            if running.pid is not None
        }
        before = {name: _cpu_s(one) for name, one in processes.items()}
        begun = monotonic()
        await asyncio.sleep(seconds)
        lasted = monotonic() - begun
        figures = []
        for name, one in processes.items():
            share = 100 * (_cpu_s(one) - before[name]) / lasted
            figures += [
                Figure(
                    PART,
                    f"{name}, memory",
                    one.memory_info().rss / _MIB,
                    "MiB",
                    aim=AIM_MIB,
                    lower=True,
                ),
                Figure(PART, f"{name}, CPU", share, "% of a core", aim=AIM_PERCENT, lower=True),
            ]
    return figures


def _cpu_s(one: psutil.Process) -> float:
    times = one.cpu_times()
    return float(times.user + times.system)
