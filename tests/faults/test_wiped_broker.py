"""The broker loses its disk: the event tables restore every topic, under the same ids."""

import secrets
from pathlib import Path

import pytest
from tests.proof.city_in_test import admin, city_in, told
from tests.proof.records import Seen, read_all

from mrk_cli.stack import SERVICES

pytestmark = [pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]

_REPORTS = 60


def _facts(log: list[Seen]) -> dict[str, tuple[str, str, int, bytes]]:
    """What services said, by id; agencies' own commands are theirs to repeat."""
    return {
        seen.id: (seen.topic, seen.key, seen.sequence, seen.value)
        for seen in log
        if not seen.source.startswith("/medan/agencies/")
    }


async def test_replay_restores_a_wiped_broker(tmp_path: Path) -> None:
    async with city_in(tmp_path, seed=secrets.randbits(32)) as city:
        await city.phones.send_all(city.residents.report(number) for number in range(_REPORTS))
        await city.drained()
        before = _facts(await read_all(city.stack.kafka.bootstrap))
        kafka = city.stack.kafka
        _, violations = await city.judged(repeats_allowed=0)
        assert not any(violations.values()), told(violations)

        kafka.kill()
        await kafka.stop()
        kafka.wipe()
        await kafka.start()
        await admin(city.stack, "routing", "topics", "apply")
        for service in SERVICES:
            await admin(city.stack, service, "replay")
        await city.stack.wait_ready()
        await city.drained()

        after = _facts(await read_all(kafka.bootstrap))
        assert after == before
        _, violations = await city.judged(repeats_allowed=0)
        # the agencies' own topics are not ours to restore; what they had said has had its effect
        del violations["6 conservation"]
        assert not any(violations.values()), told(violations)
        assert len(before) > _REPORTS
