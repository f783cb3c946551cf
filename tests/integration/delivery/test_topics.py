import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mrk_delivery import topics
from mrk_delivery.topics import Changed, Difference, MissingTopicsError, TopicSpec
from mrk_local.ports import free_port
from mrk_local.testing import Kafka
from mrk_telemetry.runtime import Stop


@pytest.fixture
def options(kafka: Kafka) -> dict[str, Any]:
    return {"bootstrap_servers": [kafka.bootstrap]}


@pytest.fixture
def spec(topic_prefix: str) -> TopicSpec:
    configs = {"retention.ms": "86400000", "message.timestamp.type": "LogAppendTime"}
    return TopicSpec(f"{topic_prefix}facts.v1", 12, configs)


async def test_missing_topics_are_created_as_declared(
    options: dict[str, Any], spec: TopicSpec
) -> None:
    plain = TopicSpec(f"{spec.name}.plain", 1)
    assert await topics.diff(options, [spec, plain]) == [
        Difference(spec.name, missing=True),
        Difference(plain.name, missing=True),
    ]
    applied = await topics.apply(options, [spec, plain])
    assert applied.created == (spec.name, plain.name)
    assert applied.left == ()
    assert await topics.diff(options, [spec, plain]) == []


async def test_applying_again_changes_nothing(options: dict[str, Any], spec: TopicSpec) -> None:
    await topics.apply(options, [spec])
    assert await topics.apply(options, [spec]) == topics.Applied((), (), ())


async def test_settings_are_set_and_those_set_by_hand_stay(
    options: dict[str, Any], spec: TopicSpec
) -> None:
    by_hand = replace(spec, configs={**spec.configs, "max.message.bytes": "900000"})
    await topics.apply(options, [by_hand])
    longer = replace(spec, configs={**spec.configs, "retention.ms": "172800000"})
    (found,) = await topics.diff(options, [longer])
    assert found.configs == (Changed("retention.ms", "172800000", "86400000"),)
    assert found.lines() == [f"{spec.name}: retention.ms is 86400000, declared 172800000"]
    assert (await topics.apply(options, [longer])).altered == (spec.name,)
    assert await topics.diff(options, [longer]) == []
    kept = replace(longer, configs={**longer.configs, "max.message.bytes": "900000"})
    assert await topics.diff(options, [kept]) == []


async def test_partitions_are_compared_and_never_changed(
    options: dict[str, Any], spec: TopicSpec
) -> None:
    await topics.apply(options, [spec])
    more = replace(spec, partitions=24)
    applied = await topics.apply(options, [more])
    assert (applied.created, applied.altered) == ((), ())
    assert applied.left == (Difference(spec.name, partitions=(24, 12)),)
    assert applied.left[0].lines() == [f"{spec.name}: 12 partitions, declared 24"]
    assert await topics.diff(options, [spec]) == []


async def test_each_missing_topic_is_named_at_start(
    options: dict[str, Any], spec: TopicSpec, unique: Callable[[str], str]
) -> None:
    await topics.apply(options, [spec])
    await topics.require(options, [spec.name], Stop())
    gone, lost = unique("gone"), unique("lost")
    with pytest.raises(MissingTopicsError, match=f"{gone}, {lost}") as raised:
        await topics.require(options, [lost, spec.name, gone], Stop())
    assert raised.value.names == (gone, lost)


async def test_looking_for_a_topic_does_not_create_it(
    options: dict[str, Any], unique: Callable[[str], str]
) -> None:
    name = unique("never")
    for _ in range(2):
        with pytest.raises(MissingTopicsError):
            await topics.require(options, [name], Stop())


async def test_a_broker_that_is_away_is_waited_for_until_the_end() -> None:
    stop = Stop()
    options = {"bootstrap_servers": [f"127.0.0.1:{free_port()}"]}
    waiting = asyncio.create_task(topics.require(options, ["x"], stop))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    stop.set()
    async with asyncio.timeout(20):
        await waiting
