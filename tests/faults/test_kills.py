"""Every role is killed at every point of its work, servers too: and yet each `ok` holds."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
import pytest
from tests.proof.agencies import one_in_four
from tests.proof.city_in_test import City, city_in, told
from tests.proof.killer import ANSWERING, KILLS, ROUNDS, Killer
from tests.proof.residents import Resident

from mrk_cli.stack import ROLES

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(1200 * ROUNDS)]

REPORTS: Final = int(os.environ.get("MRK_TEST_REPORTS", "2000"))
PAUSE_S: Final = 2.6
"""Of each of 32 phones: reports come in as long as roles are killed, not before."""
MOST_REPORTS: Final = REPORTS * 3
"""When 2,000 do not meet every kill: so many at most, so that a dead hook point fails the test."""
KILLING_S: Final = 420.0 * ROUNDS

_CALLS: Final = ("server_error", "rate_limited", "reset_after", "late_store", "timeout")
_RATES: Final[dict[str, Any]] = {
    "server_error": {"rate": 0.02, "stored": False},
    "rate_limited": {"rate": 0.02, "retry_after": 1},
    "reset_after": 0.02,
    "late_store": {"rate": 0.01, "seconds": 3},  # the bridge gives up after 2 s
    "timeout": {"rate": 0.01, "seconds": 5},
}


class _Crowd:
    """Residents that keep coming until the killing is over."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.enough = False
        self.sent = 0

    def __iter__(self) -> Iterator[Resident]:
        halfway = False
        while halfway or self.sent < REPORTS or (not self.enough and self.sent < MOST_REPORTS):
            resident = self._city.residents.report(self.sent)
            self.sent += 1
            # whoever says that a neighbour reports it too has one that does
            halfway = resident.neighbour == self.sent
            yield resident


async def _servers_die(city: City) -> None:
    """The broker and the database, twice each, while reports come in."""
    stack = city.stack
    for _ in range(2):
        await asyncio.sleep(12)
        stack.kafka.kill()
        await asyncio.sleep(2)  # an outage, not a blink
        await stack.kafka.start()
        await asyncio.sleep(8)
        stack.postgres.kill()
        await asyncio.sleep(1)
        await stack.postgres.start()


async def _ask_internal(city: City) -> bool:
    """A contact is asked for while the role dies: whether the answer was cut off."""
    return await _cut_off(city.stack.plan.url("intake.internal") + "/internal/v1/contacts/none")


async def _ask_web(city: City) -> bool:
    return await _cut_off(city.stack.plan.url("intake.web") + "/")


async def _ask_metrics(city: City, role: str) -> bool:
    return await _cut_off(city.stack.plan.url(role) + "/metrics")


async def _cut_off(url: str) -> bool:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            await client.get(url)
        except httpx.TransportError:
            return True
        return False


async def test_two_thousand_reports_outlive_every_kill(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    extra = {
        "": {"MRK_HOOKS_DIR": str(hooks)},
        # one phone may send its report again and again while intake is being killed
        "intake.http": {"MRK_INTAKE_RATE_PER_SECOND": "20"},
    }
    async with city_in(tmp_path, seed=seed, extra=extra, answers=one_in_four) as city:
        killer = Killer(city.stack, hooks, seed)
        crowd = _Crowd(city)
        await city.simulate(
            "lapor", {"seed": seed, "rates": {"complaint": _RATES, "followup": _RATES}}
        )
        await city.simulate("mail", {"seed": seed, "rates": {"message": {"temporary": 0.02}}})
        begun = monotonic()
        sending = asyncio.create_task(city.phones.send_all(crowd, pause_s=PAUSE_S))
        servers = asyncio.create_task(_servers_die(city))
        deaths = asyncio.gather(
            *(killer.at_points(role) for role in KILLS),
            killer.while_asked("intake.internal", lambda: _ask_internal(city)),
            killer.while_asked("intake.web", lambda: _ask_web(city)),
            killer.while_asked("routing.http", lambda: _ask_metrics(city, "routing.http")),
            killer.while_asked("intake.staff", lambda: _ask_metrics(city, "intake.staff")),
            killer.while_asked("intake.worker", lambda: _ask_metrics(city, "intake.worker")),
            killer.while_asked("routing.clock", lambda: _ask_metrics(city, "routing.clock")),
            killer.while_asked("routing.desk", lambda: _ask_metrics(city, "routing.desk")),
            killer.while_asked("routing.api", lambda: _ask_metrics(city, "routing.api")),
            killer.while_asked("routing.worker", lambda: _ask_metrics(city, "routing.worker")),
        )
        try:
            async with asyncio.timeout(KILLING_S):
                await deaths
        except TimeoutError:
            print(f"short of kills: {killer.short()}")
        crowd.enough = True
        await sending
        await servers
        print(f"{crowd.sent} reports, {killer.total()} kills in {monotonic() - begun:.0f} s")

        await asyncio.to_thread(_take_back_orders, hooks)
        await _heal(city)
        print(f"drained {await city.drained():.1f} s after healing")
        struck = await city.faults_injected("lapor")

        bound = 16 * (sum(killer.counts["notify.worker"].values()) + 2)
        found, violations = await city.judged(repeats_allowed=bound)
        print(told(violations))
        assert not any(violations.values()), told(violations)
        assert len(found.reports) == crowd.sent >= REPORTS
        assert not killer.short()
        assert set(KILLS) | set(ANSWERING) == set(ROLES)
        for kind in _CALLS:
            assert kind in str(struck), struck


def _take_back_orders(hooks: Path) -> None:
    for order in hooks.iterdir():
        if order.suffix != ".fired":
            order.unlink()


async def _heal(city: City) -> None:
    await city.simulate("lapor", None)
    await city.simulate("mail", None)
    await city.stack.wait_ready()
