"""A consumer that was down longer than the log keeps records: it stops, and replay mends it."""

import asyncio
import secrets
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import TopicPartition
from tests.proof.city_in_test import City, admin, city_in, told
from tests.proof.evidence import fetch
from tests.proof.records import end_offsets

from mrk_schemas.registry import REPORTS

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

_BEFORE, _MISSED = 60, 30


async def _retention_passes(city: City) -> None:
    """As after a week: nothing that was published so far stands in the log any more."""
    ends = await end_offsets(city.stack.kafka.bootstrap, [REPORTS])
    client = AIOKafkaAdminClient(bootstrap_servers=city.stack.kafka.bootstrap)
    await client.start()
    try:
        await client.delete_records(
            {
                TopicPartition(topic, number): RecordsToDelete(before_offset=end)
                for (topic, number), end in ends.items()
                if end
            }
        )
    finally:
        await client.close()


async def _until_published(city: City) -> None:
    while (await fetch(city.stack, "intake", "select count(*) from outbox"))[0][0]:
        await asyncio.sleep(0.2)


async def _until_stopped(city: City) -> str:
    log = city.stack.layout.log("routing.consumer")
    while "consumer.stopped" not in (text := await asyncio.to_thread(log.read_text)):
        await asyncio.sleep(0.2)
    return next(line for line in text.splitlines() if "consumer.stopped" in line)


async def test_a_consumer_names_the_gap_and_replay_fills_it(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    async with city_in(tmp_path, seed=seed) as city:
        role = city.stack.roles["routing.consumer"]
        send = city.phones.send_all
        await send(city.residents.report(number) for number in range(_BEFORE))
        await city.drained()

        await role.stop()
        await send(city.residents.report(_BEFORE + number) for number in range(_MISSED))
        await _until_published(city)
        await _retention_passes(city)
        await role.start()

        async with asyncio.timeout(60):
            line = await _until_stopped(city)
        assert REPORTS in line
        assert "records are gone" in line
        assert "accept-gap routing --group routing.reports" in line
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                answer = await client.get(f"{city.stack.plan.url('routing.consumer')}/readyz")
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            except httpx.TransportError:
                print("the role has ended")  # as good: it is not ready

        await admin(city.stack, "intake", "replay", "--topic", REPORTS)
        where = ("--group", "routing.reports", "--topic", REPORTS)
        await admin(city.stack, "routing", "dead-letters", "accept-gap", *where)
        await city.stack.wait_ready()
        print(f"drained {await city.drained():.1f} s later")

        found, violations = await city.judged(repeats_allowed=0)
        assert not any(violations.values()), told(violations)
        assert len(found.reports) == _BEFORE + _MISSED
