"""A whole city in a test: the stack, its agencies at work, phones and their ledger."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.proof.agencies import Agencies, agencies_at_work, all_of_them, nobody
from tests.proof.evidence import DRAIN_S, Evidence, drain, gather
from tests.proof.invariants import Judge
from tests.proof.ledger import Ledger, open_ledger
from tests.proof.load import Phones
from tests.proof.residents import Residents

from mrk_city import CityPack, load_pack
from mrk_cli.city import default_pack
from mrk_cli.role_process import Backoff
from mrk_cli.stack import SERVICES, Options, service_settings
from mrk_cli.supervisor import Stack
from mrk_schemas.registry import outbox_of

# Retries, look-ups and leases are short in tests, so that a minute is enough to drain.
QUICK: Mapping[str, Mapping[str, str]] = {
    "spanlapor-bridge.worker": {
        "MRK_BRIDGE_LAPOR_RATE_PER_SECOND": "500",
        "MRK_BRIDGE_LAPOR_CONCURRENCY": "16",
        "MRK_BRIDGE_LAPOR_TIMEOUT_S": "2",
        "MRK_BRIDGE_LAPOR_GRACE_S": "4",
        "MRK_BRIDGE_LAPOR_LOOK_UP_EVERY_S": "1",
        "MRK_BRIDGE_RETRY_CAP_S": "2",
    },
    "notify.worker": {"MRK_NOTIFY_RETRY_CAP_S": "2", "MRK_NOTIFY_CONCURRENCY": "16"},
}


@dataclass
class City:
    """What a test of the whole system holds in its hands.

    Attributes:
        stack: every process.
        pack: the city pack.
        phones: send reports.
        residents: make reports.
        agencies: answer.
        ledger: what is known of what was sent.
    """

    stack: Stack
    pack: CityPack
    phones: Phones
    residents: Residents
    agencies: Agencies
    ledger: Ledger

    @property
    def outboxes(self) -> tuple[str, ...]:
        """The topics of the agencies' commands."""
        return tuple(outbox_of(code) for code in self.pack.agencies)

    async def drained(self, within_s: float = DRAIN_S) -> float:
        """Wait until nothing waits; returns the seconds that it took."""
        return await drain(self.stack, self.outboxes, self.agencies.answers, within_s)

    async def judged(self, repeats_allowed: int) -> tuple[Evidence, dict[str, list[str]]]:
        """The evidence, and what violates each invariant."""
        found = await gather(self.stack)
        judge = Judge(
            found,
            self.ledger,
            self.residents,
            self.agencies.sent,
            repeats_allowed,
            self.agencies.answers,
            self.agencies.asks,
        )
        return found, judge.violations()

    async def simulate(self, simulator: str, plan: Mapping[str, Any] | None) -> None:
        """Set the plan of faults of "lapor" or "mail"; None clears it."""
        async with httpx.AsyncClient(base_url=self.stack.plan.url(simulator)) as client:
            if plan is None:
                answer = await client.delete("/_sim/faults")
            else:
                answer = await client.put("/_sim/faults", content=json.dumps(plan))
            answer.raise_for_status()

    async def faults_injected(self, simulator: str) -> dict[str, Any]:
        """The counts of a simulator's faults."""
        async with httpx.AsyncClient(base_url=self.stack.plan.url(simulator)) as client:
            found: dict[str, Any] = (await client.get("/_sim/faults")).json()
            return found


async def admin(stack: Stack, service: str, *arguments: str) -> str:
    """Run a service's own command; returns what it said.

    Raises:
        AssertionError: it ended with another code than 0.
    """
    spec = SERVICES[service]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", spec.package, "admin", *arguments),
        env={**stack.plan.inherited, **service_settings(stack.plan, spec)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{service} {arguments}: {err.decode()}"
    return out.decode()


@asynccontextmanager
async def city_in(
    folder: Path,
    *,
    seed: int,
    extra: Mapping[str, Mapping[str, str]] | None = None,
    otlp_endpoint: str | None = None,
    answers: Callable[[str], bool] = all_of_them,
    asks: Callable[[str], bool] = nobody,
) -> AsyncIterator[City]:
    """Start all; end all.

    Args:
        folder: a fresh one.
        seed: of the reports; printed, so that a failure can be repeated.
        extra: further settings by role, besides `QUICK`.
        otlp_endpoint: where traces go.
        answers: which cases the agencies work on.
        asks: of which they ask the reporter something; the phones answer.
    """
    print(f"seed {seed}")
    settings = {**QUICK}
    for scope, values in (extra or {}).items():
        settings[scope] = {**settings.get(scope, {}), **values}
    options = Options(city=default_pack(), otlp_endpoint=otlp_endpoint, extra=settings)
    backoff = Backoff(first_s=0.05, cap_s=0.5)
    stack = Stack(folder / "stack", options, backoff=backoff, keep_servers=False)
    pack = load_pack(default_pack())
    async with (
        stack,
        agencies_at_work(stack.kafka.bootstrap, answers, asks) as agencies,
        httpx.AsyncClient(
            base_url=stack.plan.url("intake.http"), timeout=10, trust_env=False
        ) as client,
    ):
        with open_ledger(folder / "ledger.jsonl") as ledger:
            phones = Phones(client, ledger, f"run-{seed}")
            answering = asyncio.create_task(phones.answer_all(agencies.asked), name="answers")
            try:
                yield City(stack, pack, phones, Residents(pack, seed), agencies, ledger)
                if answering.done():
                    await answering
            finally:
                answering.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await answering


def told(violations: Mapping[str, Sequence[str]], most: int = 12) -> str:
    """Violations for a person: some of each invariant."""
    return "\n".join(
        f"{name}: {'holds' if not found else f'{len(found)} violations'}"
        + "".join(f"\n    {line}" for line in found[:most])
        for name, found in violations.items()
    )
